import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Exec, KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { EnvironmentError, UsageError } from '../../../helpers/errors.ts';
import { ApiError, toApiError } from '../../../helpers/kube/api-error.ts';
import { openClient } from '../../../helpers/kube/client.ts';
import { kubeconfigFor, startFakeServer, type FakeServer } from './fake-server.ts';
import { thrownBy } from '../thrown.ts';

const key = 'PLANTED-PRIVATE-KEY-0123456789';
const token = 'planted-token-9876543210';
const secretForms = [key, token].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64'),
  // A Buffer as util.inspect shows it.
  Buffer.from(secret).toString('hex').replace(/../g, '$& ').trim().slice(0, 60),
]);

const user = {
  token,
  'client-key-data': Buffer.from(key).toString('base64'),
  'client-certificate-data': Buffer.from('certificate').toString('base64'),
};

// fetch refuses low ports of its own accord, and this one is nobody's.
const closedServer = 'http://127.0.0.1:64431';

describe('Kubernetes client', () => {
  let folder: string;
  let server: FakeServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netpol-client-'));
    server = await startFakeServer();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const writeKubeconfig = (url: string, name = 'config'): string => {
    const file = join(folder, name);
    writeFileSync(file, kubeconfigFor(url, user), { mode: 0o600 });
    return file;
  };
  const open = () => openClient({ kubeconfig: writeKubeconfig(server.url) });

  it('never shows the key or token of a kubeconfig in an error', async () => {
    const closed = openClient({ kubeconfig: writeKubeconfig(closedServer, 'closed') });
    const exec = { namespace: 'x', name: 'a', container: 'agent', command: ['node'] };
    server.answer = () => ({ status: 403, body: { message: `denied: Bearer ${token.repeat(10)}` } });
    const errors = await Promise.all([
      thrownBy(() => open().exec(exec)),
      thrownBy(() => closed.exec(exec)),
      thrownBy(() => open().core.listNamespace()),
      thrownBy(() => closed.core.listNamespace()),
      thrownBy(() => open().watchPods('x', () => {}, new AbortController().signal)),
      thrownBy(() => open().policies.list('x')),
    ]);
    for (const error of errors) {
      expect(error).to.be.instanceOf(ApiError);
      expectNoSecret(allTextOf(error));
    }
  });

  it('deletes a policy when it is gone, not when it is told to go', async () => {
    let reads = 0;
    const leaving = {
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'x', finalizers: ['a.example/b'] },
    };
    server.answer = ({ method }) => {
      if (method === 'DELETE') return { status: 200, body: leaving };
      reads += 1;
      return reads < 3
        ? { status: 200, body: leaving }
        : { status: 404, body: { kind: 'Status', message: 'gone' } };
    };
    const { policies } = open();
    await policies.delete({ kind: 'NetworkPolicy', namespace: 'x', name: 'p' });
    expect(reads).to.equal(3);
    server.answer = () => ({ status: 200, body: { kind: 'Status', status: 'Success' } });
    await policies.delete({ kind: 'NetworkPolicy', namespace: 'x', name: 'p' });
    expect(server.requests.at(-1)?.method).to.equal('DELETE');
  });

  it('would meet the key in what the client itself throws, so that the search above can find it', async () => {
    const config = new KubeConfig();
    config.loadFromFile(writeKubeconfig(server.url));
    // It is no Error.
    const raw: unknown = await new Exec(config)
      .exec('x', 'a', 'agent', ['node'], null, null, null, false)
      .then(
        () => undefined,
        (event: unknown) => event,
      );
    expect(() => expectNoSecret(allTextOf(raw))).to.throw('secret');
  });

  it('shows no credentials when it is looked at itself', () => {
    expectNoSecret(allTextOf(open()));
  });

  it('says which permission is missing', async () => {
    const message = 'pods is forbidden: User "me" cannot list resource "pods" in API group ""';
    server.answer = () => ({ status: 403, body: { kind: 'Status', message } });
    const error = await thrownBy(() => open().core.listNamespacedPod({ namespace: 'x' }));
    expect(error).to.include({ status: 403 });
    expect(error.message).to.include('list pod x').and.include(message).and.include('rbac.yaml');
  });

  it('says that credentials are not accepted', async () => {
    server.answer = () => ({ status: 401, body: { kind: 'Status', message: 'Unauthorized' } });
    const error = await thrownBy(() => open().core.listNamespace());
    expect(error.message).to.include('HTTP 401 Unauthorized').and.include('renew the credentials');
  });

  it('names the server that does not answer', async () => {
    const client = openClient({ kubeconfig: writeKubeconfig(closedServer, 'closed') });
    const error = await thrownBy(() => client.core.listNamespace());
    expect(error.message).to.include(closedServer).and.include('ECONNREFUSED').and.include('next:');
  });

  it('says what to do about a name that nobody knows', () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND name'), { code: 'ENOTFOUND' });
    const attempt = { subject: 'list namespace', server: 'https://name:6443' };
    const error = toApiError(new TypeError('fetch failed', { cause }), attempt);
    expect(error.message)
      .to.include('https://name:6443')
      .and.include('ENOTFOUND')
      .and.include('check `server`');
    expect(error.cause).to.equal(undefined);
  });

  it('names the contexts that there are', () => {
    const kubeconfig = writeKubeconfig(closedServer);
    expect(() => openClient({ kubeconfig, context: 'nowhere' })).to.throw(UsageError, 'one of here, there');
  });

  it('says where a kubeconfig is looked for and missing', () => {
    const kubeconfig = join(folder, 'absent');
    expect(() => openClient({ kubeconfig })).to.throw(EnvironmentError, /absent[\s\S]*no such file/);
  });

  it('says at which line a kubeconfig is broken, and quotes nothing of it', async () => {
    const kubeconfig = join(folder, 'broken');
    writeFileSync(kubeconfig, `a: b\nclient-key-data: "${key}\n${token}: [\n`);
    chmodSync(kubeconfig, 0o600);
    const error = await thrownBy(async () => openClient({ kubeconfig }));
    expect(error.message).to.match(/not YAML at line \d/);
    expectNoSecret(allTextOf(error));
  });
});

const allTextOf = (thing: unknown): string => {
  const { message, stack, cause } = (thing ?? {}) as Error;
  return [
    String(thing),
    message,
    stack,
    String(cause),
    inspect(thing, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    inspect(thing),
    stringify(thing),
  ].join('\n');
};

const stringify = (thing: unknown): string => {
  try {
    return JSON.stringify(thing);
  } catch {
    return 'circular';
  }
};

const expectNoSecret = (text: string): void => {
  for (const form of secretForms) if (text.includes(form)) throw new Error(`a secret is shown: ${form}`);
};
