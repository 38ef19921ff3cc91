import { createHash } from 'node:crypto';
import { findServer, patch, StatusError } from './api.ts';
import { createApplier } from './apply.ts';
import { pathOf } from './tier-objects.ts';
import type { Applier } from './apply.ts';
import type { Server } from './api.ts';
import type { State, StoredAdminPolicy } from './state.ts';

type StatusOptions = {
  node: string;
  server?: Server;
  onFailure: (message: string) => void;
};

type StatusReporter = {
  /** Says in the status of each policy of a tier that it is in force on this node. */
  report: (state: State, number: number) => void;
  idle: Applier['idle'];
};

type Told = { uid: string | undefined; generation: number | undefined; since: string };

const silence = 10_000;

/** Tells the API server, apart from all else: what it refuses is tried again, and holds nothing up. */
export const createStatusReporter = ({
  node,
  server = findServer(),
  onFailure,
}: StatusOptions): StatusReporter => {
  // By path of the policy: told once, unless the policy changes or is another of its name.
  let told = new Map<string, Told>();
  const tell = async (text: string): Promise<void> => {
    const policies: StoredAdminPolicy[] = JSON.parse(text);
    told = new Map([...told].filter(([path]) => policies.some((policy) => pathOf(policy) === path)));
    const problems: string[] = [];
    for (const policy of policies) {
      const { uid, generation } = policy.metadata;
      const before = told.get(pathOf(policy));
      if (before?.uid === uid && before?.generation === generation) continue;
      // A condition that was true stays so with a new generation.
      const since = before?.uid === uid ? before?.since : undefined;
      const now = { uid, generation, since: since ?? `${new Date().toISOString().slice(0, 19)}Z` };
      try {
        await applyCondition(server, node, policy, now.since);
        told.set(pathOf(policy), now);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : 'unknown failure');
      }
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
  };
  const applier = createApplier({
    apply: tell,
    onApplied: () => {},
    onFailure: (message) => onFailure(`status not reported, will try again: ${message}`),
  });
  return {
    report: ({ adminPolicies }, number) => {
      const policies = adminPolicies.map(({ apiVersion, kind, metadata }) => ({
        apiVersion,
        kind,
        metadata,
      }));
      applier.offer(number, JSON.stringify(policies));
    },
    idle: applier.idle,
  };
};

/** By server-side apply with a manager for each node: the conditions of the other nodes stay. */
const applyCondition = async (
  server: Server,
  node: string,
  { apiVersion, kind, metadata }: StoredAdminPolicy,
  since: string,
): Promise<void> => {
  const { name, uid, generation = 0 } = metadata;
  const condition = {
    type: `Ready-In-Zone-${node}`,
    status: 'True',
    reason: 'SetupSucceeded',
    message: 'The rules of this policy are in force on the node.',
    lastTransitionTime: since,
    observedGeneration: generation,
  };
  const path = `${pathOf({ apiVersion, kind, metadata } as StoredAdminPolicy)}/status`;
  const query = new URLSearchParams({ fieldManager: managerOf(node), force: 'true' });
  // With the uid, an heir of the name is not told about itself what holds for another.
  const body = { apiVersion, kind, metadata: { name, uid }, status: { conditions: [condition] } };
  try {
    await patch(server, `${path}?${query.toString()}`, JSON.stringify(body), {
      type: 'application/apply-patch+yaml',
      silence,
    });
  } catch (error) {
    // It is gone: the watch will say so.
    if (!(error instanceof StatusError && error.status === 404)) throw error;
  }
};

// The API server takes 128 characters.
const managerOf = (node: string): string => {
  const manager = `netpol-reference-${node}`;
  return manager.length <= 128
    ? manager
    : `netpol-reference-${createHash('sha256').update(node).digest('hex')}`;
};
