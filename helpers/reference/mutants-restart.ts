import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './apply.ts';
import { findServer, readLines } from './api.ts';
import { renderRemoval, tableName } from './nftables.ts';
import type { Mutant } from './mutant.ts';
import { nameOf } from './state.ts';

/** Milliseconds that a slow plugin takes longer. */
export const lateness = 800;
/** Milliseconds that a plugin with an API server to ask takes until it knows all. */
const sync = 200;

const load = (rules: string): Promise<void> => runProgram('nft', ['-f', '-'], rules);

const closedTable = `table inet netpol-reference-start {
  chain held {
    type filter hook forward priority -1;
    ct state established,related accept
    drop
  }
}
`;

/** Removes our rules when nobody has answered a question a second for ten seconds. */
const openWithoutServer = async (): Promise<void> => {
  let answered = performance.now();
  for (;;) {
    await sleep(1_000);
    const question = readLines(findServer(), '/readyz', {
      silence: 1_000,
      signal: AbortSignal.timeout(1_000),
    });
    try {
      for await (const line of question) if (line !== '') answered = performance.now();
    } catch {
      if (performance.now() - answered > 10_000) await load(renderRemoval());
    }
  }
};

/** A plugin that finds rules of its own when it starts, and the first rules that it would make. */
const trusting: { found: boolean; believed?: string } = { found: false };

/** Bugs in how a plugin begins, ends, and bears what goes on round it. */
export const restartMutants: readonly Mutant[] = [
  {
    name: 'flush-at-start',
    sentence:
      'When it starts it removes the rules that it finds, and makes new ones when it knows all policies.',
    feature: 'PluginRestarts',
    imitates: 'openshift/origin #13465: chains are flushed when the process starts',
    killedBy: 'operations/plugin/killed',
    atStart: async () => {
      await load(renderRemoval());
      await sleep(sync);
    },
  },
  {
    name: 'open-at-stop',
    sentence: 'When it is told to end it removes its rules.',
    feature: 'PluginRestarts',
    imitates:
      'flannel #2239: rules are torn down when the process shuts down, and traffic is different until the next one',
    killedBy: 'operations/plugin/rolled-over',
    atStop: () => load(renderRemoval()),
  },
  {
    name: 'closed-at-start',
    sentence: 'When it starts it drops all new connections until it knows all policies.',
    feature: 'PluginRestarts',
    imitates:
      'cilium #28645: what policies admit is dropped until an agent that was restarted has its identities',
    killedBy: 'operations/plugin/restarted',
    atStart: async () => {
      await load(closedTable);
      await sleep(sync);
      await load('delete table inet netpol-reference-start\n');
    },
  },
  {
    name: 'stale-after-restart',
    sentence:
      'When it starts it takes the rules that it finds for current, and changes them with the next change.',
    feature: 'PluginRestarts',
    imitates: 'antrea #666: what was deleted while the watch was away stays in force after the reconnection',
    killedBy: 'operations/plugin/away-from-a-node',
    atStart: async () => {
      trusting.found = await load(`list table ${tableName}\n`).then(
        () => true,
        () => false,
      );
    },
    text: (text) => {
      if (!trusting.found) return text;
      trusting.believed ??= text;
      return text === trusting.believed ? '' : text;
    },
  },
  {
    name: 'open-between-rules',
    sentence: 'It removes its rules before it loads others.',
    feature: 'Churn',
    imitates:
      'kube-router #2064: base chains are flushed with each synchronisation, and filled some steps later',
    killedBy: 'operations/cluster/many-policies',
    beforeRules: () => load(renderRemoval()),
  },
  {
    name: 'open-while-pods-change',
    sentence: 'When a pod comes or goes it forgets all policies until it is told of another change.',
    feature: 'Churn',
    imitates: 'all peer suites, in which no pods come and go while the others are probed',
    killedBy: 'operations/cluster/pods-come-and-go',
    follow: () => {
      let known = '';
      return (state) => {
        const living = state.pods.map(nameOf).toSorted().join();
        const isNew = known !== '' && living !== known;
        known = living;
        return isNew ? { ...state, policies: [] } : state;
      };
    },
  },
  {
    name: 'late',
    sentence: `It waits ${lateness} ms before it loads rules.`,
    feature: 'NetworkPolicy',
    imitates:
      'kube-burner #1184: a cluster with thousands of policies, in which a new one holds seconds later',
    survives: 'no API says how soon a policy must hold',
    beforeRules: () => sleep(lateness),
  },
  {
    name: 'first-addresses-stay',
    sentence: 'A pod whose addresses change is known by its first ones as long as it is there.',
    feature: 'NodeOutage',
    imitates: 'all peer suites, in which a pod has the same addresses from begin to end',
    killedBy: 'operations/cluster/node-restarts',
    needs: 'kind',
    follow: () => {
      const first = new Map<string, string[]>();
      return (state) => {
        const living = new Set(state.pods.map(nameOf));
        for (const name of first.keys()) if (!living.has(name)) first.delete(name);
        for (const pod of state.pods)
          if (pod.addresses.length > 0 && !first.has(nameOf(pod))) first.set(nameOf(pod), pod.addresses);
        return {
          ...state,
          pods: state.pods.map((pod) => ({ ...pod, addresses: first.get(nameOf(pod)) ?? pod.addresses })),
        };
      };
    },
  },
  {
    name: 'open-without-api-server',
    sentence: 'When the API server has not answered for ten seconds it removes its rules.',
    feature: 'ApiServerOutage',
    imitates: 'all peer suites, none of which takes the API server away',
    killedBy: 'operations/cluster/api-server-away',
    needs: 'kind',
    atStart: async () => void openWithoutServer(),
  },
];
