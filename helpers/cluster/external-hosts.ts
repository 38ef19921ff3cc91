import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { ClusterError } from '../errors.ts';
import { idOf, type Pod } from '../kube/world.ts';
import { poll, settleAll } from '../wait.ts';
import type { AgentStream, ExternalHostRequest, ObjectName } from './cluster.ts';
import { createHostContainer, removeHostContainer, routeToContainer } from './host-container.ts';
import type { HostNetwork } from './host-container.ts';
import { lastWords } from './programs.ts';

/**
 * Hosts outside the cluster, shared by all lanes: one host has one address, so two lanes that ask for the same host
 * share it, and one that asks for another host with an address in use waits. `owner` tells the lanes apart.
 */
export type ExternalHosts = AsyncDisposable & {
  acquire(owner: object, request: ExternalHostRequest): Promise<void>;
  release(owner: object, name: ObjectName): void;
  releaseAll(owner: object): void;
  has(owner: object, name: ObjectName): boolean;
  pods(owner: object): Pod[];
  connect(owner: object, name: ObjectName): Promise<AgentStream>;
  /** For a node that has booted, and knows no way to the hosts any more. */
  routeAgain(): Promise<void>;
};

type Host = {
  key: string;
  request: ExternalHostRequest;
  container: string;
  users: Set<object>;
  ready: Promise<void>;
};

const patience = 300_000;

export const createExternalHosts = (network: HostNetwork): ExternalHosts => {
  const hosts = new Set<Host>();
  let number = 0;

  const find = (owner: object, name: ObjectName): Host | undefined =>
    [...hosts].find(({ users, request }) => users.has(owner) && idOf(request) === idOf(name));

  const discard = async (host: Host): Promise<void> => {
    hosts.delete(host);
    await host.ready.catch(() => {});
    await removeHostContainer(network, host.container, host.request.addresses);
  };

  const create = (
    owner: object,
    key: string,
    request: ExternalHostRequest,
    before: Promise<unknown>,
  ): Host => {
    number += 1;
    const container = `netpol-${network.run}-host-${number}`;
    const ready = before.then(() => createHostContainer(network, container, request));
    const host = { key, request, container, users: new Set([owner]), ready };
    hosts.add(host);
    return host;
  };

  // Synchronous from the look to the entry, so that two lanes never make the same host twice.
  const take = (owner: object, request: ExternalHostRequest): Host | undefined => {
    const key = JSON.stringify([idOf(request), request.addresses, request.ports]);
    const rivals = [...hosts].filter(({ request: { addresses } }) =>
      addresses.some((address) => request.addresses.includes(address)),
    );
    const same = rivals.find((host) => host.key === key);
    if (same !== undefined) {
      same.users.add(owner);
      return same;
    }
    if (rivals.some(({ users }) => users.size > 0)) return undefined;
    return create(owner, key, request, settleAll(rivals.map(discard)));
  };

  return {
    acquire: async (owner, request) => {
      const failure = (): Error =>
        new ClusterError({
          subject: `no external host ${idOf(request)}`,
          wanted: `the addresses ${request.addresses.join(', ')}`,
          got: `another lane has used them for ${patience / 1000} s`,
          next: 'run fewer lanes (`--lanes 1`)',
        });
      const host = await poll(async () => take(owner, request), { deadline: patience, failure });
      try {
        await host.ready;
      } catch (error) {
        await discard(host).catch(() => {});
        throw error;
      }
    },
    release: (owner, name) => void find(owner, name)?.users.delete(owner),
    releaseAll: (owner) => {
      for (const { users } of hosts) users.delete(owner);
    },
    has: (owner, name) => find(owner, name) !== undefined,
    pods: (owner) =>
      [...hosts]
        .filter(({ users }) => users.has(owner))
        .map(({ request: { namespace, name, addresses, ports } }) => ({
          namespace,
          name,
          labels: {},
          addresses,
          ports,
          node: '',
          external: true,
        })),
    connect: async (owner, name) => {
      const host = find(owner, name);
      if (host === undefined) throw new ClusterError({ subject: `no external host ${idOf(name)}` });
      return openContainerStream(host.container);
    },
    routeAgain: async () => {
      const routes = [...hosts].map(async ({ ready, container, request: { addresses } }) => {
        await ready;
        await routeToContainer(network, container, addresses);
      });
      await settleAll(routes);
    },
    [Symbol.asyncDispose]: async () => {
      await settleAll([...hosts].map(discard));
      await network.restoreNodes();
    },
  };
};

const openContainerStream = (container: string): AgentStream => {
  const child = execa('docker', ['exec', '-i', container, 'node', '/agent.mjs', 'probe'], {
    reject: false,
    buffer: { stdout: false, stderr: true },
    maxBuffer: 10_000,
  });
  const lines = createInterface({ input: child.stdout });
  const waiting: string[] = [];
  let deliver = (line: string): void => void waiting.push(line);
  lines.on('line', (line) => deliver(line));
  // A write to an agent that has just ended is told by `closed`.
  child.stdin.on('error', () => {});
  const closed = child.then(({ exitCode, stderr }) =>
    [`the agent ended with ${exitCode ?? 'a signal'}`, lastWords(stderr)].filter(Boolean).join('; it said: '),
  );
  return {
    send: (line) => void (child.stdin.writable && child.stdin.write(`${line}\n`)),
    onLine: (listener) => {
      deliver = listener;
      for (const line of waiting.splice(0)) listener(line);
    },
    closed,
    close: () => {
      child.stdin.end();
      child.kill();
    },
  };
};
