import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './apply.ts';
import { renderRemoval } from './nftables.ts';
import type { Mutant } from './mutant.ts';

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

/** Bugs in how a plugin begins and ends. */
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
];
