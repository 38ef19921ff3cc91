import type { Capability } from '../cluster/cluster.ts';
import { readServiceName } from '../kube/world.ts';
import { isStanding } from '../scenario/default-world.ts';
import { isOperation, isUpgrade, restartsNode } from '../scenario/operations.ts';
import { isConfined, isExperimental } from '../scenario/policies.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { asksApiServer } from '../scenario/stored.ts';
import { adminPoliciesOf, labelsNodes } from '../scenario/world.ts';
import type { CheckContext } from './check.ts';
import { gridsFor } from './expected.ts';

/** Why this cluster cannot be asked, or undefined where it can. */
export const skipReason = (
  scenario: Scenario,
  { lacks, families }: Pick<CheckContext, 'lacks' | 'families'>,
): string | undefined => {
  for (const capability of neededCapabilities(scenario)) {
    const reason = lacks[capability];
    if (reason !== undefined) return reason;
  }
  if (asksApiServer(scenario.steps) || scenario.load !== undefined) return undefined;
  // A scenario whose denials cannot be asked here would pass on a plugin that does nothing.
  const drawn = scenario.steps.flatMap(({ expect }) => expect.map(({ grid }) => grid));
  const asked = scenario.steps.flatMap(({ expect }) => gridsFor(expect, families).map(({ want }) => want));
  const denies = (grids: typeof drawn): boolean => grids.some(({ cells }) => cells.includes('deny'));
  if (asked.length > 0 && denies(asked) === denies(drawn)) return undefined;
  return `what it denies is about a family that this cluster lacks (it has ${families.join(' and ')})`;
};

const neededCapabilities = ({ pods, steps, channel }: Scenario): Capability[] => {
  const targets = new Set(steps.flatMap(({ expect }) => expect.map(({ target }) => target)));
  const operations = steps.map(({ action }) => action).filter(isOperation);
  return [
    ...(targets.has('service-name') || targets.has('lookup') ? (['service-names'] as const) : []),
    ...(pods.some(({ addresses }) => addresses !== undefined) ? (['external'] as const) : []),
    ...(pods.some(({ id, node }) => !isStanding(id) && node > 0) || targets.has('node-port')
      ? (['two-nodes'] as const)
      : []),
    // A pod always lets in its own node: whether another may reach it is asked from the network of another node.
    ...(pods.some(({ hostNetwork }) => hostNetwork === true) ? (['host-network', 'two-nodes'] as const) : []),
    ...(steps.some(({ ready }) => ready !== undefined) ? (['kubelet'] as const) : []),
    ...(pods.some(({ addressesOf }) => addressesOf !== undefined) ? (['chosen-address'] as const) : []),
    ...(namesServices(steps) ? (['service-names', 'cluster-domain'] as const) : []),
    ...(labelsNodes({ steps }) ? (['node-labels', 'two-nodes'] as const) : []),
    ...(asksApiServer(steps) ? (['api'] as const) : []),
    ...(operations.some(({ part }) => part === 'plugin') ? (['plugin-operations'] as const) : []),
    ...(operations.some(isUpgrade) ? (['plugin-upgrade'] as const) : []),
    ...(operations.some(restartsNode) ? (['two-nodes', 'node-operations'] as const) : []),
    ...(operations.some(({ part }) => part === 'api-server') ? (['api-server-operations'] as const) : []),
    ...new Set(adminPoliciesOf(steps).map(({ kind }) => kind)),
    ...(adminPoliciesOf(steps).every(isConfined) ? [] : (['cluster-wide'] as const)),
    ...(channel === undefined ? [] : ([`${channel}-channel`] as const)),
    // Some documents that an API server must refuse have such fields in the wrong place: its scenario says for itself.
    ...(!asksApiServer(steps) && adminPoliciesOf(steps).some(isExperimental)
      ? (['experimental-channel'] as const)
      : []),
    ...(steps.some(({ expect }) => expect.some(({ protocol }) => protocol === 'ICMP'))
      ? (['icmp'] as const)
      : []),
  ];
};

/** Whether its policies mean Services by their DNS names, which end in the domain of the cluster. */
const namesServices = (steps: Scenario['steps']): boolean =>
  adminPoliciesOf(steps).some(({ spec: { egress = [] } }) =>
    egress.some(({ to = [] }) => to.some(({ domainNames = [] }) => domainNames.some(readServiceName))),
  );
