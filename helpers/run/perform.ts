import { restartsNode, type OperationAction } from '../scenario/operations.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { act } from './act.ts';
import type { CheckContext } from './check.ts';
import { churn } from './churn.ts';
import { findPod } from './find-pod.ts';
import type { Ground } from './ground.ts';
import { pause } from './operation.ts';

/** How long the API server is away, in milliseconds. */
const apiServerOutage = 30_000;
/** How long a plugin stays away after the change that it misses, in milliseconds. */
const missing = 1_000;

/** What can be done to the cluster. */
export type OperationContext = Pick<CheckContext, 'operatePlugin' | 'outage' | 'patience'>;

/** Does what a step says to the cluster. @throws ClusterError */
export const perform = async (
  action: OperationAction,
  scenario: Scenario,
  ground: Ground,
  { operatePlugin, outage, patience: { signal } }: OperationContext,
): Promise<void> => {
  if (action.verb === 'churn') await churn(action, ground, signal);
  else if (action.verb !== 'outage') await operatePlugin(action.verb);
  else if (restartsNode(action))
    await outage({ part: action.part, node: (await findPod(action.nodeOf, ground)).node }, async () => {});
  else if (action.part === 'api-server')
    await outage({ part: action.part }, async () => pause(apiServerOutage, signal));
  else
    await outage({ part: action.part, node: (await findPod(action.nodeOf, ground)).node }, async () => {
      await act(action.meanwhile, scenario, ground);
      await pause(missing, signal);
    });
};
