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
import { restartMutants } from './mutants-restart.ts';
import { selectorMutants } from './mutants-selector.ts';
import { tierFollowMutants } from './mutants-tier-follow.ts';
import { tierNameMutants } from './mutants-tier-name.ts';
import { tierOrderMutants } from './mutants-tier-order.ts';
import { tierPeerMutants } from './mutants-tier-peer.ts';
import { tierPortMutants } from './mutants-tier-port.ts';
import { tierRuleMutants } from './mutants-tier-rule.ts';
import { tierTrafficMutants } from './mutants-tier-traffic.ts';
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
  ...restartMutants,
  ...trafficMutants,
  ...nodeMutants,
  ...tierOrderMutants,
  ...tierRuleMutants,
  ...tierPortMutants,
  ...tierPeerMutants,
  ...tierNameMutants,
  ...tierTrafficMutants,
  ...tierFollowMutants,
];
