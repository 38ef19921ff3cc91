import { changePolicies, changePortLists, changeRules, comparingValues, type Mutant } from './mutant.ts';

/** Bugs with what is many or long: tables with a fixed number of places, names that are cut. */
export const limitMutants: readonly Mutant[] = [
  {
    name: 'sixteen-policies-only',
    sentence: 'Of the policies that select a pod only the first sixteen admit.',
    feature: 'NetworkPolicy',
    imitates:
      'a table with a fixed number of places for the policies of a pod; no peer suite applies more than four',
    killedBy: 'network-policy/lifecycle/twenty-policies',
    semantics: { combine: (policies) => policies.slice(0, 16) },
  },
  {
    name: 'sixty-four-rules-only',
    sentence: 'Only the first 64 rules of a policy count.',
    feature: 'NetworkPolicy',
    imitates: 'felix #206: what is beyond the size of a set is left out without a word',
    killedBy: 'network-policy/lifecycle/hundred-rules',
    follow: changeRules((rules) => rules.slice(0, 64)),
  },
  {
    name: 'forty-ports-only',
    sentence: 'Only the first 40 ports of a rule count.',
    feature: 'NetworkPolicy',
    imitates:
      'cilium #922 with its 40 ports, aws-network-policy-agent #289 with 24, multiport of iptables with 15',
    killedBy: 'network-policy/lifecycle/hundred-ports',
    follow: changePortLists((ports) => ports.slice(0, 40)),
  },
  {
    name: 'names-cut',
    sentence: 'Of two policies that have the first 63 characters of their names in common only one counts.',
    feature: 'NetworkPolicy',
    imitates: 'kube-ovn #1445 and aws-network-policy-agent #145: a name that becomes the value of a label',
    killedBy: 'network-policy/lifecycle/longest-names',
    follow: changePolicies((policies) => [
      ...new Map(
        policies.map((policy) => [
          `${policy.metadata.namespace}/${policy.metadata.name.slice(0, 63)}`,
          policy,
        ]),
      ).values(),
    ]),
  },
  {
    name: 'label-values-cut',
    sentence: 'Label values are compared by their first 62 characters.',
    feature: 'NetworkPolicy',
    imitates: 'a buffer of 63 bytes for a value and the zero behind it',
    killedBy: 'network-policy/lifecycle/longest-names',
    semantics: { selects: comparingValues((value) => value.slice(0, 62)) },
  },
];
