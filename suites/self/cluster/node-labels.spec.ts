import { hostname } from 'node:os';
import { expect } from 'chai';
import { execa } from 'execa';
import { cleanNodeLabels, setNodeLabels } from '../../../helpers/cluster/node-labels.ts';
import type { KubeClient } from '../../../helpers/kube/client.ts';
import type { Labels } from '../../../helpers/kube/types.ts';
import { startFakeServer, type FakeServer } from '../kube/fake-server.ts';

const ours = 'netpol-conformance/zone';
const label = '/metadata/labels/netpol-conformance~1zone';
const owner = '/metadata/annotations/netpol-conformance~1owner';
const me = `${hostname()}/${process.pid}`;

describe('our labels of nodes', () => {
  let server: FakeServer;
  let client: KubeClient;

  beforeEach(async () => {
    server = await startFakeServer();
    client = server.openClient();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  const serve = (...nodes: { labels: Labels; annotations?: Labels }[]): void => {
    const items = nodes.map((metadata, index) => ({ metadata: { name: `n${index}`, ...metadata } }));
    server.answer = ({ url }) => ({
      status: 200,
      body: url.pathname.endsWith('/nodes')
        ? { items }
        : items.find(({ metadata }) => url.pathname.endsWith(`/${metadata.name}`)),
    });
  };
  const patches = (): unknown[] =>
    server.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body));

  it('come one by one, with the name of their owner, and touch no other label', async () => {
    serve({ labels: { zone: 'a' } }, { labels: {}, annotations: { note: 'theirs' } });
    await setNodeLabels(client, 'n0', { [ours]: 'gate' });
    await setNodeLabels(client, 'n1', { [ours]: 'gate' });
    const added = { op: 'add', path: label, value: 'gate' };
    expect(patches()).to.deep.equal([
      [added, { op: 'add', path: '/metadata/annotations', value: { 'netpol-conformance/owner': me } }],
      [added, { op: 'add', path: owner, value: me }],
    ]);
  });

  it('go with the name of their owner, and where there are none nothing is written', async () => {
    const annotations = { 'netpol-conformance/owner': me };
    serve({ labels: { zone: 'a', [ours]: 'gate' }, annotations }, { labels: { zone: 'a' } });
    await setNodeLabels(client, 'n0', {});
    await setNodeLabels(client, 'n1', {});
    expect(patches()).to.deep.equal([
      [
        { op: 'remove', path: label },
        { op: 'remove', path: owner },
      ],
    ]);
  });

  it('of dead runs are cleaned, those of live ones and of other machines stay', async () => {
    const gone = execa('true');
    const { pid } = gone;
    await gone;
    const owners = [`${hostname()}/${pid}`, me, 'elsewhere/1'];
    const nodes = owners.map((name) => ({
      labels: { [ours]: 'gate' },
      annotations: { 'netpol-conformance/owner': name },
    }));
    serve(...nodes, { labels: { zone: 'a' } });
    expect(await cleanNodeLabels(client, false)).to.deep.equal([
      'removed our labels of node n0',
      `left: our labels of node n1: their run (${me}) is live`,
      'left: our labels of node n2: their run (elsewhere/1) is of another machine; `--force` removes them',
    ]);
    expect(patches()).to.have.length(1);
    expect(await cleanNodeLabels(client, true)).to.include('removed our labels of node n2');
  });

  it('that cannot be read are told as left', async () => {
    server.answer = () => ({ status: 403, body: { kind: 'Status', message: 'nodes is forbidden' } });
    const [line] = await cleanNodeLabels(client, false);
    expect(line).to.match(/^left: what there may be of our labels of nodes: .*forbidden/);
  });
});
