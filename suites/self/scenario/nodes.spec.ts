import { expect } from 'chai';
import { addressOf } from '../../../helpers/kube/world.ts';
import { formatScenario } from '../../../helpers/scenario/write.ts';
import { worldAt } from '../../../helpers/scenario/world.ts';
import { refuse, scenarioOf, spoil } from './sample.ts';

const xd = 'x/d: { why: comes later, created: later, node: 1, ports: [TCP/80 web, UDP/53] }';
const lastGrid = `\
      TCP/80: |
             x/a x/b y/a x/d
        x/a   -   .   .   .
        x/b   X   -   .   .
        y/a   .   .   -   .
        x/d   X   .   .   -
`;

/** The sample with x/d in the host network, where it has no TCP/80. */
const onNode = (more: string, ...changes: [from: string, to: string][]): string =>
  spoil(
    ['features: [NetworkPolicy]', 'features: [NetworkPolicy, HostNetwork]'],
    [xd, `x/d: { why: is a node, created: later, ${more} }`],
    [lastGrid, lastGrid.replaceAll('   .\n', '   -\n').replace('x/a y', 'x/a y')],
    ...changes,
  );

/** The sample with x/d asked by the kubelet. */
const probed = (readiness: string, ready: string, ...changes: [from: string, to: string][]): string =>
  spoil(
    ['features: [NetworkPolicy]', 'features: [NetworkPolicy, KubeletProbes]'],
    ['created: later, node: 1,', `created: later, node: 1, readiness: ${readiness},`],
    [`    expect:\n${lastGrid}`, `    expect:\n      ready: ${ready}\n${lastGrid}`],
    ...changes,
  );

/** The sample with a Service of x/b that a node port leads to. */
const nodePort = (definition: string, cells: string, ...changes: [from: string, to: string][]): string =>
  spoil(
    ['features: [NetworkPolicy]', 'features: [NetworkPolicy, NodePort]'],
    ['steps:\n', `services:\n  x/web: ${definition}\nsteps:\n`],
    [
      '  - create: x/d',
      `      node-port TCP/80: |2\n             x/web\n        x/a   ${cells[0]}\n        x/b   ${cells[1]}\n        y/a   ${cells[2]}\n  - create: x/d`,
    ],
    ...changes,
  );

const ofB = '{ port: 80, type: NodePort, selector: { pod: b } }';

describe('a pod in the host network', () => {
  const text = onNode('hostNetwork: true, node: 1');

  it('has no ports but those that it asks for, and the addresses of its node', () => {
    const scenario = scenarioOf(text);
    expect(scenario.pods.at(-1)).to.deep.include({ id: 'x/d', hostNetwork: true, node: 1, ports: [] });
    const { nodes = [], pods } = worldAt(scenario, 2);
    const pod = pods.find(({ name }) => name === 'd');
    expect(pod).to.deep.include({ hostNetwork: true, node: 'node1', addresses: nodes[1]?.addresses });
    expect(nodes.map(({ name }) => name)).to.deep.equal(['node0', 'node1']);
    const others = pods.filter(({ hostNetwork }) => hostNetwork !== true);
    expect(others.some((other) => addressOf(other, 'IPv4') === addressOf(nodes[1]!, 'IPv4'))).to.equal(false);
  });

  it('is written as it is read', () => {
    const withPorts = text.replace('node: 1 }', "node: 1, ports: [TCP/18080 web, 'UDP/18081'] }");
    for (const each of [text, withPorts]) {
      const written = formatScenario(scenarioOf(each));
      expect(formatScenario(scenarioOf(written))).to.equal(written);
      expect(scenarioOf(written).pods).to.deep.equal(scenarioOf(each).pods);
    }
  });
});

describe('a pod in the host network refuses', () => {
  refuse([
    [
      'to be somewhere',
      onNode('hostNetwork: true'),
      '8:42: a pod in the host network is its node: say which with `node`',
    ],
    [
      'to be half',
      onNode('hostNetwork: half, node: 0'),
      '8:55: wanted `true` (or nothing: a network of its own), got `half`',
    ],
    [
      'ports that nodes need or hand out',
      onNode('hostNetwork: true, node: 0, ports: [TCP/1023, TCP/1024, UDP/19999, TCP/20000]'),
      '8:70: TCP/1023 cannot be had in the host network: wanted 1024 to 19999, which no node hands out by itself',
      '8:70: TCP/20000 cannot be had in the host network: wanted 1024 to 19999, which no node hands out by itself',
    ],
    [
      'a port of its node that another pod has',
      onNode('hostNetwork: true, node: 0, ports: [TCP/18080]', [
        '  y/a: not admitted\n',
        '  y/a: not admitted\n  y/e: { why: first, hostNetwork: true, created: later, node: 0, ports: [TCP/18080] }\n',
      ]),
      '8:3: y/e is created later, but no step creates it',
      '8:3: y/e is unused: no grid asserts a cell of it',
      '9:70: y/e has TCP/18080 of node 0 already',
    ],
    [
      'to be a pod that stands',
      spoil(
        ['features: [NetworkPolicy]', 'features: [NetworkPolicy, HostNetwork]'],
        ['x/a: the target', 'x/a: { why: the target, hostNetwork: true }'],
      ),
      '3:27: nothing in the scenario needs the feature HostNetwork',
      '5:27: x/a stands before every scenario: `hostNetwork` needs a pod of another name, such as x/d',
    ],
    [
      'a scenario without its feature',
      onNode('hostNetwork: true, node: 0', [
        'features: [NetworkPolicy, HostNetwork]',
        'features: [NetworkPolicy]',
      ]),
      '3:11: the scenario needs the feature HostNetwork (a pod admits its own node, whatever isolates it, and other nodes only where a rule does) and does not list it',
    ],
  ]);
});

describe('the kubelet', () => {
  it('asks a pod at the port that it names, and a step says that it must be ready', () => {
    const scenario = scenarioOf(probed('TCP/80', 'x/d'));
    expect(scenario.pods.at(-1)?.readiness).to.deep.equal({ protocol: 'TCP', port: 80 });
    expect(scenario.steps.map(({ ready }) => ready)).to.deep.equal([undefined, undefined, ['x/d']]);
    const written = formatScenario(scenario);
    expect(scenarioOf(written).steps.at(-1)?.ready).to.deep.equal(['x/d']);
    expect(scenarioOf(written).pods).to.deep.equal(scenario.pods);
  });

  it('may be all that a step expects', () => {
    const text = probed('TCP/80', 'x/d', [
      '  - create: x/d\n',
      '  - create: x/d\n    expect: { ready: [x/d] }\n',
    ]);
    expect(scenarioOf(text).steps[1]).to.deep.include({ expect: [], ready: ['x/d'] });
  });
});

describe('the kubelet refuses', () => {
  refuse([
    [
      'ports that the pod does not have',
      probed('TCP/81', 'x/d'),
      '8:64: wanted a TCP port on which the pod listens, like TCP/80, got `TCP/81`',
      '20:14: the kubelet does not probe x/d: give it a `readiness`',
    ],
    [
      'other protocols',
      probed('UDP/53', 'x/d'),
      '8:64: wanted a TCP port on which the pod listens, like TCP/80, got `UDP/53`',
      '20:14: the kubelet does not probe x/d: give it a `readiness`',
    ],
    [
      'pods that it does not probe, or that are not there',
      probed('TCP/80', '[x/d, x/a, x/e]'),
      '20:14: the kubelet does not probe x/a: give it a `readiness`',
      '20:14: `x/e` is not a pod that exists at this step',
    ],
    [
      'to probe where no step looks',
      spoil(['created: later, node: 1,', 'created: later, node: 1, readiness: TCP/80,']),
      '8:53: no step expects x/d to be `ready`',
    ],
  ]);
});

describe('a node port', () => {
  it('is asked by a grid of its own, whose columns are the Services that have one', () => {
    const scenario = scenarioOf(nodePort(ofB, '.-.'));
    expect(scenario.services[0]).to.deep.include({ type: 'NodePort' });
    expect(scenario.steps[0]?.expect.map(({ target, port }) => [target, port])).to.deep.include([
      'node-port',
      80,
    ]);
    const [service] = worldAt(scenario, 0).services;
    expect(service?.ports[0]?.nodePort).to.be.within(30_000, 32_767);
    expect(service?.addresses).to.have.length(2);
    expect(scenarioOf(formatScenario(scenario)).services).to.deep.equal(scenario.services);
  });
});

describe('a node port refuses', () => {
  refuse([
    [
      'Services of another type',
      nodePort('{ port: 80, selector: { pod: b } }', '.-.'),
      '20:14: column `x/web` is not a service with a node port of TCP/80 that exists at this step',
    ],
    [
      'hosts outside the cluster',
      nodePort(
        ofB,
        '.-.',
        [
          '  y/a: not admitted\n',
          "  y/a: not admitted\n  external/a: { why: outside, addresses: [203.0.113.10, '2001:db8:113::10'] }\n",
        ],
        ['        y/a   X   .   -\n', '        y/a   X   .   -\n        external/a   X   .   .\n'],
        ['        y/a   .\n  - create', '        y/a   .\n        external/a   .\n  - create'],
      ),
      '15:7: the grid lacks the column external/a',
      '26:22: external/a is outside the cluster and has no way to the address of a node: the cell can only be `-`',
      '30:7: the grid lacks the row external/a',
      '30:7: the grid lacks the column external/a',
    ],
  ]);
});

describe('a Service without pods', () => {
  it('may be denied, but nothing else', () => {
    expect(scenarioOf(nodePort('{ port: 80, type: NodePort }', 'XXX')).services).to.have.length(1);
  });
  refuse([
    [
      'cannot be open',
      nodePort('{ port: 80, type: NodePort }', 'X.X'),
      '22:15: no pod is behind x/web at this step: its cells can only be `-` or `X`',
    ],
  ]);
});
