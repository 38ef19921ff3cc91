import type { Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { parseDocuments } from '../kube/yaml.ts';
import { listNames } from './audit-view.ts';
import type { Flow } from './flows.ts';
import {
  assignmentOf,
  groupNames,
  passes,
  type Assignment,
  type GroupName,
  type Groups,
  type Needs,
} from './groups.ts';

/** Groups as somebody keeps them by hand. */
export type Published = {
  source: string;
  groups: Record<GroupName, string[]>;
  /** What people say about a namespace that needs to be said. */
  remarks: Record<string, string>;
};

/** A namespace that is not where the derivation puts it, and why. */
export type Difference = {
  namespace: string;
  published: GroupName | undefined;
  derived: GroupName | undefined;
  why: string;
};

/** A namespace whose needed connections the published groups cut. */
type Joiner = { namespace: string; group: GroupName; flows: string[]; isNew: boolean };

export type Comparison = { differences: Difference[]; joiners: Joiner[] };

/** Reads `source`, `default`, `control-plane` and `remarks`. What is wrong goes to `problems`. */
export const readPublished = (text: string, file: string, problems: Problem[]): Published | undefined => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  problems.push(...flaws);
  const [document] = documents;
  if (flaws.length > 0) return undefined;
  if (document === undefined || !isObject(document.value)) {
    problems.push({ file, line: 1, message: 'wanted { source, default, control-plane, remarks }' });
    return undefined;
  }
  const { value } = document;
  const complain = (key: string, message: string): void => {
    problems.push({ file, ...document.keyPositionOf([key]), message });
  };
  for (const key of Object.keys(value))
    if (!['source', 'remarks', ...groupNames].includes(key))
      complain(key, `unknown key \`${key}\`: known are source, remarks, ${groupNames.join(', ')}`);
  const namesAt = (key: GroupName): string[] => {
    const given = value[key];
    if (Array.isArray(given) && given.every((item) => typeof item === 'string')) return given;
    complain(key, `\`${key}\`: wanted a list of namespaces`);
    return [];
  };
  const groups = { default: namesAt('default'), 'control-plane': namesAt('control-plane') };
  for (const name of groups.default)
    if (groups['control-plane'].includes(name)) complain('control-plane', `${name} is in default, too`);
  const { source = '', remarks = {} } = value;
  if (typeof source !== 'string') complain('source', '`source`: wanted text');
  if (!isObject(remarks) || !Object.values(remarks).every((remark) => typeof remark === 'string'))
    complain('remarks', '`remarks`: wanted sentences by namespace');
  return { source: String(source), groups, remarks: remarks as Record<string, string> };
};

/** Where published groups are not as derived, and which of them cut what is needed. `before`: the namespaces that were. */
export const compareGroups = (
  derived: Groups,
  { groups, remarks }: Published,
  needs: Needs,
  before: readonly string[] | undefined,
): Comparison => {
  const published = assignmentOf(groups);
  const wanted = assignmentOf({
    default: derived.default.map(({ namespace }) => namespace),
    'control-plane': derived['control-plane'].map(({ namespace }) => namespace),
  });
  const names = [...new Set([...wanted.keys(), ...published.keys()])].toSorted();
  const cut = needs.flows.filter((flow) => !passes(flow, published));
  const joiners = names.flatMap((namespace): Joiner[] => {
    const group = wanted.get(namespace);
    const flows = cut.filter(({ from, to }) => from === namespace || to === namespace);
    if (group === undefined || group === published.get(namespace) || flows.length === 0) return [];
    const isNew = before !== undefined && !before.includes(namespace);
    return [{ namespace, group, flows: [...new Set(flows.map(({ because }) => because))], isNew }];
  });
  const differences = names
    .filter((namespace) => wanted.get(namespace) !== published.get(namespace))
    .map((namespace): Difference => {
      const pair = { published: published.get(namespace), derived: wanted.get(namespace) };
      const joiner = joiners.find((one) => one.namespace === namespace);
      const why =
        joiner === undefined
          ? explain(namespace, pair, needs, wanted)
          : `what it needs is cut: ${joiner.flows[0]}`;
      return {
        namespace,
        ...pair,
        why: [why, remarks[namespace] ?? ''].filter((part) => part !== '').join('; '),
      };
    });
  return { differences, joiners };
};

const explain = (
  namespace: string,
  { published, derived }: Pick<Difference, 'published' | 'derived'>,
  { namespaces, flows }: Needs,
  derivedGroups: Assignment,
): string => {
  if (!namespaces.includes(namespace)) return 'there is no such namespace here';
  const own = flows.filter(({ from, to }) => from === namespace || to === namespace);
  if (own.length === 0) return 'it needs nobody, and nobody needs it';
  const others = othersOf(namespace, own);
  if (published === 'default' && derived === 'control-plane') {
    const lacking = others.filter((other) => derivedGroups.get(other) !== 'default');
    return `beside members of default it deals with ${listNames(lacking)} only`;
  }
  if (published !== undefined)
    return `all that it deals with is in default: ${listNames(others.filter((other) => derivedGroups.get(other) === 'default'))}`;
  return `whoever it deals with is published in a group that suffices: ${listNames(others)}`;
};

const othersOf = (namespace: string, flows: readonly Flow[]): string[] => [
  ...new Set(flows.map(({ from, to }) => (from === namespace ? to : from))),
];
