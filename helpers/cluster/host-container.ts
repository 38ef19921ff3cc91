import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ClusterError } from '../errors.ts';
import { familyOf, idOf } from '../kube/world.ts';
import type { ExternalHostRequest } from './cluster.ts';
import { portList, runLabel } from './kubernetes-objects.ts';
import { lastWords, runProgram } from './programs.ts';

/** A node of the kind cluster: the container's name, its addresses, and the pods' subnets behind it. */
export type KindNode = { name: string; addresses: string[]; podCIDRs: string[] };

/** Where external hosts live: beside the nodes, in their docker network. */
export type HostNetwork = {
  run: string;
  owner: string;
  nodes: readonly KindNode[];
  /** The probe image, known to docker and not only to the nodes. */
  image: () => Promise<string>;
  /** Makes the nodes refuse the documentation ranges, so that nothing for a missing host leaves the machine. */
  prepareNodes: () => Promise<void>;
  restoreNodes: () => Promise<void>;
};

export const ownerLabel = 'netpol-conformance/owner';
const agentFile = fileURLToPath(new URL('../probe/agent.mjs', import.meta.url));
// A number of our own in the `proto` of our routes, so that they can be told from the plugin's and removed.
const routeProtocol = '113';
const documentationRanges = ['203.0.113.0/24', '2001:db8:113::/64'];

/**
 * Starts a container that owns these addresses, with routes to the pods through their nodes, and on each node the
 * way back. Nothing in between translates addresses; what the plugin does to them shows in the source seen.
 */
export const createHostContainer = async (
  network: HostNetwork,
  container: string,
  request: ExternalHostRequest,
): Promise<void> => {
  await network.prepareNodes();
  const image = await network.image();
  const labels = [`${runLabel}=${network.run}`, `${ownerLabel}=${network.owner}`];
  const subject = `cannot start external host ${idOf(request)}`;
  await runProgram(
    'docker',
    [
      'create',
      '--network=kind',
      '--cap-add=NET_ADMIN',
      '--user=0',
      '--sysctl=net.ipv6.conf.all.disable_ipv6=0',
      '--stop-timeout=0',
      `--name=${container}`,
      `--env=NETPOL_NAME=${idOf(request)}`,
      ...labels.map((label) => `--label=${label}`),
      '--entrypoint=sh',
      image,
      '-c',
      hostScript(network, request),
    ],
    { subject, next: 'the image needs `sh`, `ip` and Node >= 20; name another one with `--probe-image`' },
  );
  await runProgram('docker', ['cp', '--quiet', agentFile, `${container}:/agent.mjs`], { subject });
  await runProgram('docker', ['start', container], { subject });
  await waitForHello(container, subject);
  await routeToContainer(network, container, request.addresses);
};

/** Gives each node the way to the addresses of such a container, whether it has it already or not. */
export const routeToContainer = async (
  network: Pick<HostNetwork, 'nodes'>,
  container: string,
  addresses: readonly string[],
): Promise<void> => {
  const gateways = await readAddresses(container);
  await Promise.all(
    network.nodes.map(({ name }) =>
      runOnNode(
        name,
        addresses.flatMap((address) =>
          gateways
            .filter((gateway) => familyOf(gateway) === familyOf(address))
            .map((gateway) => `route replace ${address} via ${gateway} proto ${routeProtocol}`),
        ),
      ),
    ),
  );
};

export const removeHostContainer = async (
  { nodes }: HostNetwork,
  container: string,
  addresses: readonly string[],
): Promise<void> => {
  await Promise.all(
    nodes.map(({ name }) =>
      runOnNode(
        name,
        addresses.map((address) => `route del ${address} proto ${routeProtocol}`),
      ).catch(() => {}),
    ),
  );
  await runProgram('docker', ['rm', '--force', '--volumes', container]);
};

export const refuseDocumentationRanges = async (nodes: readonly KindNode[]): Promise<void> => {
  const routes = documentationRanges.map(
    (range) => `route replace unreachable ${range} metric 4278198272 proto ${routeProtocol}`,
  );
  await Promise.all(nodes.map(({ name }) => runOnNode(name, routes)));
};

export const removeOurRoutes = async (nodes: readonly string[]): Promise<void> => {
  await Promise.all(
    nodes.flatMap((node) =>
      ['-4', '-6'].map((family) =>
        runProgram('docker', ['exec', node, 'ip', family, 'route', 'flush', 'proto', routeProtocol]),
      ),
    ),
  );
};

const hostScript = (
  { nodes }: HostNetwork,
  { namespace, name, addresses, ports }: ExternalHostRequest,
): string =>
  [
    'set -e',
    ...addresses.map(
      (address) =>
        `ip ${flag(address)} address add ${withLength(address)} dev eth0${address.includes(':') ? ' nodad' : ''}`,
    ),
    // While duplicate address detection runs, for one to two seconds, nobody finds the way to this container over IPv6.
    'for found in $(ip -6 -o address show dev eth0 tentative | sed "s/.*inet6 \\([^ ]*\\).*/\\1/")',
    'do ip -6 address del $found dev eth0 && ip -6 address add $found dev eth0 nodad; done',
    // Without these routes nothing can leave but to the nodes; `src` makes our probes come from the host's address.
    'ip -4 route del default 2>/dev/null || true',
    'ip -6 route del default 2>/dev/null || true',
    ...nodes.flatMap((node) => node.podCIDRs.flatMap((subnet) => routeToPods(subnet, node, addresses))),
    `exec node /agent.mjs serve --name ${namespace}/${name} --ports ${portList(ports)}`,
  ].join('\n');

const routeToPods = (subnet: string, node: KindNode, addresses: readonly string[]): string[] => {
  const same = (address: string): boolean => familyOf(address) === familyOf(subnet);
  const [gateway, source] = [node.addresses.find(same), addresses.find(same)];
  if (gateway === undefined || source === undefined) return [];
  return [`ip ${flag(subnet)} route replace ${subnet} via ${gateway} src ${source}`];
};

const flag = (address: string): string => (familyOf(address) === 'IPv6' ? '-6' : '-4');
const withLength = (address: string): string => `${address}/${familyOf(address) === 'IPv6' ? 128 : 32}`;

const runOnNode = async (node: string, lines: readonly string[]): Promise<void> => {
  if (lines.length === 0) return;
  const input = `${lines.join('\n')}\n`;
  await runProgram('docker', ['exec', '-i', node, 'ip', '-batch', '-'], {
    input,
    subject: `cannot change the routes of node ${node}`,
  });
};

const readAddresses = async (container: string): Promise<string[]> => {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}';
  const output = await runProgram('docker', ['inspect', '--format', format, container]);
  return output.split(' ').filter((address) => address.trim() !== '');
};

const helloDeadline = 20_000;

const waitForHello = async (container: string, subject: string): Promise<void> => {
  const following = execa('docker', ['logs', '--follow', container], {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: helloDeadline,
  });
  for await (const line of following.iterable({ from: 'all' })) {
    if (!line.includes('"hello"')) continue;
    following.kill();
    return;
  }
  const { all, timedOut } = await following;
  const got = timedOut ? `nothing of it in ${helloDeadline / 1000} s` : 'its end';
  throw new ClusterError({
    subject,
    wanted: "the agent's first line",
    got: [got, lastWords(all)].filter(Boolean).join(': '),
  });
};
