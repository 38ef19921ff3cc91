import { isObject } from './checks.ts';
import type { Path } from './yaml.ts';

/** The lines of the rules of a policy and of their peers, by the names that the oracle gives them: `ingress[0].from[1]`. */
export type RuleLines = Readonly<Record<string, number>>;

/** Finds the rules of a policy of any kind; empty for any other object. */
export const findRuleLines = (policy: unknown, lineOf: (path: Path) => number): RuleLines => {
  const spec = isObject(policy) ? policy['spec'] : undefined;
  if (!isObject(spec)) return {};
  const lines: Record<string, number> = {};
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    for (const [index, rule] of listOf(spec[direction]).entries()) {
      const path = ['spec', direction, index];
      lines[`${direction}[${index}]`] = lineOf(path);
      for (const at of listOf(isObject(rule) ? rule[peers] : undefined).keys())
        lines[`${direction}[${index}].${peers}[${at}]`] = lineOf([...path, peers, at]);
    }
  return lines;
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
