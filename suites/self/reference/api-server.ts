import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export type Watch = { path: string; version: string; response: ServerResponse };

/**
 * A small API server: `objects` is what a list answers, and `missing` are paths that it does not serve; watches stay
 * open until the test writes to them. `patches` keeps what was sent, with the path.
 */
export const startServer = async () => {
  const objects: Record<string, object[]> = {};
  const watches: Watch[] = [];
  const asked: string[] = [];
  const patches: { path: string; type: string; body: string }[] = [];
  const missing = new Set<string>();
  const status = { code: 200 };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    asked.push(
      `${request.headers.authorization} ${url.pathname}${url.searchParams.has('watch') ? ' watch' : ''}`,
    );
    response.statusCode = missing.has(url.pathname) ? 404 : status.code;
    if (request.method === 'PATCH') {
      void keepPatch(request, patches).then(() => response.end('{}'));
    } else if (response.statusCode !== 200) {
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
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, objects, watches, asked, patches, missing, status, stop };
};

const keepPatch = async (
  request: IncomingMessage,
  patches: { path: string; type: string; body: string }[],
): Promise<void> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  patches.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body });
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
