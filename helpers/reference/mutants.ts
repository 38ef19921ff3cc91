import { dataplaneMutants } from './mutants-dataplane.ts';
import { followMutants } from './mutants-follow.ts';
import { policyMutants } from './mutants-policy.ts';
import { portMutants } from './mutants-port.ts';
import { selectorMutants } from './mutants-selector.ts';
import type { Mutant } from './mutant.ts';

export type { Mutant } from './mutant.ts';

/** All deliberate bugs of the reference plugin, by `--mutant NAME`. */
export const mutants: readonly Mutant[] = [
  ...selectorMutants,
  ...portMutants,
  ...policyMutants,
  ...dataplaneMutants,
  ...followMutants,
];
