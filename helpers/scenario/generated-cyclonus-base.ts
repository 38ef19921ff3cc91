import { buildPolicy, withAnyOf, withLabel, type GeneratedCase, type Rule } from './generated-case.ts';
import type { LabelSelector, NetworkPolicy } from '../kube/types.ts';
import type { CyclonusTag } from './generated-cyclonus-tags.ts';

/** A case of Cyclonus before it has its number. */
export type CyclonusDraft = Pick<GeneratedCase, 'actions' | 'pods' | 'namespaces'> & {
  /** Short, for its name. */
  slug: string;
  /** What it is about, in the words of Cyclonus where it has some. */
  words: string;
  tags: readonly CyclonusTag[];
};

export type Direction = 'ingress' | 'egress';

/** What Cyclonus adds wherever it isolates for egress, so that names can be resolved. */
export const dnsRule: Rule = {
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

/** The policy of which most cases change one part: TCP port 80, from b and c in x and y, to a and b in y and z. */
export const basePolicy = (
  changed: { namespace?: string; podSelector?: LabelSelector } & Partial<
    Record<Direction, readonly Rule[]>
  > = {},
): NetworkPolicy =>
  buildPolicy({
    name: 'base',
    namespace: 'x',
    podSelector: withLabel('pod', 'a'),
    ingress: [baseRule.ingress],
    egress: [baseRule.egress, dnsRule],
    ...changed,
  });

/** The base policy with another list of peers or ports in its first rule for a direction. */
export const withRulePart = (direction: Direction, part: Rule): NetworkPolicy => {
  const rule = { ...baseRule[direction], ...part };
  return basePolicy({ [direction]: direction === 'ingress' ? [rule] : [rule, dnsRule] });
};

const baseRule: Record<Direction, Rule> = {
  ingress: {
    ports: [{ protocol: 'TCP', port: 80 }],
    peers: [{ podSelector: withAnyOf('pod', 'b', 'c'), namespaceSelector: withAnyOf('ns', 'x', 'y') }],
  },
  egress: {
    ports: [{ protocol: 'TCP', port: 80 }],
    peers: [{ podSelector: withAnyOf('pod', 'a', 'b'), namespaceSelector: withAnyOf('ns', 'y', 'z') }],
  },
};
