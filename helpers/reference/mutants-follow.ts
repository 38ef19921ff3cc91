import { nameOf } from './state.ts';
import type { Mutant } from './mutant.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import type { Namespace, Pod } from './state.ts';

/** Gives each item the part that it was first seen with, for as long as its name is there. */
const createPin = <Item>(nameItem: (item: Item) => string, key: keyof Item): ((items: Item[]) => Item[]) => {
  let seen = new Map<string, Item>();
  return (items) => {
    seen = new Map(items.map((item) => [nameItem(item), seen.get(nameItem(item)) ?? item]));
    return items.map((item) => ({ ...item, [key]: (seen.get(nameItem(item)) ?? item)[key] }));
  };
};

const namePolicy = ({ metadata }: NetworkPolicy): string => nameOf(metadata);

/** Bugs in following what changes. Each sees whole states, and lies about what is different from earlier ones. */
export const followMutants: readonly Mutant[] = [
  {
    name: 'relabelled-pod-not-followed',
    sentence: 'A pod keeps the labels that it was first seen with.',
    feature: 'NetworkPolicy',
    imitates: 'an update handler that compares addresses only',
    killedBy: 'network-policy/lifecycle/relabel-peer',
    follow: () => {
      const pin = createPin<Pod>(nameOf, 'labels');
      return (state) => ({ ...state, pods: pin(state.pods) });
    },
  },
  {
    name: 'removed-label-stays',
    sentence: 'A label that is taken from a pod is remembered.',
    feature: 'NetworkPolicy',
    imitates: 'labels merged instead of replaced',
    killedBy: 'network-policy/lifecycle/relabel-subject',
    follow: () => {
      const known = new Map<string, Pod['labels']>();
      return (state) => ({
        ...state,
        pods: state.pods.map((pod) => {
          const labels = { ...known.get(nameOf(pod)), ...pod.labels };
          known.set(nameOf(pod), labels);
          return { ...pod, labels };
        }),
      });
    },
  },
  {
    name: 'relabelled-namespace-not-followed',
    sentence: 'A namespace keeps the labels that it was first seen with.',
    feature: 'NetworkPolicy',
    imitates: 'a plugin that watches pods and policies, and reads namespaces once',
    killedBy: 'network-policy/lifecycle/relabel-namespace',
    follow: () => {
      const pin = createPin<Namespace>(nameOf, 'labels');
      return (state) => ({ ...state, namespaces: pin(state.namespaces) });
    },
  },
  {
    name: 'new-pod-not-followed',
    sentence: 'A pod that is created while policies exist is neither isolated nor admitted by them.',
    feature: 'NetworkPolicy',
    imitates:
      'rules computed when a policy comes; NetworkPolicy API conformance never creates a pod after a policy',
    killedBy: 'network-policy/lifecycle/policy-before-pod',
    follow: () => {
      let known = new Set<string>();
      return (state) => {
        if (state.policies.length === 0) known = new Set(state.pods.map(nameOf));
        return { ...state, pods: state.pods.filter((pod) => known.has(nameOf(pod))) };
      };
    },
  },
  {
    name: 'recreated-pod-keeps-address',
    sentence: 'A pod that is created again under its name is known by its first addresses.',
    feature: 'NetworkPolicy',
    imitates: 'a cache by name that outlives the pod; Kubernetes e2e does not cover pod churn',
    killedBy: 'network-policy/lifecycle/pod-comes-back',
    follow: () => {
      const first = new Map<string, string[]>();
      return (state) => ({
        ...state,
        pods: state.pods.map((pod) => {
          const addresses = first.get(nameOf(pod)) ?? pod.addresses;
          if (addresses.length > 0) first.set(nameOf(pod), addresses);
          return { ...pod, addresses };
        }),
      });
    },
  },
  {
    name: 'deleted-policy-stays',
    sentence: 'A deleted policy stays in force.',
    feature: 'NetworkPolicy',
    imitates: 'a plugin that misses deletions',
    killedBy: 'network-policy/lifecycle/delete-frees',
    spoilsBaseline: true,
    follow: () => {
      const known = new Map<string, NetworkPolicy>();
      return (state) => {
        for (const policy of state.policies) known.set(namePolicy(policy), policy);
        return { ...state, policies: [...known.values()] };
      };
    },
  },
  {
    name: 'deleted-policy-stays-beside-others',
    sentence: 'A deleted policy stays in force until its namespace has no policy at all.',
    feature: 'NetworkPolicy',
    imitates:
      'clean-up that waits for the last user of a chain; a suite with one policy at a time does not notice',
    killedBy: 'network-policy/lifecycle/delete-one-of-two',
    follow: () => {
      const known = new Map<string, NetworkPolicy>();
      return (state) => {
        const inUse = new Set(state.policies.map(({ metadata }) => metadata.namespace));
        for (const [name, { metadata }] of known) if (!inUse.has(metadata.namespace)) known.delete(name);
        for (const policy of state.policies) known.set(namePolicy(policy), policy);
        return { ...state, policies: [...known.values()] };
      };
    },
  },
  {
    name: 'updated-policy-not-followed',
    sentence: 'A policy keeps the rules that it was first seen with.',
    feature: 'NetworkPolicy',
    imitates: 'a plugin that handles add and delete events only',
    killedBy: 'network-policy/lifecycle/update-moves-port',
    follow: () => {
      const pin = createPin<NetworkPolicy>(namePolicy, 'spec');
      return (state) => ({ ...state, policies: pin(state.policies) });
    },
  },
  {
    name: 'updated-policy-adds-up',
    sentence: 'The rules that an update takes out of a policy stay beside the new ones.',
    feature: 'NetworkPolicy',
    imitates: 'an update that adds rules and removes none',
    killedBy: 'network-policy/lifecycle/update-moves-port',
    follow: () => {
      let versions = new Map<string, NetworkPolicy[]>();
      return (state) => {
        versions = new Map(
          state.policies.map((policy) => {
            const earlier = versions.get(namePolicy(policy)) ?? [];
            const isKnown = earlier.some(({ spec }) => JSON.stringify(spec) === JSON.stringify(policy.spec));
            return [namePolicy(policy), isKnown ? earlier : [...earlier, policy]];
          }),
        );
        return { ...state, policies: [...versions.values()].flat() };
      };
    },
  },
];
