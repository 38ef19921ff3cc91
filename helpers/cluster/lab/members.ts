import { isIP } from 'node:net';
import { ClusterError } from '../../errors.ts';
import { idOf, type Pod } from '../../kube/world.ts';
import type { ExternalHostRequest, ObjectName, PodRequest } from '../cluster.ts';
import { canonicalAddress, createPodNumbers, nodes, numberOfPod, podAddresses } from './addresses.ts';
import type { LabNode } from './addresses.ts';
import { startAgent, type Agent } from './agents.ts';
import type { Holder } from './holder.ts';
import {
  connectHost,
  connectPods,
  disconnectHost,
  disconnectPod,
  type HostLink,
  type PodLink,
} from './network.ts';

/** The pods and external hosts of one lane: network namespaces with an agent each. */
type Members = {
  /** Snapshots in the order of creation. A pod is among them from the moment when it has its addresses. */
  pods(): Pod[];
  createPods(requests: readonly PodRequest[]): Promise<void>;
  createHost(request: ExternalHostRequest): Promise<void>;
  /** Ends a pod's process and takes its network away; the pod stays. Only for pods that were to complete. */
  complete(name: ObjectName): Promise<void>;
  /** Whether it names a pod or an external host must fit. */
  remove(name: ObjectName, kind: 'pod' | 'external host'): Promise<void>;
  removeAll(): Promise<void>;
  label(name: ObjectName, labels: Record<string, string>): void;
  agentOf(name: ObjectName): Agent;
  /** `namespace/name` -> what its agent wrote on stderr, where it wrote something. */
  complaints(): Record<string, string>;
};

type Member = {
  pod: Pod;
  netns: string;
  /** A script; empty where nothing is connected any more. */
  disconnect: string;
  agent: Agent | undefined;
  release: () => void;
  completes?: boolean;
};

/**
 * @param takeLink gives a number that no other interface of the lab has
 * @param changed is called after each change of what `pods()` tells
 */
export const createMembers = (
  holder: Holder,
  lane: number,
  takeLink: () => number,
  changed: () => void,
): Members => {
  const members = new Map<string, Member>();
  const numbers = nodes.map(() => createPodNumbers(lane));

  const refuseDuplicate = (name: ObjectName): void => {
    if (members.has(idOf(name))) throw new ClusterError({ subject: `lab: ${idOf(name)} exists already` });
  };

  const find = (name: ObjectName): Member => {
    const found = members.get(idOf(name));
    if (found !== undefined) return found;
    throw new ClusterError({ subject: `lab: there is no ${idOf(name)} in lane ${lane}` });
  };

  const takeNumber = (node: number, { namespace, name, addresses: chosen }: PodRequest): number => {
    const number = chosen === undefined ? numbers[node]?.take() : numberOfPod(node, chosen);
    if (number !== undefined && (chosen === undefined || numbers[node]?.claim(number))) return number;
    const got = chosen === undefined ? 'no address left' : `no free ${chosen.join(' and ')}`;
    throw new ClusterError({ subject: `lab: node${node} has ${got} for ${namespace}/${name}` });
  };

  /** A pod in the host network is but an agent in the network namespace of its node. */
  const planHostPod = ({ namespace, name, labels, ports, completes = false }: PodRequest, node: LabNode) => {
    const addresses = [...node.addresses];
    const pod: Pod = { namespace, name, labels, addresses, ports, node: node.name, hostNetwork: true };
    const member: Member = {
      pod,
      netns: node.name,
      disconnect: '',
      agent: undefined,
      release: () => {},
      completes,
    };
    members.set(idOf(pod), member);
    return { member };
  };

  const planPod = (request: PodRequest): { link?: PodLink; member: Member } => {
    const { namespace, name, labels, ports, completes = false } = request;
    refuseDuplicate({ namespace, name });
    const node = request.node % nodes.length;
    const host = nodes[node];
    if (request.hostNetwork === true && host !== undefined) return planHostPod(request, host);
    const number = takeNumber(node, request);
    const addresses = podAddresses(node, number);
    const link: PodLink = { netns: `${namespace}.${name}`, node, number: takeLink(), addresses };
    const pod: Pod = { namespace, name, labels, addresses, ports, node: `node${node}` };
    const release = (): void => numbers[node]?.free(number);
    const member: Member = {
      pod,
      netns: link.netns,
      disconnect: disconnectPod(link),
      agent: undefined,
      release,
      completes,
    };
    members.set(idOf(pod), member);
    return { link, member };
  };

  const stopAgents = async (doomed: readonly Member[]): Promise<void> => {
    await Promise.all(doomed.map(async ({ agent }) => agent?.stop()));
  };

  /** Takes networks away and frees the addresses. The agents end before, so that no packet meets half a network. */
  const unplug = async (doomed: readonly Member[]): Promise<void> => {
    const script = doomed.map(({ disconnect }) => disconnect).filter((part) => part !== '');
    if (!holder.hasEnded() && script.length > 0) await holder.run('remove pods', script.join('\n'));
    for (const { release } of doomed) release();
  };

  const discard = async (doomed: readonly Member[]): Promise<void> => {
    await stopAgents(doomed);
    for (const { pod } of doomed) members.delete(idOf(pod));
    await unplug(doomed);
    changed();
  };

  /** Connects the new members, lets the plugin know of them, and waits for their agents. */
  const bring = async (fresh: readonly Member[], connection: string): Promise<void> => {
    try {
      await holder.run(`connect ${fresh.map(({ pod }) => idOf(pod)).join(' ')}`, connection);
      for (const member of fresh)
        member.agent = startAgent(holder, member.netns, idOf(member.pod), member.pod.ports);
      changed();
      await Promise.all(fresh.map(async ({ agent }) => agent?.ready()));
    } catch (error) {
      await discard(
        fresh.map((member) => ({
          ...member,
          disconnect: member.disconnect === '' ? '' : `{\n${member.disconnect}\n} || :`,
        })),
      ).catch(() => {});
      throw error;
    }
  };

  return {
    pods: () =>
      [...members.values()].flatMap(({ pod, agent }) => (agent === undefined ? [] : structuredClone(pod))),
    createPods: async (requests) => {
      const plans: ReturnType<typeof planPod>[] = [];
      try {
        for (const request of requests) plans.push(planPod(request));
      } catch (error) {
        for (const { member } of plans) {
          members.delete(idOf(member.pod));
          member.release();
        }
        throw error;
      }
      await bring(
        plans.map(({ member }) => member),
        connectPods(plans.flatMap(({ link }) => (link === undefined ? [] : link))),
      );
    },
    createHost: async ({ namespace, name, addresses: written, ports }) => {
      refuseDuplicate({ namespace, name });
      const wrong = written.find((address) => isIP(address) === 0);
      if (wrong !== undefined || written.length === 0)
        throw new ClusterError({
          subject: `lab: external host ${namespace}/${name}`,
          wanted: 'addresses',
          got: wrong ?? 'none',
        });
      const addresses = written.map(canonicalAddress);
      const netns = `lane${lane}.${namespace}.${name}`;
      const link: HostLink = { netns, lane, number: takeLink(), addresses };
      const pod: Pod = { namespace, name, labels: {}, addresses, ports, node: '', external: true };
      const member: Member = {
        pod,
        netns,
        disconnect: disconnectHost(link),
        agent: undefined,
        release: () => {},
      };
      members.set(idOf(pod), member);
      await bring([member], connectHost(link));
    },
    complete: async (name) => {
      const member = find(name);
      if (member.completes !== true || member.pod.phase !== undefined)
        throw new ClusterError({
          subject: `lab: ${idOf(name)} cannot complete`,
          wanted: 'a running pod that was created with `completes`',
        });
      await stopAgents([member]);
      await unplug([member]);
      Object.assign(member, { disconnect: '', release: () => {} });
      member.pod.phase = 'Succeeded';
      changed();
    },
    remove: async (name, kind) => {
      const member = members.get(idOf(name));
      if (member === undefined) return;
      if ((member.pod.external === true) !== (kind === 'external host'))
        throw new ClusterError({ subject: `lab: ${idOf(name)} is no ${kind}` });
      await discard([member]);
    },
    removeAll: () => discard([...members.values()]),
    label: (name, labels) => {
      find(name).pod.labels = { ...labels };
      changed();
    },
    agentOf: (name) => {
      const { agent } = find(name);
      if (agent === undefined) throw new ClusterError({ subject: `lab: ${idOf(name)} does not run yet` });
      return agent;
    },
    complaints: () =>
      Object.fromEntries(
        [...members].flatMap(([id, { agent }]) => {
          const text = agent?.complaints() ?? '';
          return text === '' ? [] : [[id, text]];
        }),
      ),
  };
};
