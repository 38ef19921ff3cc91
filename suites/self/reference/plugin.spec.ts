import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createPolicy, createState } from './worlds.ts';
import type { AdminPolicy, NetworkPolicy } from '../../../helpers/kube/types.ts';
import { admin, baseline, cluster, everywhere, named } from './tier-worlds.ts';
import type { State } from '../../../helpers/reference/state.ts';

const plugin = fileURLToPath(new URL('../../../helpers/reference/plugin.ts', import.meta.url));
const packets = fileURLToPath(new URL('packets.ts', import.meta.url));

/** A node with real packets: `ask` sends a request to packets.ts and gives its answer. */
const startNode = (...options: string[]) => {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = [...user, '--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
  const child = spawn('unshare', [...namespaces, process.execPath, packets, plugin, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const send = (request: unknown): void => void child.stdin.write(`${JSON.stringify(request)}\n`);
  const ask = async (request: unknown): Promise<unknown> => {
    send(request);
    const { value } = await answers.next();
    return value === undefined ? 'the node has ended' : JSON.parse(value);
  };
  return { send, ask, [Symbol.dispose]: () => void child.kill('SIGKILL') };
};

/** x/a and x/b on one node. */
const createNodeState = (...policies: NetworkPolicy[]): State => {
  const state = createState(...policies);
  const pods = state.pods.slice(0, 2).map((pod) => ({ ...pod, node: 'node0' }));
  return { ...state, pods };
};

const probes = [
  ['b', '10.0.0.1', '80'],
  ['b', 'fd00::1', '80'],
  ['b', '10.0.0.1', '81'],
  ['a', '10.0.0.2', '80'],
  ['a', 'fd00::2', '80'],
  ['a', '10.0.0.254', '80'],
  ['a', 'fd00::fe', '80'],
  ['node', '10.0.0.1', '80'],
];
const allOpen = probes.map(() => 'open');

describe('reference plugin', () => {
  it('enforces with real packets what it is told, line by line, and leaves it in force when it is killed', async () => {
    using node = startNode();
    expect(await node.ask({ state: createNodeState() })).to.include({ applied: 1, rules: 0 });
    expect(await node.ask({ probes }), 'no policy').to.deep.equal(allOpen);

    expect(await node.ask({ state: createNodeState(createPolicy({})) })).to.include({ applied: 2, rules: 1 });
    const closedIn = ['drop', 'drop', 'drop', 'open', 'open', 'open', 'open', 'open'];
    expect(await node.ask({ probes }), 'ingress denied: replies and the own node pass').to.deep.equal(
      closedIn,
    );

    const onlyB = { podSelector: { matchLabels: { pod: 'b' } } };
    await node.ask({
      state: createNodeState(createPolicy({ ingress: [{ from: [onlyB], ports: [{ port: 80 }] }] })),
    });
    const port80 = ['open', 'open', 'drop', 'open', 'open', 'open', 'open', 'open'];
    expect(await node.ask({ probes }), 'port 80 admitted').to.deep.equal(port80);

    node.send({ state: 'this is no JSON' });
    const egress = createNodeState(createPolicy({ policyTypes: ['Egress'] }));
    expect(await node.ask({ state: egress }), 'a bad line counts, and changes nothing').to.include({
      applied: 5,
    });
    const closedOut = ['open', 'open', 'open', 'drop', 'drop', 'drop', 'drop', 'open'];
    expect(await node.ask({ probes }), 'egress denied, to the own node as well').to.deep.equal(closedOut);

    await node.ask('kill');
    expect(await node.ask({ probes }), 'plugin killed').to.deep.equal(closedOut);
  }).timeout(30_000);

  it('enforces the tiers around NetworkPolicies with real packets', async () => {
    using node = startNode();
    const apply = async (adminPolicies: AdminPolicy[], ...policies: NetworkPolicy[]): Promise<unknown> => {
      await node.ask({ state: { ...createNodeState(...policies), adminPolicies } });
      return node.ask({ probes });
    };
    const denyA = baseline({
      ingress: [{ action: 'Deny', from: [named('b')], ports: [{ portRange: { start: 80, end: 90 } }] }],
      egress: [{ action: 'Deny', to: [{ networks: ['::/0'] }] }],
    });
    const baselineOnly = ['drop', 'drop', 'drop', 'open', 'drop', 'open', 'drop', 'open'];
    expect(await apply([denyA]), 'only the last tier').to.deep.equal(baselineOnly);

    const isolateA = createPolicy({ ingress: [{ ports: [{ port: 80 }] }] });
    const policyFirst = ['open', 'drop', 'drop', 'open', 'drop', 'open', 'drop', 'open'];
    expect(await apply([denyA], isolateA), 'a NetworkPolicy at the destination').to.deep.equal(policyFirst);

    const accept81 = admin({
      subject: named('a'),
      ingress: [{ action: 'Allow', from: [everywhere], ports: [{ portNumber: { port: 81 } }] }],
      egress: [{ action: 'Deny', to: [{ nodes: {} }] }],
    });
    const pass80 = cluster({
      priority: 5,
      subject: named('a'),
      ingress: [{ action: 'Pass', from: [named('b')], protocols: [{ destinationNamedPort: 'serve-80' }] }],
      egress: [{ action: 'Accept', to: [{ networks: ['fd00::/64'] }] }],
    });
    const all = ['open', 'drop', 'open', 'open', 'open', 'drop', 'open', 'open'];
    const state = createNodeState(isolateA);
    const nodes = state.nodes.map((other) => ({ ...other, addresses: ['10.0.0.254', 'fd00::fe'] }));
    await node.ask({ state: { ...state, nodes, adminPolicies: [accept81, pass80, denyA] } });
    expect(await node.ask({ probes }), 'all tiers').to.deep.equal(all);
  }).timeout(30_000);

  it('enforces with the bug that it is told to have', async () => {
    using node = startNode('--mutant', 'replies-dropped');
    await node.ask({ state: createNodeState(createPolicy({})) });
    expect(await node.ask({ probes: [['a', '10.0.0.2', '80']] })).to.deep.equal(['drop']);
  }).timeout(30_000);

  it('leaves its rules in force when it is told to end, unless that is its bug', async () => {
    const closed = [['b', '10.0.0.1', '80']];
    for (const [options, outcome] of [
      [[], 'drop'],
      [['--mutant', 'open-at-stop'], 'open'],
    ] as const) {
      using node = startNode(...options);
      await node.ask({ state: createNodeState(createPolicy({})) });
      expect(await node.ask({ probes: closed })).to.deep.equal(['drop']);
      await node.ask('stop');
      expect(await node.ask({ probes: closed }), options.join(' ')).to.deep.equal([outcome]);
    }
  }).timeout(30_000);

  it('enforces nothing when it is told so', async () => {
    using node = startNode('--enforce=false');
    expect(await node.ask({ state: createNodeState(createPolicy({})) })).to.include({ applied: 1, rules: 0 });
    expect(await node.ask({ probes })).to.deep.equal(allOpen);
  }).timeout(30_000);

  it('names all problems of its options at once, and ends with 2', () => {
    const options = ['--feed', 'file', '--enforce', 'maybe', '--connect'];
    const { status, stderr } = spawnSync(process.execPath, [plugin, ...options], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect(status).to.equal(2);
    for (const word of ['--node', '--feed', '--enforce', '--connect']) expect(stderr).to.include(`\`${word}`);
  });

  it('names the mutants that there are for one that is not', () => {
    const options = ['--node', 'n', '--mutant', 'nobody'];
    const { status, stderr } = spawnSync(process.execPath, [plugin, ...options], { encoding: 'utf8' });
    expect(status).to.equal(2);
    expect(stderr).to.include('both-selectors-or').and.to.include('got nobody');
  });
});
