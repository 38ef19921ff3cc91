import { blockMutants } from './mutants-block.ts';
import { dataplaneMutants } from './mutants-dataplane.ts';
import { followMutants } from './mutants-follow.ts';
import { labelMutants } from './mutants-label.ts';
import { lifecycleMutants } from './mutants-lifecycle.ts';
import { limitMutants } from './mutants-limit.ts';
import { namedPortMutants } from './mutants-named-port.ts';
import { nodeMutants } from './mutants-node.ts';
import { policyMutants } from './mutants-policy.ts';
import { portMutants } from './mutants-port.ts';
import { selectorMutants } from './mutants-selector.ts';
import { trafficMutants } from './mutants-traffic.ts';
import type { Mutant } from './mutant.ts';

export type { Mutant } from './mutant.ts';

/** All deliberate bugs of the reference plugin, by `--mutant NAME`. */
export const mutants: readonly Mutant[] = [
  ...selectorMutants,
  ...labelMutants,
  ...portMutants,
  ...namedPortMutants,
  ...policyMutants,
  ...blockMutants,
  ...dataplaneMutants,
  ...followMutants,
  ...lifecycleMutants,
  ...limitMutants,
  ...trafficMutants,
  ...nodeMutants,
];
