import type { Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { readObjects, splitLists } from '../kube/manifests.ts';
import type { Protocol } from '../kube/types.ts';
import { parseDocuments, type ParsedDocument } from '../kube/yaml.ts';
import { modes, type Delivery, type Link, type Mode, type Objects } from './system.ts';

/** Where an object says that it is there in one mode only. */
const modeAnnotation = 'netpol-conformance/mode';

const linkKeys = { needs: 'needed', open: 'open', closed: 'closed', alwaysClosed: 'always-closed' } as const;

/**
 * Reads the file of a component in a release: a front matter (`component`, `why`, `after`, `needs`, `open`, `closed`,
 * `alwaysClosed`), then Namespaces, Pods, Services and NetworkPolicies as they would be applied. What is wrong goes to `problems`.
 */
export const readDelivery = (text: string, file: string, problems: Problem[]): Delivery | undefined => {
  const parsed = parseDocuments(text, file);
  problems.push(...parsed.problems);
  const [front, ...rest] = parsed.documents;
  const documents = splitLists(rest);
  if (parsed.problems.length > 0) return undefined;
  if (front === undefined || !isObject(front.value)) {
    problems.push({ file, line: 1, message: 'wanted a front matter that begins with `component`' });
    return undefined;
  }
  const complain = (place: (string | number)[], message: string): void => {
    problems.push({ file, ...front.keyPositionOf(place), message });
  };
  const { component } = front.value;
  const expected = file.replace(/.*[/\\]/, '').replace(/\.yaml$/, '');
  if (component !== expected)
    complain(
      ['component'],
      `\`component\`: wanted ${expected}, as the file is called, got ${JSON.stringify(component)}`,
    );
  const known = ['component', 'why', 'after', ...Object.keys(linkKeys)];
  for (const key of Object.keys(front.value))
    if (!known.includes(key)) complain([key], `unknown key \`${key}\`: known are ${known.join(', ')}`);
  const after = readAfter(front.value['after'], complain);
  const links = Object.entries(linkKeys).flatMap(([key, kind]) =>
    readLinks(isObject(front.value) ? front.value[key] : undefined, key, kind, file, front, complain),
  );
  const inMode = (mode: Mode | undefined): Objects => {
    const chosen = documents.filter((document) => modeOf(document) === mode);
    const { namespaces, pods, services, policies } = readObjects(chosen, file, problems).world;
    return { namespaces, pods, services, policies };
  };
  for (const document of documents) {
    const kind = isObject(document.value) ? document.value['kind'] : undefined;
    if (typeof kind === 'string' && !kinds.includes(kind)) {
      const message = `a system has no ${kind}: wanted ${kinds.join(', ')}`;
      problems.push({ file, ...document.positionOf([]), message });
    }
    const mode: unknown = modeOf(document);
    if (mode !== undefined && !modes.some((each) => each === mode))
      problems.push({
        file,
        ...document.positionOf(['metadata', 'annotations', modeAnnotation]),
        message: `${modeAnnotation}: wanted ${modes.join(' or ')}, got ${JSON.stringify(mode)}`,
      });
  }
  return {
    component: expected,
    file,
    after,
    links,
    objects: inMode(undefined),
    only: { unrestricted: inMode('unrestricted'), restricted: inMode('restricted') },
  };
};

const kinds = ['Namespace', 'Pod', 'Service', 'NetworkPolicy'];

type Complain = (place: (string | number)[], message: string) => void;

const modeOf = ({ value }: ParsedDocument): Mode | undefined => {
  const metadata = isObject(value) && isObject(value['metadata']) ? value['metadata'] : {};
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  return annotations[modeAnnotation] as Mode | undefined;
};

const readAfter = (value: unknown, complain: Complain): string[] => {
  if (value === undefined) return [];
  if (isObject(value) && Object.values(value).every((why) => typeof why === 'string'))
    return Object.keys(value);
  complain(['after'], '`after`: wanted components with the reason, like { network-operator: why }');
  return [];
};

const form = /^(\S+\/\S+) -> (\S+\/\S+) (TCP|UDP|SCTP)\/(\d{1,5})$/;

const readLinks = (
  value: unknown,
  key: string,
  kind: Link['kind'],
  file: string,
  front: ParsedDocument,
  complain: Complain,
): Link[] => {
  if (value === undefined) return [];
  if (!isObject(value)) {
    complain([key], `\`${key}\`: wanted connections with the reason, like { a/x -> b/y TCP/80: why }`);
    return [];
  }
  return Object.entries(value).flatMap(([text, why]) => {
    const [, from = '', to = '', protocol = '', digits = ''] = form.exec(text) ?? [];
    const port = Number(digits);
    if (from === '' || port < 1 || port > 65_535 || typeof why !== 'string') {
      complain([key, text], `\`${text}\`: wanted a connection with its reason, like a/x -> b/y TCP/80: why`);
      return [];
    }
    const { line } = front.keyPositionOf([key, text]);
    return [{ kind, from, to, protocol: protocol as Protocol, port, why, file, line }];
  });
};
