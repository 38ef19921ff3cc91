import { changePolicies, changePortLists } from './mutant.ts';
import { networkPolicySemantics } from './semantics.ts';
import type { NetworkPolicyPort } from '../kube/types.ts';
import type { Mutant } from './mutant.ts';

const { resolve } = networkPolicySemantics;

const isNamed = ({ port }: NetworkPolicyPort): boolean => typeof port === 'string';

/** Bugs in ports that a rule names. */
export const namedPortMutants: readonly Mutant[] = [
  {
    name: 'named-port-any-protocol',
    sentence: 'A named port is looked up by its name alone and opened for the protocol of the rule.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'a map of port names without the protocol; no suite gives the same name another protocol',
    killedBy: 'network-policy/ports/named-port-protocol',
    semantics: {
      resolve: (name, protocol, { ports }) =>
        ports
          .filter((port) => port.name === name)
          .map(({ port }) => ({ protocol, range: { first: port, last: port } })),
    },
  },
  {
    name: 'named-port-of-the-source',
    sentence: 'A named port of an egress rule is looked up on the pod that sends.',
    feature: 'NetworkPolicyNamedPort',
    imitates:
      'a suite in which each name has one number in all pods (Kubernetes e2e, Cyclonus) does not notice',
    killedBy: 'network-policy/ports/named-port-egress',
    semantics: {
      resolve: (name, protocol, _destination, subject) => resolve(name, protocol, subject, subject),
    },
  },
  {
    name: 'named-port-unresolved-opens-all',
    sentence: 'A named port that the pod does not have opens all its ports of that protocol.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'plugins that turn named ports into allow-all rules (openshift/origin#31375)',
    killedBy: 'network-policy/ports/named-port-unresolved',
    semantics: {
      resolve: (name, protocol, ...pods) => {
        const found = resolve(name, protocol, ...pods);
        return found.length === 0 ? [{ protocol }] : found;
      },
    },
  },
  {
    name: 'named-port-closed',
    sentence: 'A rule with a named port admits nothing.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'plugins without named ports (ovn-kubernetes#1225)',
    killedBy: 'network-policy/ports/named-port',
    semantics: { resolve: () => [] },
  },
  {
    name: 'named-port-beside-number-lost',
    sentence: 'A named port is left out where its rule has a numbered port as well.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'two ways of enforcement for one list; Kubernetes e2e writes names without numbers',
    killedBy: 'network-policy/ports/end-port-beside-name',
    follow: changePortLists((ports) =>
      ports.every(isNamed) ? ports : ports.filter((port) => !isNamed(port)),
    ),
  },
  {
    name: 'named-port-egress-any-peer',
    sentence: 'A named port of an egress rule is open on every pod that has it, whoever the rule selects.',
    feature: 'NetworkPolicyNamedPort',
    imitates: 'named ports resolved for the whole cluster; Kubernetes e2e test 19 names no peer at all',
    killedBy: 'network-policy/ports/named-port-egress-peers',
    follow: changePolicies((policies) =>
      policies.map((policy) =>
        policy.spec.egress === undefined
          ? policy
          : {
              ...policy,
              spec: {
                ...policy.spec,
                egress: policy.spec.egress.map((rule) =>
                  (rule.ports ?? []).some(isNamed) ? { ...rule, to: [] } : rule,
                ),
              },
            },
      ),
    ),
  },
];
