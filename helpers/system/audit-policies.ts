import type { NetworkPolicy } from '../kube/types.ts';
import { describeSelector } from '../model/matching.ts';
import {
  admitsEverything,
  directions,
  isRegulated,
  listNames,
  typeOf,
  type AuditedPolicy,
  type View,
} from './audit-view.ts';
import { podsOf } from './classes.ts';
import type { Observation } from './findings.ts';
import { findMaintainers } from './maintainers.ts';

/** What is wrong with each policy of a namespace by itself, and with policies that say the same. */
export const auditPolicies = (view: View, namespace: string): Observation[] => {
  const policies = view.policiesIn(namespace);
  return [
    ...policies.flatMap((policy) => [
      ...auditNames(policy),
      ...auditTypes(policy),
      ...auditSubjects(view, policy),
    ]),
    ...findDuplicates(policies),
    ...findMaintainers(view, namespace),
  ];
};

const denyWords = /(^|[-.])(deny|denied|block|blocked|reject|drop|isolate|isolated)($|[-.])/;
const allowWords = /(^|[-.])(allow|allowed|permit|accept|admit|open)($|[-.])/;

const auditNames = ({ policy, rules, object }: AuditedPolicy): Observation[] => {
  const { name } = policy.metadata;
  const saysDeny = denyWords.test(name);
  const saysAllow = allowWords.test(name);
  if (saysDeny === saysAllow) return [];
  const named = directions.filter((direction) => new RegExp(`(^|[-.])${direction}($|[-.])`).test(name));
  const meant = (named.length === 0 ? directions : named).filter(
    (direction) => rules[direction] !== undefined,
  );
  if (saysDeny)
    return meant
      .filter((direction) => rules[direction]?.some(admitsEverything))
      .map((direction) => ({
        id: 'deny-admits-everything',
        object,
        detail: direction,
        message: `it is called ${name}, but \`${direction}: [{}]\` admits everything: an empty rule has no condition`,
        next: `write \`${direction}: []\`, or leave ${direction} out and keep its policy type`,
      }));
  return meant
    .filter((direction) => rules[direction]?.length === 0)
    .map((direction) => ({
      id: 'allow-admits-nothing',
      object,
      detail: direction,
      message: `it is called ${name}, but has no ${direction} rule: it denies all ${direction} that no other policy admits`,
      next: `leave ${typeOf(direction)} out of \`policyTypes\`, or add the rule`,
    }));
};

const auditTypes = ({ policy: { spec }, object }: AuditedPolicy): Observation[] => {
  const types = spec.policyTypes ?? [];
  if (types.length === 0) return [];
  return directions
    .filter((direction) => (spec[direction] ?? []).length > 0 && !types.includes(typeOf(direction)))
    .map((direction) => ({
      id: 'rules-without-policy-type',
      object,
      detail: direction,
      message: `it has ${direction} rules, but \`policyTypes\` is [${types.join(', ')}]: nobody obeys them`,
      next: `add ${typeOf(direction)} to \`policyTypes\`, or delete the rules`,
    }));
};

const auditSubjects = (view: View, audited: AuditedPolicy): Observation[] => {
  const { rules, object } = audited;
  const pods = podsOf(view, audited);
  const selector = describeSelector(rules.podSelector);
  if (pods.length === 0 && view.arePodsKnown(rules.namespace) && selector !== '{}')
    return [
      {
        id: 'policy-selects-no-pod',
        object,
        message: `podSelector ${selector} matches none of the ${view.podsIn(rules.namespace).length} pods of ${rules.namespace}`,
        next: 'compare it with the labels of the pods; delete the policy if they are gone for good',
      },
    ];
  if (pods.length === 0 || pods.some(isRegulated)) return [];
  return [
    {
      id: 'policy-selects-only-host-network',
      object,
      message: `podSelector ${selector} matches only pods in the host network: ${listNames(pods.map(({ name }) => name))}`,
      next: 'do not count on it: protect their ports on the nodes',
    },
  ];
};

const findDuplicates = (policies: readonly AuditedPolicy[]): Observation[] => {
  const groups = Map.groupBy(policies, ({ policy }) => meaningOf(policy));
  return [...groups.values()].flatMap(([first, ...others]) =>
    others.map(({ object }) => ({
      id: 'duplicate-policy' as const,
      object,
      message: `it says the same as ${first?.rules.id}`,
      next: 'delete one of them, or the change of one will be undone by the other',
    })),
  );
};

/** The same text for policies that say the same in another order, or with defaults written out. */
const meaningOf = ({ spec }: NetworkPolicy): string => JSON.stringify(sort(readEffective(spec)));

const readEffective = (spec: NetworkPolicy['spec']): unknown => {
  const types = spec.policyTypes ?? [];
  const hasEgress = types.length === 0 ? (spec.egress ?? []).length > 0 : types.includes('Egress');
  const hasIngress = types.length === 0 || types.includes('Ingress');
  const ports = (given: readonly { protocol?: string }[] | undefined): unknown[] =>
    (given ?? []).map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' }));
  return {
    podSelector: spec.podSelector ?? {},
    ...(hasIngress && {
      ingress: (spec.ingress ?? []).map((rule) => ({ peers: rule?.from ?? [], ports: ports(rule?.ports) })),
    }),
    ...(hasEgress && {
      egress: (spec.egress ?? []).map((rule) => ({ peers: rule?.to ?? [], ports: ports(rule?.ports) })),
    }),
  };
};

/** No list of a spec has an order that means anything, and a null or an empty selector field says nothing. */
const sort = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(sort).toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => part !== null && part !== undefined && !isIdle(key, part))
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([key, part]) => [key, sort(part)]),
  );
};

const isIdle = (key: string, part: unknown): boolean =>
  ['matchLabels', 'matchExpressions', 'except'].includes(key) && Object.keys(part as object).length === 0;
