import type {
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicySpec,
} from '../helpers/kube/types.ts';
import type { Pod, World } from '../helpers/kube/world.ts';
import { createOracle } from '../helpers/model/oracle.ts';
import type { Oracle } from '../helpers/model/oracle.ts';

// Prints how many cells per second the oracle judges (`--json`: figures for scripts/bench.ts).
// Every cell of every grid is read and counted.

const kinds = (['TCP', 'UDP'] as const).flatMap((protocol) =>
  [80, 81].flatMap((port) => (['IPv4', 'IPv6'] as const).map((family) => ({ protocol, port, family }))),
);

const countCells = (oracle: Oracle): { cells: number; allowed: number } => {
  let cells = 0;
  let allowed = 0;
  for (const { protocol, port, family } of kinds)
    for (const verdict of oracle.matrix(protocol, port, family).cells) {
      cells += 1;
      if (verdict === 'allow') allowed += 1;
    }
  return { cells, allowed };
};

type Figure = { name: string; value: number; limit: number; unit: string; isFloor: true };

/** Millions of cells per second, over at least the time given in milliseconds, after one run to warm up. */
const measure = (
  name: string,
  limit: number,
  milliseconds: number,
  run: () => { cells: number; allowed: number },
): Figure => {
  const { cells: size, allowed } = run();
  if (allowed === 0 || allowed === size) throw new Error(`${name}: the world is all open or all closed`);
  let cells = 0;
  const start = performance.now();
  let spent = 0;
  for (; spent < milliseconds; spent = performance.now() - start) cells += run().cells;
  return {
    name: `oracle: ${name}`,
    value: cells / spent / 1000,
    limit,
    unit: 'million cells/s',
    isFloor: true,
  };
};

const makeWorld = (namespaces: number, podsEach: number, policies: NetworkPolicy[]): World => ({
  namespaces: Array.from({ length: namespaces }, (_, n) => ({
    name: `n${n}`,
    labels: { ns: `n${n}`, team: `t${n % 5}` },
  })),
  pods: Array.from({ length: namespaces * podsEach }, (_, index): Pod => {
    const n = Math.floor(index / podsEach);
    const p = index % podsEach;
    return {
      namespace: `n${n}`,
      name: `p${p}`,
      labels: { pod: `p${p}`, tier: `t${p % 3}` },
      addresses: [`10.${n}.0.${p + 1}`, `fd00::${n.toString(16)}:${(p + 1).toString(16)}`],
      ports: [
        { name: 'serve-80', protocol: 'TCP', port: 80 },
        { name: 'serve-81', protocol: 'TCP', port: 81 },
        { name: 'serve-80-udp', protocol: 'UDP', port: 80 },
        { name: 'serve-81-udp', protocol: 'UDP', port: 81 },
      ],
      node: `node${index % 2}`,
    };
  }),
  services: [],
  policies,
});

const makePolicy = (namespace: string, name: string, spec: NetworkPolicySpec): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace, name },
  spec,
});

const labelled = (key: string, value: string): LabelSelector => ({ matchLabels: { [key]: value } });

const handful = [
  makePolicy('n0', 'deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
  makePolicy('n0', 'allow-n1', {
    podSelector: labelled('pod', 'p0'),
    ingress: [
      {
        from: [{ namespaceSelector: labelled('ns', 'n1'), podSelector: labelled('pod', 'p1') }],
        ports: [{ port: 80 }],
      },
    ],
  }),
  makePolicy('n0', 'allow-out', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ namespaceSelector: {} }],
        ports: [
          { port: 80, endPort: 81 },
          { protocol: 'UDP', port: 80 },
        ],
      },
    ],
  }),
  makePolicy('n2', 'blocks', {
    podSelector: labelled('pod', 'p2'),
    ingress: [
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 'serve-80' }] },
    ],
  }),
];

/** Policies of the shapes that clusters hold, each different from the others in its namespace, subject or peer. */
const makePolicies = (count: number, namespaces: number, podsEach: number): NetworkPolicy[] =>
  Array.from({ length: count }, (_, index) => {
    const namespace = `n${index % namespaces}`;
    const turn = Math.floor(index / namespaces);
    const peers: NetworkPolicyPeer[] = [
      { podSelector: labelled('tier', `t${turn % 3}`) },
      {
        namespaceSelector: labelled('team', `t${turn % 5}`),
        podSelector: labelled('pod', `p${turn % podsEach}`),
      },
      {
        ipBlock: {
          cidr: `10.${turn % namespaces}.0.0/16`,
          except: [`10.${turn % namespaces}.0.${turn % 200}/32`],
        },
      },
    ];
    const rules = [
      { peers: [peers[turn % 3] ?? {}], ports: [{ port: 80 + (turn % 2) }] },
      { peers: [peers[(turn + 1) % 3] ?? {}], ports: [{ protocol: 'UDP' as const, port: 80, endPort: 81 }] },
    ];
    const podSelector =
      turn % 4 === 0 ? labelled('tier', `t${turn % 3}`) : labelled('pod', `p${turn % podsEach}`);
    return makePolicy(namespace, `policy-${turn}`, {
      podSelector,
      policyTypes: turn % 2 === 0 ? ['Ingress'] : ['Ingress', 'Egress'],
      ingress: rules.map(({ peers, ports }) => ({ from: peers, ports })),
      egress: rules.map(({ peers, ports }) => ({ to: peers, ports })),
    });
  });

const small = makeWorld(3, 3, handful);
const large = makeWorld(50, 20, makePolicies(5000, 50, 20));
const compiled = createOracle(small);
const figures = [
  measure('9 pods, 4 policies, compiled once', 5, 500, () => countCells(compiled)),
  measure('9 pods, 4 policies, compiled for every 648 cells', 5, 500, () => countCells(createOracle(small))),
  measure('1000 pods, 5000 policies, compile included', 1, 1000, () => countCells(createOracle(large))),
];
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else
  for (const { name, value, limit, unit } of figures)
    console.log(`${name}: ${value.toFixed(1)} ${unit} (wanted: more than ${limit})`);
