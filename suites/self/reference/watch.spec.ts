import { expect } from 'chai';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { watchCluster } from '../../../helpers/reference/watch.ts';
import type { State } from '../../../helpers/reference/state.ts';

type Watch = { path: string; version: string; response: ServerResponse };

/** A small API server: `objects` is what a list answers; watches stay open until the test writes to them. */
const startServer = async () => {
  const objects: Record<string, object[]> = {};
  const watches: Watch[] = [];
  const asked: string[] = [];
  const status = { code: 200 };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    asked.push(
      `${request.headers.authorization} ${url.pathname}${url.searchParams.has('watch') ? ' watch' : ''}`,
    );
    response.statusCode = status.code;
    if (status.code !== 200) {
      response.end();
    } else if (url.searchParams.has('watch')) {
      response.flushHeaders();
      watches.push({ path: url.pathname, version: url.searchParams.get('resourceVersion') ?? '', response });
    } else {
      response.end(answerList(objects[url.pathname] ?? [], url));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;
  return { server, url, objects, watches, asked, status };
};

/** Two objects per page, so that every longer list needs `continue`. */
const answerList = (objects: object[], url: URL): string => {
  const first = Number(url.searchParams.get('continue') ?? '') || 0;
  const next = first + 2 < objects.length ? `${first + 2}` : '';
  return JSON.stringify({
    metadata: { resourceVersion: '7', continue: next },
    items: objects.slice(first, first + 2),
  });
};

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const podPath = '/api/v1/pods';
const createPod = (name: string, phase = 'Running') => ({
  metadata: { namespace: 'x', name, labels: { pod: name }, resourceVersion: '9' },
  spec: { nodeName: 'node0', containers: [{ ports: [{ name: 'web', containerPort: 80 }] }, {}] },
  status: { phase, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
});

describe('reference watch', function () {
  this.timeout(15_000);

  let rig: Awaited<ReturnType<typeof startServer>>;
  let states: State[];
  let failures: string[];
  let stop: AbortController;
  let watching: Promise<void>;

  const podNames = (): string[] | undefined => states.at(-1)?.pods.map(({ name }) => name);
  const podWatches = (): Watch[] => rig.watches.filter(({ path }) => path === podPath);
  const send = (type: string, object: object): void =>
    void podWatches()
      .at(-1)
      ?.response.write(`${JSON.stringify({ type, object })}\n`);
  const begin = (): void => {
    watching = watchCluster({
      server: { url: rig.url, token: () => 'secret', authority: () => undefined },
      signal: stop.signal,
      pauses: { first: 5, longest: 20 },
      onState: (state) => states.push(state),
      onFailure: (message) => failures.push(message),
    });
  };

  beforeEach(async () => {
    rig = await startServer();
    states = [];
    failures = [];
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await watching;
    rig.server.closeAllConnections();
    await new Promise((resolve) => rig.server.close(resolve));
  });

  it('reads whole lists, page by page, with the token', async () => {
    rig.objects[podPath] = ['a', 'b', 'c', 'd', 'e'].map((name) => createPod(name));
    begin();
    await until(() => states.length > 0);
    expect(podNames()).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    expect(states[0]?.pods[0]).to.deep.equal({
      namespace: 'x',
      name: 'a',
      labels: { pod: 'a' },
      addresses: ['10.0.0.1', 'fd00::1'],
      ports: [{ name: 'web', protocol: 'TCP', port: 80 }],
      node: 'node0',
      hostNetwork: false,
    });
    expect(rig.asked).to.include(`Bearer secret ${podPath}`);
  });

  it('follows events, also in pieces, and is silent about those that change nothing for us', async () => {
    begin();
    await until(() => podWatches().length === 1 && states.length === 1);
    expect(podWatches()[0]?.version).to.equal('7');
    send('ADDED', createPod('a'));
    await until(() => states.length === 2);
    send('MODIFIED', { ...createPod('a'), status: { ...createPod('a').status, conditions: ['beat'] } });
    const text = `${JSON.stringify({ type: 'ADDED', object: createPod('b') })}\n`;
    podWatches()[0]?.response.write(text.slice(0, 40));
    await new Promise((resolve) => setImmediate(resolve));
    podWatches()[0]?.response.write(text.slice(40));
    await until(() => podNames()?.length === 2);
    expect(states).to.have.lengthOf(3);
    send('DELETED', createPod('a'));
    await until(() => podNames()?.length === 1);
    expect(podNames()).to.deep.equal(['b']);
  });

  it('says of a pod that it has ended, because its address may be used again', async () => {
    const phases = () => states.at(-1)?.pods.map(({ phase }) => phase);
    rig.objects[podPath] = [createPod('a'), createPod('done', 'Succeeded')];
    begin();
    await until(() => podWatches().length === 1 && states.length === 1);
    expect(podNames()).to.deep.equal(['a', 'done']);
    expect(phases()).to.deep.equal([undefined, 'Succeeded']);
    send('MODIFIED', createPod('a', 'Failed'));
    await until(() => phases()?.includes('Failed') === true);
  });

  it('goes on after a cut connection from where it was, without a new list', async () => {
    begin();
    await until(() => podWatches().length === 1);
    send('BOOKMARK', { metadata: { resourceVersion: '42' } });
    send('ADDED', { ...createPod('a'), metadata: { ...createPod('a').metadata, resourceVersion: '43' } });
    await until(() => podNames()?.length === 1);
    podWatches()[0]?.response.destroy();
    await until(() => podWatches().length === 2);
    expect(podWatches()[1]?.version).to.equal('43');
    expect(rig.asked.filter((line) => line.endsWith(podPath))).to.have.lengthOf(1);
    expect(failures.join()).to.include(`${podPath}?watch=true`).and.to.include('the connection was cut');
  });

  it('lists anew when its version is gone (410), and holds the old state until the list is there', async () => {
    rig.objects[podPath] = [createPod('a')];
    begin();
    await until(() => podWatches().length === 1);
    rig.objects[podPath] = [createPod('b')];
    send('ERROR', { code: 410, metadata: {} });
    await until(() => podNames()?.[0] === 'b');
    expect(states.map(({ pods }) => pods.map(({ name }) => name))).to.deep.equal([['a'], ['b']]);
    await until(() => podWatches().length === 2);
    expect(failures).to.deep.equal([]);
  });

  it('reports nothing while the server refuses, says so, and comes back', async () => {
    rig.status.code = 503;
    begin();
    await until(() => failures.length > 8);
    expect(states).to.deep.equal([]);
    expect(failures.join()).to.include('the API server answered 503');
    expect(failures.join()).to.not.include('secret');
    rig.status.code = 200;
    await until(() => states.length === 1);
  });
});
