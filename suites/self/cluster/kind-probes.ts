import { execa } from 'execa';
import type { Context } from 'mocha';
import type { Cluster, Lane, ObjectName, PodRequest } from '../../../helpers/cluster/cluster.ts';
import { poll } from '../../../helpers/wait.ts';

const ports = [
  { name: 'serve-80', protocol: 'TCP' as const, port: 80 },
  { name: 'serve-80-udp', protocol: 'UDP' as const, port: 80 },
];
export const externalPorts = ports;

/** Pods x/a on the first node, x/b and y/a on the second. */
export const standing: PodRequest[] = [
  { namespace: 'x', name: 'a', labels: { pod: 'a' }, ports, node: 0 },
  { namespace: 'x', name: 'b', labels: { pod: 'b' }, ports, node: 1 },
  { namespace: 'y', name: 'a', labels: { pod: 'a' }, ports, node: 1 },
];

/** What the machine that runs the tests says about images, as the command line would read it. */
export const images = {
  kindImage: process.env['NETPOL_KIND_IMAGE'] ?? '',
  probeImage: process.env['NETPOL_PROBE_IMAGE'] ?? '',
};

/** The same as the environment of a command. */
export const kindImages = {
  NETPOL_KIND_IMAGE: images.kindImage,
  NETPOL_PROBE_IMAGE: images.probeImage,
};

/** Skips, with the reason in the title, where docker or kind does not answer. */
export const needKind = async function (this: Context): Promise<void> {
  for (const [program, ...parameters] of [
    ['docker', 'info'],
    ['kind', 'version'],
  ] as const) {
    const { failed } = await execa(program, parameters, { reject: false, timeout: 10_000 });
    if (!failed) continue;
    if (this.test !== undefined) this.test.title += ` (skipped: ${program} does not answer here)`;
    this.skip();
  }
};

export type Answer = { outcome: string; answeredBy?: string; sourceSeen?: string };

/** Asks each host once, TCP port 80, from a pod or external host. */
const probe = async (lane: Lane, from: ObjectName, hosts: readonly string[]): Promise<Answer[]> => {
  const stream = await lane.connect(from);
  const answer = Promise.withResolvers<Answer[]>();
  stream.onLine((line) => {
    const { id, results } = JSON.parse(line) as { id?: number; results?: Answer[] };
    if (id === 1 && results !== undefined) answer.resolve(results);
  });
  void stream.closed.then((reason) => answer.reject(new Error(reason)));
  const probes = hosts.map((host) => ({ protocol: 'TCP', host, port: 80, deadline: 1000 }));
  stream.send(JSON.stringify({ id: 1, probes }));
  const results = await answer.promise;
  stream.close();
  return results;
};

/** Asks until the outcomes are as wanted, because policies and routes take effect in their own time. */
export const probeUntil = async (
  lane: Lane,
  from: ObjectName,
  hosts: readonly string[],
  outcomes: readonly string[],
): Promise<Answer[]> => {
  let last: Answer[] = [];
  const ask = async (): Promise<Answer[] | undefined> => {
    last = await probe(lane, from, hosts);
    return last.every(({ outcome }, index) => outcome === outcomes[index]) ? last : undefined;
  };
  const failure = (): Error =>
    new Error(`wanted ${outcomes.join(', ')}, got ${last.map(({ outcome }) => outcome).join(', ')}`);
  return poll(ask, { deadline: 20_000, failure });
};

/** Real name and addresses of a pod that the test calls `x/a`. */
export const findPod = async (
  lane: Lane,
  short: string,
): Promise<ObjectName & { addresses: string[]; node: string }> => {
  const [namespace = '', name] = short.split('/');
  const { pods } = await lane.world();
  const pod = pods.find((pod) => pod.namespace === lane.namespaceNames[namespace] && pod.name === name);
  if (pod === undefined) throw new Error(`no pod ${short} in this lane`);
  return pod;
};

export const openStanding = (cluster: Cluster, index = 0): Promise<Lane> => cluster.openLane(index, standing);
