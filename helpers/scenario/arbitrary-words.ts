import * as fc from 'fast-check';
import type { IPBlock, NetworkPolicyPort } from '../kube/types.ts';
import type { Fleet } from './arbitrary-fleet.ts';
import type { Words } from './arbitrary-policy.ts';
import type { Theme } from './arbitrary-theme.ts';
import type { ScenarioPod } from './scenario.ts';

/** What policies may say of a fleet: its labels, ports and hosts, and what is next to them. */
export const wordsFor = ({ pods }: Pick<Fleet, 'pods'>, theme: Theme): Words => ({
  ...theme,
  blocks: pods.some(({ addresses }) => addresses !== undefined) ? blocksAroundHosts : blocksWithoutHosts,
  port: anyPort(pods, theme),
});

// The addresses of pods are not known before the cluster is: no block may hold some of them and not others. Blocks
// that hold all of them make cells that the API leaves open, so there are few.
const blocksAroundHosts: readonly IPBlock[] = [
  { cidr: '203.0.113.10/32' },
  { cidr: '203.0.113.200/32' },
  { cidr: '203.0.113.0/24' },
  { cidr: '203.0.113.0/25' },
  { cidr: '203.0.113.0/24', except: ['203.0.113.10/32'] },
  { cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] },
  { cidr: '203.0.113.0/24', except: ['203.0.113.0/29', '203.0.113.10/31'] },
  { cidr: '203.0.113.10/31', except: ['203.0.113.11/32'] },
  { cidr: '203.0.113.10/31', except: ['203.0.113.11/32', '203.0.113.10/32'] },
  { cidr: '2001:db8:113::/64' },
  { cidr: '2001:db8:113::10/128' },
  { cidr: '2001:db8:113::200/128' },
  { cidr: '2001:db8:113::/64', except: ['2001:db8:113::10/128'] },
  { cidr: '2001:db8:113::/64', except: ['2001:db8:113::/127', '2001:db8:113::200/127'] },
  { cidr: '0.0.0.0/0', except: ['203.0.113.0/24'] },
  { cidr: '::/0', except: ['2001:db8:113::200/128'] },
];

const blocksWithoutHosts: readonly IPBlock[] = [
  { cidr: '203.0.113.0/24' },
  { cidr: '203.0.113.10/32' },
  { cidr: '203.0.113.0/24', except: ['203.0.113.0/25'] },
  { cidr: '2001:db8:113::/64' },
  { cidr: '2001:db8::/32', except: ['2001:db8:113::/64'] },
  { cidr: '0.0.0.0/0' },
  { cidr: '::/0' },
];

/** Each served port by number and name, of the right protocol and of others, and ranges that begin, end and fail there. */
const anyPort = (
  pods: readonly ScenarioPod[],
  { ports, protocols }: Theme,
): fc.Arbitrary<NetworkPolicyPort> => {
  const served = pods.flatMap((pod) => pod.ports);
  const numbers = fc.constantFrom(...new Set(served.map(({ port }) => port)));
  const names = fc.constantFrom(...new Set(served.flatMap(({ name }) => name ?? [])), 'nobody');
  const what = fc.oneof<fc.WeightedArbitrary<NetworkPolicyPort>[]>(
    { weight: ports.none, arbitrary: fc.constant({}) },
    { weight: ports.number, arbitrary: numbers.map((port) => ({ port })) },
    {
      weight: ports.range,
      arbitrary: numbers.chain((port) => fc.constantFrom(...rangesAround(port))),
    },
    { weight: ports.name, arbitrary: names.map((port) => ({ port })) },
  );
  return fc
    .tuple(fc.constantFrom(...protocols), what)
    .map(([protocol, entry]) => ({ ...protocol, ...entry }));
};

const rangesAround = (port: number): NetworkPolicyPort[] => [
  { port, endPort: port },
  { port: port - 1, endPort: port },
  { port, endPort: port + 1 },
  { port: 1, endPort: port - 1 },
  { port: port + 1, endPort: 65_535 },
];
