import { hostname } from 'node:os';
import { UsageError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { ownerAnnotation, runLabel } from './kubernetes-objects.ts';
import { isAlive } from './owner.ts';

/** `unknown` where the owner ran on another machine. */
type OwnerState = 'live' | 'dead' | 'unknown';

type RunNamespace = { name: string; run: string; owner: string; state: OwnerState };

/** What became of the process that an owner annotation names. */
export const stateOfOwner = (owner: string): OwnerState => {
  const [host = '', pid = ''] = owner.split('/');
  if (host !== hostname()) return 'unknown';
  return isAlive(Number(pid)) ? 'live' : 'dead';
};

/** The namespaces of all runs on a cluster. */
export const listRunNamespaces = async (client: KubeClient): Promise<RunNamespace[]> => {
  const { items } = await client.core.listNamespace({ labelSelector: runLabel });
  return items.map(({ metadata }) => {
    const owner = metadata?.annotations?.[ownerAnnotation] ?? 'unknown';
    const run = metadata?.labels?.[runLabel] ?? '';
    return { name: metadata?.name ?? '', run, owner, state: stateOfOwner(owner) };
  });
};

/**
 * Refuses a cluster where another run has namespaces: its probes and policies are nobody's to disturb.
 * @throws UsageError naming that run and its owner
 */
export const refuseOtherRuns = async (client: KubeClient, run: string, force: boolean): Promise<void> => {
  const others = (await listRunNamespaces(client)).filter((namespace) => namespace.run !== run);
  const [first] = others;
  if (first === undefined || force) return;
  throw new UsageError({
    subject: `another run is active on ${client.context}`,
    wanted: 'a cluster without namespaces of other runs',
    got: `${others.map(({ name }) => name).join(', ')} of run ${first.run} (owner ${first.owner}, ${first.state})`,
    next: 'wait for its end; if it is dead, `npm start -- clean` removes what it left; `--force` runs beside it',
  });
};
