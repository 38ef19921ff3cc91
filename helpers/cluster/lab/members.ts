import { isIP } from 'node:net';
import { ClusterError } from '../../errors.ts';
import { idOf, type Pod } from '../../kube/world.ts';
import type { ExternalHostRequest, ObjectName, PodRequest } from '../cluster.ts';
import { canonicalAddress, createPodNumbers, nodes, podAddresses } from './addresses.ts';
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
export type Members = {
  /** Snapshots in the order of creation. A pod is among them from the moment when it has its addresses. */
  pods(): Pod[];
  createPods(requests: readonly PodRequest[]): Promise<void>;
  createHost(request: ExternalHostRequest): Promise<void>;
  /** Whether it names a pod or an external host must fit. */
  remove(name: ObjectName, kind: 'pod' | 'external host'): Promise<void>;
  removeAll(): Promise<void>;
  label(name: ObjectName, labels: Record<string, string>): void;
  agentOf(name: ObjectName): Agent;
  /** `namespace/name` -> what its agent wrote on stderr, where it wrote something. */
  complaints(): Record<string, string>;
};

type Member = { pod: Pod; netns: string; disconnect: string; agent: Agent | undefined; release: () => void };

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

  const planPod = ({ namespace, name, labels, ports, node: wanted }: PodRequest) => {
    refuseDuplicate({ namespace, name });
    const node = wanted % nodes.length;
    const number = numbers[node]?.take();
    if (number === undefined)
      throw new ClusterError({ subject: `lab: node${node} has no address left for ${namespace}/${name}` });
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
    };
    members.set(idOf(pod), member);
    return { link, member };
  };

  const discard = async (doomed: readonly Member[]): Promise<void> => {
    // The agents first, so that no packet of theirs meets a half-removed network.
    await Promise.all(doomed.map(async ({ agent }) => agent?.stop()));
    for (const { pod } of doomed) members.delete(idOf(pod));
    if (!holder.hasEnded() && doomed.length > 0)
      await holder.run('remove pods', doomed.map(({ disconnect }) => disconnect).join('\n'));
    for (const { release } of doomed) release();
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
        fresh.map((member) => ({ ...member, disconnect: `{\n${member.disconnect}\n} || :` })),
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
        connectPods(plans.map(({ link }) => link)),
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
