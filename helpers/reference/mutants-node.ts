import { compile } from './compile.ts';
import { changeAllows, withAddresses } from './mutant.ts';
import { nameOf } from './state.ts';
import type { Allow, PodRules } from './rules.ts';
import type { Mutant } from './mutant.ts';
import type { State } from './state.ts';

const addressesOfNodes = ({ nodes }: State): string[] => nodes.flatMap(({ addresses }) => addresses);

const hostPods = ({ pods }: State): State['pods'] =>
  pods.filter(({ hostNetwork, phase }) => hostNetwork === true && phase === undefined);

/** Adds an allowance to the pods that are isolated in this direction. */
const leaveOpen =
  (side: 'ingress' | 'egress', extra: (state: State) => Allow): NonNullable<Mutant['rules']> =>
  (pods, state) =>
    pods.map((pod) => {
      const allows = pod[side];
      return allows === undefined ? pod : { ...pod, [side]: [...allows, extra(state)] };
    });

/** Adds addresses to whatever selectors mean. */
const widenSelectors = (allows: Allow[], more: string[]): Allow[] =>
  allows.map((allow) => withAddresses(allow, (addresses) => [...addresses, ...more]));

/** The pods in the host network of all nodes as if they were others, and on this one. */
const asPods = (state: State, node: string): State => ({
  ...state,
  pods: state.pods.map((pod) => (pod.hostNetwork === true ? { ...pod, hostNetwork: false, node } : pod)),
});

/** Bugs in telling nodes from pods. */
export const nodeMutants: readonly Mutant[] = [
  {
    name: 'own-node-denied',
    sentence: 'What a node sends to its own pods is filtered like what comes from elsewhere.',
    feature: 'HostNetwork',
    killedBy: 'network-policy/nodes/own-node',
    imitates:
      'probes that policies block (kube-network-policies#65, aws-network-policy-agent#56, k3s#10030); no peer has a client in the host network',
    text: (text) => {
      const jumps = text.match(/^.* daddr .* jump .*\n/gm) ?? [];
      const lines = [
        'type filter hook output priority filter; policy accept;',
        'ct state established,related accept',
      ];
      const body = [...lines.map((line) => `\t\t${line}\n`), ...jumps].join('');
      return text.replace(/^\}\n$/m, `\tchain output {\n${body}\t}\n}\n`);
    },
  },
  {
    name: 'every-node-admitted',
    sentence: 'A pod admits all nodes as if each were its own.',
    feature: 'HostNetwork',
    killedBy: 'network-policy/nodes/own-node',
    imitates:
      'one identity for the local host and all others; what comes through a port of another node has the address of that node',
    rules: leaveOpen('ingress', (state) => ({ addresses: addressesOfNodes(state) })),
  },
  {
    name: 'replies-to-own-node-dropped',
    sentence: 'What a pod that is isolated for egress answers to its own node is dropped.',
    feature: 'NetworkPolicyEgress',
    killedBy: 'network-policy/nodes/egress-to-nodes',
    imitates: 'a hook for input that was added later than that for forwarding, without connection tracking',
    text: (text) => text.replace(/(hook input .*\n)\t\tct state .*\n/, '$1'),
  },
  {
    name: 'egress-to-nodes-open',
    sentence: 'A pod that is isolated for egress may ask every node.',
    feature: 'HostNetwork',
    killedBy: 'network-policy/nodes/egress-to-nodes',
    imitates: 'the exemption of the own node taken for one of all nodes, and with it of every port of a node',
    rules: leaveOpen('egress', (state) => ({ addresses: addressesOfNodes(state) })),
  },
  {
    name: 'host-network-matches-every-selector',
    sentence: 'Every selector also means all pods in the host network.',
    feature: 'HostNetwork',
    killedBy: 'network-policy/nodes/host-network-not-selected',
    imitates:
      'pods in the host network that share one identity; kube-network-policies tests for the leak of node addresses',
    rules: (pods, state, node) => {
      const more = hostPods(state).flatMap(({ addresses }) => addresses);
      return changeAllows((allows) => widenSelectors(allows, more))(pods, state, node);
    },
  },
  {
    name: 'host-network-subject-isolates-node',
    sentence:
      'A policy that selects a pod in the host network isolates its node, with all else that is there.',
    feature: 'HostNetwork',
    killedBy: 'network-policy/nodes/host-network-subject',
    imitates: 'the pod known by its address alone; a suite with one pod on the node does not notice',
    rules: (pods, state, node): PodRules[] => {
      const names = hostPods(state).map(nameOf);
      return [...pods, ...compile(asPods(state, node), node).filter(({ name }) => names.includes(name))];
    },
  },
  {
    name: 'port-before-translation',
    sentence: 'The port that counts is the one that was asked, before a Service translated it.',
    feature: 'Services',
    killedBy: 'network-policy/services/ingress-by-pod-port',
    imitates:
      'a filter before kube-proxy; a suite whose Services keep the port of their pods does not notice',
    text: (text) => text.replaceAll(/\b(tcp|udp|sctp) dport\b/g, 'meta l4proto $1 ct original proto-dst'),
  },
  {
    name: 'host-network-as-pods',
    sentence: 'A selector that means a pod in the host network admits the address of its node.',
    feature: 'HostNetwork',
    imitates: 'plugins that know pods by their addresses and look at hostNetwork nowhere',
    survives: 'whether a selector means a pod in the host network is not specified',
    semantics: { canBePeer: ({ phase }) => phase === undefined },
  },
  {
    name: 'node-ports-accepted',
    sentence: 'What comes through a port of a node is accepted there.',
    feature: 'NodePort',
    imitates: 'kube-proxy, which accepts what it has marked for a new source before the plugin sees it',
    survives: 'the source may be the own node of the pod, which always may pass',
    text: (text) =>
      text.replace(
        /(hook forward .*\n)/,
        '$1\t\tct status dnat meta l4proto { tcp, udp } ct original proto-dst 30000-32767 accept\n',
      ),
  },
];
