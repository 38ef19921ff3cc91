import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { runProgram } from './apply.ts';
import type { Node, State } from './state.ts';

/** What a node needs so that its pods have addresses and reach those of other nodes. */
export type Connection = { podCIDRs: string[]; routes: { subnet: string; gateway: string }[] };

type ConnectOptions = {
  configurationDirectory?: string;
  programDirectory?: string;
  /** Runs `ip -batch -` on these lines. */
  runRoutes?: (lines: string) => Promise<void>;
  prepareNode?: () => void;
};

/** The connection of one node as text that is equal when nothing changes; undefined while the node has no podCIDRs. */
export const describeConnection = ({ nodes }: State, name: string): string | undefined => {
  const own = nodes.find((node) => node.name === name);
  if (own === undefined || own.podCIDRs.length === 0) return undefined;
  const others = nodes.filter((node) => node.name !== name);
  const connection: Connection = { podCIDRs: own.podCIDRs, routes: others.flatMap(routesTo) };
  return JSON.stringify(connection);
};

/**
 * Returns the function that puts a described connection in force: the node's settings, routes, and at last the CNI
 * configuration, because the kubelet starts pods as soon as that is there.
 */
export const createConnector = ({
  configurationDirectory = '/etc/cni/net.d',
  programDirectory = '/opt/cni/bin',
  runRoutes = (lines) => runProgram('ip', ['-batch', '-'], lines),
  prepareNode = changeSettings,
}: ConnectOptions = {}): ((description: string) => Promise<void>) => {
  let subnets: string[] = [];
  return async (description) => {
    const { podCIDRs, routes }: Connection = JSON.parse(description);
    prepareNode();
    const wanted = routes.map(({ subnet }) => subnet);
    const gone = subnets.filter((subnet) => !wanted.includes(subnet));
    const lines = [
      ...routes.map(({ subnet, gateway }) => `route replace ${subnet} via ${gateway}\n`),
      ...gone.map((subnet) => `route del ${subnet}\n`),
    ];
    if (lines.length > 0) await runRoutes(lines.join(''));
    subnets = wanted;
    writeProgram(programDirectory);
    writeConfiguration(configurationDirectory, podCIDRs);
  };
};

const routesTo = ({ addresses, podCIDRs }: Node): Connection['routes'] =>
  podCIDRs.flatMap((subnet) => {
    const gateway = addresses.find((address) => isIP(address) === isIP(subnet.split('/')[0] ?? ''));
    return gateway === undefined ? [] : [{ subnet, gateway }];
  });

/**
 * A CNI plugin for the front of the chain: interfaces that are made after it have no duplicate address detection.
 * That takes one to two seconds a pod, and host-local gives no address twice. A node that cannot do it is only slower.
 */
const noDetection = `#!/bin/sh
case "$CNI_COMMAND" in
ADD)
  nsenter --net="$CNI_NETNS" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad' 2>/dev/null
  echo '{ "cniVersion": "0.3.1", "interfaces": [], "ips": [] }'
  ;;
VERSION) echo '{ "cniVersion": "0.3.1", "supportedVersions": ["0.3.1"] }' ;;
esac
`;

const writeProgram = (directory: string): void => {
  mkdirSync(directory, { recursive: true });
  const unfinished = join(directory, '.netpol-reference');
  writeFileSync(unfinished, noDetection);
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, join(directory, 'netpol-reference'));
};

const writeConfiguration = (directory: string, podCIDRs: string[]): void => {
  const configuration = {
    cniVersion: '0.3.1',
    name: 'netpol-reference',
    plugins: [
      { type: 'netpol-reference' },
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni-ipam-state',
          routes: podCIDRs.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
          ranges: podCIDRs.map((subnet) => [{ subnet }]),
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  mkdirSync(directory, { recursive: true });
  // The kubelet must never read half a file; names with a leading dot are not read.
  const unfinished = join(directory, '.10-netpol-reference.conflist');
  writeFileSync(unfinished, `${JSON.stringify(configuration, null, 2)}\n`);
  renameSync(unfinished, join(directory, '10-netpol-reference.conflist'));
};

const changeSettings = (): void => {
  for (const setting of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'])
    writeFileSync(`/proc/sys/net/${setting}`, '1');
  // The node's ends of the pods' interfaces.
  writeFileSync('/proc/sys/net/ipv6/conf/default/accept_dad', '0');
};
