import { release } from 'node:os';
import { ClusterError, EnvironmentError, messageOf } from '../../errors.ts';
import type { Labels } from '../../kube/types.ts';
import type { Node, World } from '../../kube/world.ts';
import { noNextPlugin, type Cluster, type StartOptions } from '../cluster.ts';
import { createNumbers, maximumLanes, nodes } from './addresses.ts';
import { startHolder, type Holder } from './holder.ts';
import { createLane, type LabLane } from './lane.ts';
import { buildNetwork } from './network.ts';
import { parsePlugins, startPlugin, type PluginFlags } from './plugin.ts';
import { requireLinux, requirePrograms } from './programs.ts';
import { renderServices } from './services.ts';

const noApiServer = 'the lab has no API server';
const noBoot = 'the nodes of the lab do not boot';

/**
 * A cluster of network namespaces on this machine: two pretended nodes, IPv4 and IPv6, real packets, no Kubernetes API.
 * Nothing of it outlives this process, however that ends.
 * @throws UsageError for a plugin that the lab does not have
 * @throws EnvironmentError where this machine lacks programs, rights or kernel features, with the command that helps
 */
export const startLab = async (options: StartOptions): Promise<Cluster> => {
  const versions = parsePlugins(options.plugin, options.pluginNext);
  requireLinux();
  requirePrograms();
  const holder = await startHolder();
  try {
    const programs = await build(holder);
    options.log(`lab ready: ${nodes.length} nodes, ${holder.rootless ? 'in a user namespace' : 'as root'}`);
    return createCluster(holder, options, versions, programs);
  } catch (error) {
    await holder[Symbol.asyncDispose]();
    throw error;
  }
};

const createCluster = (
  holder: Holder,
  { plugin: pluginName, pluginNext = '', log }: StartOptions,
  flags: PluginFlags,
  programs: Record<string, string>,
): Cluster => {
  const lanes = new Map<number, LabLane>();
  const serviceNumbers = createNumbers(10, 60_000);
  const nodePorts = createNumbers(30_000, 32_767);
  const nodeLabels = new Map<string, Labels>(nodes.map(({ name, labels }) => [name, labels]));
  let lastLink = 0;
  let isStopping = false;

  const readNodes = (): Required<Node>[] =>
    nodes.map(({ name, addresses, labels }) => ({
      name,
      addresses: [...addresses],
      labels: nodeLabels.get(name) ?? labels,
    }));
  const readWorld = (): World => {
    const worlds = [...lanes.values()].map((lane) => lane.readWorld());
    return {
      nodes: readNodes(),
      namespaces: worlds.flatMap(({ namespaces }) => namespaces),
      pods: worlds.flatMap(({ pods }) => pods),
      services: worlds.flatMap(({ services }) => services),
      policies: worlds.flatMap(({ policies }) => policies),
      adminPolicies: worlds.flatMap(({ adminPolicies = [] }) => adminPolicies),
    };
  };
  const plugin = startPlugin(holder, flags, readWorld, log);
  const updateServices = createServiceUpdates(holder, readWorld);
  void holder.ended.then((reason) => {
    if (!isStopping) log(`the lab is gone: its holding process ${reason}`);
  });

  const evidence = async (): Promise<Record<string, string>> => {
    const rules = nodes.map(async ({ name }): Promise<[string, string]> => {
      const text = await holder.run('read rules', `ip netns exec ${name} nft list ruleset`).catch(messageOf);
      return [`nft-${name}.txt`, `${text}\n`];
    });
    return { ...Object.fromEntries(await Promise.all(rules)), ...plugin.evidence() };
  };

  return {
    environment: {
      provider: 'lab',
      plugin: pluginName,
      families: ['IPv4', 'IPv6'],
      nodes: nodes.length,
      versions: { ...programs, ...(pluginNext !== '' && { 'plugin next': pluginNext }) },
    },
    lacks: {
      ...(pluginNext === '' && { 'plugin-upgrade': noNextPlugin }),
      kubelet: 'the lab has no kubelet',
      'service-names': 'the lab has no DNS',
      api: noApiServer,
      'node-operations': noBoot,
      'api-server-operations': noApiServer,
    },
    commandEnvironment: { NETPOL_LAB: holder.enter },
    operatePlugin: plugin.operate,
    outage: async (what, meanwhile) => {
      if (what.part !== 'plugin')
        throw new ClusterError({ subject: what.part === 'node' ? noBoot : noApiServer });
      await plugin.outage(what.node, meanwhile);
    },
    maximumLanes,
    openLane: async (index, standing, guests) => {
      if (!Number.isInteger(index) || index < 0 || index >= maximumLanes || lanes.has(index))
        throw new ClusterError({
          subject: 'lab: cannot open lane',
          wanted: `a number from 0 to ${maximumLanes - 1} that is not open`,
          got: `${index}`,
        });
      const names = [...new Set(standing.map(({ namespace }) => namespace))];
      const surroundings = {
        holder,
        takeLink: () => (lastLink += 1),
        takeServiceNumber: serviceNumbers.take,
        freeServiceNumber: serviceNumbers.free,
        takeNodePort: nodePorts.take,
        freeNodePort: nodePorts.free,
        changed: () => plugin.changed(),
        readNodes,
        labelNode: (node: string, labels: Labels) => void nodeLabels.set(node, labels),
        updateServices,
        evidence,
        closed: () => lanes.delete(index),
      };
      const opened = createLane(index, names, surroundings, guests);
      lanes.set(index, opened);
      await opened.open(standing);
      return opened.lane;
    },
    [Symbol.asyncDispose]: async () => {
      isStopping = true;
      plugin.stop();
      await holder[Symbol.asyncDispose]();
    },
  };
};

/** Applies the Services to the nodes, one update after the other, and only where something changed. */
const createServiceUpdates = (holder: Holder, readWorld: () => World): (() => Promise<void>) => {
  const applied = new Map<string, string>(
    nodes.map(({ name }, node) => [name, renderServices([], [], node)]),
  );
  let last: Promise<void> = Promise.resolve();
  const update = async (): Promise<void> => {
    const { services, pods } = readWorld();
    const stale = nodes
      .map(({ name }, node) => ({ name, text: renderServices(services, pods, node) }))
      .filter(({ name, text }) => applied.get(name) !== text);
    if (stale.length === 0) return;
    await holder.run('update services', stale.map(({ name, text }) => loadRules(name, text)).join('\n'));
    for (const { name, text } of stale) applied.set(name, text);
  };
  return () => {
    last = last.catch(() => {}).then(update);
    return last;
  };
};

const loadRules = (node: string, text: string): string =>
  `ip netns exec ${node} nft -f - <<'END'\n${text}END`;

/** Builds nodes and fabric, tries what Services need of nftables, and gives the versions of all that takes part. */
const build = async (holder: Holder): Promise<Record<string, string>> => {
  const rules = nodes.map(({ name }, node) => loadRules(name, renderServices([], [], node)));
  const script = [buildNetwork(), ...rules, 'ip -V', 'nft --version'].join('\n');
  const output = await holder.run('build the network', script).catch((error: unknown) => {
    throw new EnvironmentError({
      subject: 'the lab cannot build its network on this machine',
      wanted:
        'a kernel with veth, bridge, nf_tables, nft_nat and connection tracking, and a writable /proc/sys/net',
      got: error instanceof ClusterError ? (error.complaint.got ?? error.message) : messageOf(error),
      next: `${holder.rootless ? 'sudo ' : ''}modprobe -a veth bridge nf_tables nft_chain_nat nft_numgen nft_reject_inet`,
    });
  });
  const versionIn = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? 'unknown';
  return {
    kernel: release(),
    node: process.versions.node,
    iproute2: versionIn(/iproute2-(\S+?),?(?:\s|$)/),
    nft: versionIn(/nftables v(\S+)/),
  };
};
