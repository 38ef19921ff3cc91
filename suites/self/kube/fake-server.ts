import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClient, type KubeClient } from '../../../helpers/kube/client.ts';

export type Answer = { status: number; body: unknown };
export type Request = { method: string; url: URL; contentType: string; body: string };

/** An API server on the loopback that answers what a test wants, and remembers what it was asked. */
export type FakeServer = AsyncDisposable & {
  url: string;
  requests: Request[];
  answer: (request: Request) => Answer;
  openClient: () => KubeClient;
};

export const startFakeServer = async (): Promise<FakeServer> => {
  const server = createServer((request, response) => {
    void readRequest(request).then((read) => {
      fake.requests.push(read);
      const { status, body } = fake.answer(read);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const fake: FakeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer: () => ({ status: 404, body: { kind: 'Status', message: 'not here' } }),
    openClient: () => {
      const folder = mkdtempSync(join(tmpdir(), 'netpol-client-'));
      const kubeconfig = join(folder, 'config');
      writeFileSync(kubeconfig, kubeconfigFor(fake.url), { mode: 0o600 });
      const client = openClient({ kubeconfig });
      rmSync(folder, { recursive: true });
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
};

/** A kubeconfig with contexts `here` and `there`, both of this server. */
export const kubeconfigFor = (url: string, user: object = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'me', user }],
    contexts: ['here', 'there'].map((name) => ({ name, context: { cluster: 'here', user: 'me' } })),
  });

const readRequest = async (request: IncomingMessage): Promise<Request> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    url: new URL(request.url ?? '', 'http://server'),
    contentType: request.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
};
