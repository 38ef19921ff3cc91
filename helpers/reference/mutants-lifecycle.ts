import { nameOf } from './state.ts';
import type { Follow, Mutant } from './mutant.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import type { Namespace, Pod, State } from './state.ts';

/** Milliseconds within which changes count as one burst. */
const burst = 150;

const namePolicy = ({ metadata }: NetworkPolicy): string => nameOf(metadata);

/** A pod that no node has is nobody's subject, but still a peer. */
const asPeerOnly = (pod: Pod): Pod => ({ ...pod, node: '' });

/** A `follow` that goes on seeing pods that are gone, until a pod of the same name comes. */
const keepGonePods =
  (change: (pod: Pod) => Pod): Follow =>
  () => {
    const known = new Map<string, Pod>();
    return (state) => {
      const living = new Set(state.pods.map(nameOf));
      const ghosts = [...known].filter(([name]) => !living.has(name)).map(([, pod]) => change(pod));
      for (const pod of state.pods) known.set(nameOf(pod), pod);
      return { ...state, pods: [...state.pods, ...ghosts] };
    };
  };

/** A `follow` that takes completed pods for running ones. */
const keepCompletedPods =
  (change: (pod: Pod) => Pod): Follow =>
  () =>
  (state) => ({
    ...state,
    pods: state.pods.map((pod) => {
      const { phase, ...rest } = pod;
      return phase === undefined ? pod : change(rest);
    }),
  });

/** What an update handler compares that looks for new peers and for new ports, each for itself. */
const describeParts = ({ spec }: NetworkPolicy): string => {
  const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  const peers = rules.flatMap((rule) => ('from' in rule ? rule.from : 'to' in rule ? rule.to : []) ?? []);
  const ports = rules.flatMap((rule) => rule.ports ?? []);
  const sets = [peers, ports].map((items) => items.map((item) => JSON.stringify(item)).toSorted());
  return JSON.stringify([spec.podSelector, spec.policyTypes, ...sets]);
};

/** Bugs with what comes and goes: pods that end, namespaces, addresses that are used again, changes that come fast. */
export const lifecycleMutants: readonly Mutant[] = [
  {
    name: 'completed-pod-stays',
    sentence: 'A completed pod is isolated and admitted like a running one.',
    feature: 'NetworkPolicy',
    imitates:
      'kube-router #1056 and antrea #6507: rules of completed jobs hit the pods that have their addresses now',
    killedBy: 'network-policy/lifecycle/completed-pod-as-subject',
    follow: keepCompletedPods((pod) => pod),
  },
  {
    name: 'completed-pod-stays-peer',
    sentence: 'A completed pod is isolated no more, but still admitted.',
    feature: 'NetworkPolicy',
    imitates: 'weave #2632: completed pods are not withdrawn from the sets of the selectors that they match',
    killedBy: 'network-policy/lifecycle/completed-pod-as-peer',
    follow: keepCompletedPods(asPeerOnly),
  },
  {
    name: 'removal-takes-address-of-another',
    sentence: 'When a completed pod is removed, the pod that has its addresses loses its rules.',
    feature: 'NetworkPolicy',
    imitates: 'antrea #6527: rules bound to an address and not to the pod',
    killedBy: 'network-policy/lifecycle/completed-pod-removed',
    follow: () => {
      const completed = new Map<string, Pod>();
      const lost = new Set<string>();
      return (state) => {
        const living = new Set(state.pods.map(nameOf));
        for (const [name, { addresses }] of completed)
          if (!living.has(name) && completed.delete(name)) for (const address of addresses) lost.add(address);
        for (const pod of state.pods) if (pod.phase !== undefined) completed.set(nameOf(pod), pod);
        const keep = (address: string): boolean => !lost.has(address);
        return {
          ...state,
          pods: state.pods.map((pod) => ({ ...pod, addresses: pod.addresses.filter(keep) })),
        };
      };
    },
  },
  {
    name: 'gone-pod-stays',
    sentence: 'The rules of a pod that is gone stay with its addresses.',
    feature: 'NetworkPolicy',
    imitates: 'a plugin that waits for a garbage collection; no peer suite uses an address again',
    killedBy: 'network-policy/lifecycle/address-reused-by-subject',
    follow: keepGonePods((pod) => pod),
  },
  {
    name: 'gone-pod-stays-peer',
    sentence: 'The addresses of a pod that is gone stay admitted.',
    feature: 'NetworkPolicy',
    imitates: 'azure-container-networking #562: events about a pod that goes overtake those about its heir',
    killedBy: 'network-policy/lifecycle/address-reused-by-peer',
    follow: keepGonePods(asPeerOnly),
  },
  {
    name: 'new-namespace-not-followed',
    sentence: 'A namespace that is created while policies exist has no labels.',
    feature: 'NetworkPolicy',
    imitates: 'namespaces that are matched when a policy comes, and not when they do',
    killedBy: 'network-policy/lifecycle/namespace-after-policy',
    follow: () => {
      let known = new Set<string>();
      return (state) => {
        if (state.policies.length === 0) known = new Set(state.namespaces.map(nameOf));
        const forget = (namespace: Namespace): Namespace =>
          known.has(nameOf(namespace)) ? namespace : { ...namespace, labels: {} };
        return { ...state, namespaces: state.namespaces.map(forget) };
      };
    },
  },
  {
    name: 'removed-namespace-policies-stay',
    sentence: 'The policies of a namespace that is removed stay in force for the next one of its name.',
    feature: 'NetworkPolicy',
    imitates: 'deletions that are looked up in the namespace, which is gone by then',
    killedBy: 'network-policy/lifecycle/namespace-comes-back',
    spoilsBaseline: true,
    follow: () => {
      let last: State | undefined;
      const orphans = new Map<string, NetworkPolicy>();
      return (state) => {
        const names = new Set(state.namespaces.map(({ name }) => name));
        for (const policy of last?.policies ?? [])
          if (!names.has(policy.metadata.namespace ?? '')) orphans.set(namePolicy(policy), policy);
        for (const policy of state.policies) orphans.delete(namePolicy(policy));
        last = state;
        return { ...state, policies: [...state.policies, ...orphans.values()] };
      };
    },
  },
  {
    name: 'recreated-namespace-keeps-labels',
    sentence: 'A namespace that is created again under its name still has the labels of the old one.',
    feature: 'NetworkPolicy',
    imitates: 'a cache of labels by name that outlives the namespace',
    killedBy: 'network-policy/lifecycle/namespace-comes-back',
    follow: () => {
      const known = new Map<string, { labels: Namespace['labels']; isGone: boolean }>();
      return (state) => {
        const names = new Set(state.namespaces.map(nameOf));
        for (const [name, entry] of known) entry.isGone ||= !names.has(name);
        const recall = (namespace: Namespace): Namespace => {
          const before = known.get(nameOf(namespace));
          const labels = before?.isGone ? { ...before.labels, ...namespace.labels } : namespace.labels;
          known.set(nameOf(namespace), { labels, isGone: before?.isGone ?? false });
          return { ...namespace, labels };
        };
        return { ...state, namespaces: state.namespaces.map(recall) };
      };
    },
  },
  {
    name: 'burst-lost',
    sentence: 'Of changes that come within a moment only the first is seen.',
    feature: 'NetworkPolicy',
    imitates:
      'a limit on updates that drops what comes too early; a suite that waits after each step does not notice',
    killedBy: 'network-policy/lifecycle/changes-in-quick-succession',
    spoilsBaseline: true,
    follow: () => {
      let believed: State | undefined;
      let until = 0;
      return (state) => {
        const now = performance.now();
        if (believed !== undefined && now < until) return believed;
        until = now + burst;
        believed = state;
        return state;
      };
    },
  },
  {
    name: 'exchanged-peers-not-followed',
    sentence: 'An update that has the same peers and the same ports in other pairs is taken for none.',
    feature: 'NetworkPolicy',
    imitates: 'an update handler that compares sets of peers and sets of ports',
    killedBy: 'network-policy/lifecycle/exchange-of-peers',
    follow: () => {
      let known = new Map<string, NetworkPolicy>();
      return (state) => {
        known = new Map(
          state.policies.map((policy) => {
            const before = known.get(namePolicy(policy));
            const isSame = before !== undefined && describeParts(before) === describeParts(policy);
            return [namePolicy(policy), isSame ? before : policy];
          }),
        );
        return { ...state, policies: [...known.values()] };
      };
    },
  },
  {
    name: 'relabelled-pod-in-both',
    sentence: 'A pod that gets another label is isolated by the policies of its old labels as well.',
    feature: 'NetworkPolicy',
    imitates: 'a change of labels that is handled as an addition: the old rules keep the pod',
    killedBy: 'network-policy/lifecycle/relabel-between-policies',
    follow: () => {
      let known = new Map<string, Pod[]>();
      return (state) => {
        known = new Map(
          state.pods.map((pod) => {
            const earlier = (known.get(nameOf(pod)) ?? []).filter(
              ({ labels }) => JSON.stringify(labels) !== JSON.stringify(pod.labels),
            );
            return [nameOf(pod), [...earlier, pod]];
          }),
        );
        return { ...state, pods: [...known.values()].flat() };
      };
    },
  },
];
