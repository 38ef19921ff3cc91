import { readFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { IncomingMessage } from 'node:http';

/** An API server. Token and authority are read anew for each request, because the kubelet rotates them. */
export type Server = { url: string; token: () => string; authority: () => string | undefined };

/** The server answered, but not with what was asked for. */
export class StatusError extends Error {
  readonly status: number;

  constructor(path: string, status: number, reason: string) {
    super(`${path}: the API server answered ${status} ${reason}`.trim());
    this.status = status;
  }
}

const longestLine = 8 * 2 ** 20;
const directory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API server as a pod sees it. */
export const findServer = (): Server => {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined) throw new Error('`--feed api` needs KUBERNETES_SERVICE_HOST: it runs inside a pod');
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${process.env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    token: () => readFileSync(`${directory}/token`, 'utf8').trim(),
    authority: () => readFileSync(`${directory}/ca.crt`, 'utf8'),
  };
};

/**
 * GETs a path and yields the lines of the answer as they come.
 * @param silence milliseconds without a byte after which the connection counts as lost
 * @throws StatusError when the status is not 200; Error when the connection fails or is cut
 */
export async function* readLines(
  server: Server,
  path: string,
  { silence, signal }: { silence: number; signal: AbortSignal },
): AsyncGenerator<string> {
  const response = await open(server, path, { silence, signal });
  response.setEncoding('utf8');
  try {
    if (response.statusCode !== 200)
      throw new StatusError(path, response.statusCode ?? 0, response.statusMessage ?? '');
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine)
        throw new Error(`${path}: a line of more than ${longestLine} characters`);
      yield* lines;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    if (response.errored === null) throw error;
    throw new Error(`${path}: the connection was cut`, { cause: error });
  } finally {
    response.destroy();
  }
}

/**
 * PATCHes a path and forgets the answer.
 * @throws StatusError when the status is not 200; Error when the connection fails
 */
export const patch = async (
  server: Server,
  path: string,
  body: string,
  { type, silence }: { type: string; silence: number },
): Promise<void> => {
  const request = { silence, signal: AbortSignal.timeout(2 * silence), method: 'PATCH', type, body };
  const response = await open(server, path, request);
  response.resume();
  if (response.statusCode !== 200)
    throw new StatusError(path, response.statusCode ?? 0, response.statusMessage ?? '');
};

type Request = { silence: number; signal: AbortSignal; method?: string; type?: string; body?: string };

const open = (
  server: Server,
  path: string,
  { silence, signal, method = 'GET', type, body }: Request,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    const headers = {
      authorization: `Bearer ${server.token()}`,
      accept: 'application/json',
      ...(type === undefined ? {} : { 'content-type': type }),
    };
    const ca = server.authority();
    const options = { method, headers, signal };
    const request =
      url.protocol === 'http:'
        ? requestPlain(url, options)
        : requestSecure(url, { ...options, ...(ca === undefined ? {} : { ca }) });
    request.setTimeout(silence, () => request.destroy(new Error('no byte for too long')));
    request.on('response', resolve);
    request.on('error', (error) => reject(new Error(`${url.pathname}: ${error.message}`)));
    request.end(body);
  });
