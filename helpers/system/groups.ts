import { listNames } from './audit-view.ts';
import type { Flow, Opening } from './flows.ts';

/**
 * The sets of namespaces that a network must join which isolates namespaces from each other and knows nothing finer:
 * `default` reaches everybody and is reached by everybody; those in `control-plane` reach each other.
 * @see https://github.com/openshift/enhancements/pull/613 (OpenShift SDN Multitenant Mode)
 */
export const groupNames = ['default', 'control-plane'] as const;
export type GroupName = (typeof groupNames)[number];

/** A namespace that must be in a group, with all that asks for it. */
export type Member = { namespace: string; reasons: string[] };

export type Groups = Record<GroupName, Member[]>;

export type Needs = {
  /** All namespaces of the system. */
  namespaces: readonly string[];
  flows: readonly Flow[];
  openings: readonly Opening[];
};

/**
 * The smallest groups with which no needed connection is cut: in `default` who deals with namespaces that are not the
 * system's, who opens to everybody, and who deals with more than half of the system; in `control-plane` who needs
 * somebody, or is needed, beside those.
 */
export const deriveGroups = ({ namespaces, flows, openings }: Needs): Groups => {
  const isSystem = new Set(namespaces);
  const reasons: Record<GroupName, Map<string, string[]>> = {
    default: new Map(),
    'control-plane': new Map(),
  };
  const add = (group: GroupName, namespace: string, reason: string): void => {
    const known = reasons[group].get(namespace) ?? [];
    if (!known.includes(reason)) reasons[group].set(namespace, [...known, reason]);
  };
  for (const { from, to, because } of flows) {
    if (isSystem.has(to) && !isSystem.has(from)) add('default', to, because);
    if (isSystem.has(from) && !isSystem.has(to)) add('default', from, because);
  }
  for (const { namespace, because } of openings) add('default', namespace, because);
  for (const namespace of namespaces)
    for (const [verb, others] of [
      ['it needs', flows.filter(({ from }) => from === namespace).map(({ to }) => to)],
      ['it is needed by', flows.filter(({ to }) => to === namespace).map(({ from }) => from)],
    ] as const) {
      const distinct = [...new Set(others)].filter((name) => isSystem.has(name) && name !== namespace);
      if (distinct.length * 2 > namespaces.length - 1 && distinct.length > 2)
        add('default', namespace, `${verb} ${describeMost(distinct, namespaces)}`);
    }
  for (const { from, to, because } of flows)
    if (from !== to && [from, to].every((name) => isSystem.has(name) && !reasons.default.has(name)))
      for (const namespace of [from, to]) add('control-plane', namespace, because);
  const membersOf = (group: GroupName): Member[] =>
    [...reasons[group]]
      .map(([namespace, all]) => ({ namespace, reasons: all }))
      .toSorted((one, other) => one.namespace.localeCompare(other.namespace));
  return { default: membersOf('default'), 'control-plane': membersOf('control-plane') };
};

export type Assignment = ReadonlyMap<string, GroupName>;

export const assignmentOf = (groups: Readonly<Record<GroupName, readonly string[]>>): Assignment =>
  new Map(groupNames.flatMap((group) => groups[group].map((name): [string, GroupName] => [name, group])));

/** Whether groups let a connection pass between namespaces that are otherwise isolated from each other. */
export const passes = ({ from, to }: Pick<Flow, 'from' | 'to'>, assignment: Assignment): boolean => {
  const [one, other] = [assignment.get(from), assignment.get(to)];
  return from === to || one === 'default' || other === 'default' || (one !== undefined && one === other);
};

const describeMost = (some: readonly string[], all: readonly string[]): string =>
  `${some.length} of ${all.length - 1} other system namespaces, which is as good as all: ${listNames(some)}`;
