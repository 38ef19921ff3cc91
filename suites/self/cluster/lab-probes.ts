import { execa } from 'execa';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Lane, ObjectName, PodRequest } from '../../../helpers/cluster/cluster.ts';
import { idOf, type ContainerPort, type Pod } from '../../../helpers/kube/world.ts';
import type { Observation } from '../../../helpers/matrix/matrix.ts';
import type { ProbeRequest } from '../../../helpers/probe/link.ts';
import { openLinks, type Links } from '../../../helpers/probe/pods.ts';
import { poll } from '../../../helpers/wait.ts';

export const ports: ContainerPort[] = [
  { name: 'serve-80', protocol: 'TCP', port: 80 },
  { name: 'serve-80-udp', protocol: 'UDP', port: 80 },
];

/** `x/a` on node 0, `x/b` on node 1, ... as requests for standing pods. */
export const standing = (...ids: string[]): PodRequest[] =>
  ids.map((id, index) => {
    const [namespace = '', name = ''] = id.split('/');
    return { namespace, name, labels: { pod: name }, ports, node: index % 2 };
  });

export const nine = standing('x/a', 'x/b', 'x/c', 'y/a', 'y/b', 'y/c', 'z/a', 'z/b', 'z/c');

/** Opens links to all pods of the lane. */
export const linkAll = async (lane: Lane): Promise<Links> => openLinks(lane, (await lane.world()).pods);

export const podOf = async (lane: Lane, { namespace, name }: ObjectName): Promise<Pod> => {
  const found = (await lane.world()).pods.find((pod) => pod.namespace === namespace && pod.name === name);
  if (found === undefined) throw new Error(`no pod ${namespace}/${name}`);
  return found;
};

/** TCP and UDP 80 at each of these addresses. */
export const requestsFor = (addresses: readonly string[], deadline = 1_000): ProbeRequest[] =>
  addresses.flatMap((host) =>
    (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, host, port: 80, deadline })),
  );

/** Every pod at every pod, itself included, in both families: outcome -> how often. */
export const probeMesh = async (lane: Lane, links: Links): Promise<Record<string, number>> => {
  const { pods } = await lane.world();
  const counts: Record<string, number> = {};
  await Promise.all(
    pods.map(async (from) => {
      const asked = pods.flatMap((to) => requestsFor(to.addresses).map((request) => ({ to, request })));
      const seen = await links.probe(
        idOf(from),
        asked.map(({ request }) => request),
      );
      for (const [index, { to, request }] of asked.entries()) {
        const key = describeCell(from, to, request, seen[index]);
        counts[key] = (counts[key] ?? 0) + 1;
      }
    }),
  );
  return counts;
};

/** A connected cell counts as such only where the right pod answered and saw the true source. */
const describeCell = (from: Pod, to: Pod, { host }: ProbeRequest, seen: Observation | undefined): string => {
  if (seen?.outcome !== 'connected') return `${seen?.outcome} ${seen?.detail ?? ''}`;
  if (seen.answeredBy !== idOf(to)) return `answered by ${seen.answeredBy}`;
  const own = from.addresses.find((address) => address.includes(':') === host.includes(':'));
  return seen.sourceSeen === own ? 'connected' : `saw ${seen.sourceSeen} for ${own}`;
};

type Process = { pid: number; parent: number; command: string };

const readProcesses = (): Process[] =>
  readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const [, parent = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { pid: Number(entry), parent: Number(parent), command };
    } catch {
      return [];
    }
  });

/** The processes that this one started, and those that they started. */
export const descendantsOf = (pid: number): Process[] => {
  const all = readProcesses();
  const found = new Set([pid]);
  // Parents may have higher numbers than their children, so until nothing is new.
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const process of all) if (found.has(process.parent)) found.add(process.pid);
  }
  return all.filter((process) => process.pid !== pid && found.has(process.pid));
};

/** The namespaces of these processes, as `net:[4026532008]`. */
export const namespacesOf = (pids: readonly number[]): Set<string> =>
  new Set(
    pids.flatMap((pid) =>
      ['net', 'mnt', 'pid'].flatMap((kind) => {
        try {
          return readlinkSync(`/proc/${pid}/ns/${kind}`);
        } catch {
          return [];
        }
      }),
    ),
  );

/** The namespaces that any process of this machine is in. */
export const livingNamespaces = (): Set<string> => namespacesOf(readProcesses().map(({ pid }) => pid));

export const findProcess = (pattern: RegExp, root = process.pid): Process => {
  const found = descendantsOf(root).findLast(({ command }) => pattern.test(command));
  if (found === undefined) throw new Error(`no process ${pattern}`);
  return found;
};

/** The shell that holds the lab. */
export const holderPattern = /^sh -c set -e\nmount/;

/** Runs a shell script inside the only lab of this process. */
export const runInLab = async (script: string): Promise<string> => {
  const rootless = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const { pid } = findProcess(holderPattern);
  const flags = ['--target', String(pid), '--net', '--mount', '--pid', ...rootless];
  const { stdout } = await execa('nsenter', [...flags, 'sh', '-e'], { input: script });
  return stdout;
};

export const until = (what: string, check: () => boolean | Promise<boolean>): Promise<true> =>
  poll(async () => (await check()) || undefined, {
    deadline: 10_000,
    interval: 20,
    failure: () => new Error(`it never came true that ${what}`),
  });
