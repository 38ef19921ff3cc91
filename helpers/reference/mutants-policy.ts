import { changePeers, changePolicies, changeRules } from './mutant.ts';
import { networkPolicySemantics } from './semantics.ts';
import type { IPBlock } from '../kube/types.ts';
import type { Allow } from './compile.ts';
import type { Follow, Mutant } from './mutant.ts';

const { isolates } = networkPolicySemantics;

const changeBlocks = (change: (block: IPBlock) => IPBlock[]): Follow =>
  changePeers((peer) =>
    peer.ipBlock === undefined ? [peer] : change(peer.ipBlock).map((ipBlock) => ({ ipBlock })),
  );

/** Gives every block of a pod the exceptions of all of them, those of the other family apart. */
const shareExceptions = (allows: Allow[]): Allow[] => {
  const exceptions = allows.flatMap(({ block }) => block?.except ?? []);
  return allows.map((allow) =>
    allow.block === undefined
      ? allow
      : {
          ...allow,
          block: {
            ...allow.block,
            except: exceptions.filter((hole) => hole.includes(':') === allow.block?.cidr.includes(':')),
          },
        },
  );
};

/** Bugs in policies as a whole, in their rules and in address ranges. */
export const policyMutants: readonly Mutant[] = [
  {
    name: 'egress-policy-isolates-ingress',
    sentence: 'A policy for egress alone also isolates its pods for ingress.',
    feature: 'NetworkPolicyEgress',
    imitates: 'policyTypes ignored; a suite that never connects to the selected pod does not notice',
    semantics: { isolates: (policy, direction) => direction === 'Ingress' || isolates(policy, direction) },
  },
  {
    name: 'ingress-policy-isolates-egress',
    sentence: 'A policy for ingress alone also isolates its pods for egress.',
    feature: 'NetworkPolicy',
    imitates: 'policyTypes ignored; a suite that never connects from the selected pod does not notice',
    semantics: { isolates: (policy, direction) => direction === 'Egress' || isolates(policy, direction) },
  },
  {
    name: 'egress-type-without-rules-ignored',
    sentence: 'A policy with policyTypes Egress and no egress rules does not isolate for egress.',
    feature: 'NetworkPolicyEgress',
    imitates: 'the presence of the key taken for the decision',
    semantics: {
      isolates: (policy, direction) =>
        isolates(policy, direction) && (direction === 'Ingress' || policy.spec.egress !== undefined),
    },
  },
  {
    name: 'first-policy-wins',
    sentence: 'Of several policies that isolate a pod only the oldest counts.',
    feature: 'NetworkPolicy',
    imitates: 'a firewall with an order of rules; a suite with one policy at a time does not notice',
    semantics: { combine: (policies) => policies.slice(0, 1) },
  },
  {
    name: 'last-policy-wins',
    sentence: 'Of several policies that isolate a pod only the newest counts.',
    feature: 'NetworkPolicy',
    imitates: 'a map from pod to policy; a suite with one policy at a time does not notice',
    semantics: { combine: (policies) => policies.slice(-1) },
  },
  {
    name: 'first-rule-only',
    sentence: 'Of several rules of a policy only the first counts.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head',
    follow: changeRules((rules) => rules.slice(0, 1)),
  },
  {
    name: 'first-peer-only',
    sentence: 'Of several peers of a rule only the first counts.',
    feature: 'NetworkPolicy',
    imitates: 'a list reduced to its head; the default cases of Cyclonus leave several peers out',
    follow: changeRules((rules) =>
      rules.map((rule) => (rule.peers === undefined ? rule : { ...rule, peers: rule.peers.slice(0, 1) })),
    ),
  },
  {
    name: 'no-peers-nobody',
    sentence: 'A rule with ports and without peers admits nobody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty list taken for "none" instead of "all"',
    follow: changeRules((rules) =>
      rules.filter(({ peers = [], ports = [] }) => peers.length > 0 || ports.length === 0),
    ),
  },
  {
    name: 'empty-rule-denies',
    sentence: 'The empty rule `{}` admits nobody.',
    feature: 'NetworkPolicy',
    imitates: 'an empty object taken for "none" instead of "all"',
    follow: changeRules((rules) =>
      rules.filter(({ peers = [], ports = [] }) => peers.length > 0 || ports.length > 0),
    ),
  },
  {
    name: 'no-rules-allow-all',
    sentence: 'A policy without rules for a direction that it isolates admits all in that direction.',
    feature: 'NetworkPolicy',
    imitates: 'an empty list taken for "all" instead of "none"',
    follow: changePolicies((policies) =>
      policies.map((policy) => ({
        ...policy,
        spec: {
          ...policy.spec,
          ...((policy.spec.ingress ?? []).length === 0 && isolates(policy, 'Ingress')
            ? { ingress: [{}] }
            : {}),
          ...((policy.spec.egress ?? []).length === 0 && isolates(policy, 'Egress') ? { egress: [{}] } : {}),
        },
      })),
    ),
  },
  {
    name: 'except-ignored',
    sentence: 'The exceptions of an ipBlock are left out.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a suite that probes one address inside the block does not notice',
    follow: changeBlocks(({ cidr }) => [{ cidr }]),
  },
  {
    name: 'first-except-only',
    sentence: 'Of several exceptions of an ipBlock only the first counts.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'Kubernetes e2e and Cyclonus write one exception at a time and do not notice',
    follow: changeBlocks(({ cidr, except = [] }) => [{ cidr, except: except.slice(0, 1) }]),
  },
  {
    name: 'except-denies',
    sentence: 'An exception closes its addresses for the blocks of the other policies as well.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'an exception taken for a deny rule; Kubernetes e2e has one case for it, for egress',
    rules: (pods) =>
      pods.map((pod) => ({
        ...pod,
        ...(pod.ingress && { ingress: shareExceptions(pod.ingress) }),
        ...(pod.egress && { egress: shareExceptions(pod.egress) }),
      })),
  },
  {
    name: 'host-block-widened',
    sentence: 'An ipBlock for one IPv4 address (/32) admits the whole /24.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a suite whose denied client lives in another subnet does not notice',
    follow: changeBlocks((block) => [{ ...block, cidr: block.cidr.replace(/\/32$/, '/24') }]),
  },
  {
    name: 'ip-block-any',
    sentence: 'An ipBlock admits every address.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a peer without selectors taken for an empty one',
    follow: changeBlocks(({ cidr }) => [{ cidr: cidr.includes(':') ? '::/0' : '0.0.0.0/0' }]),
  },
  {
    name: 'ipv6-block-ignored',
    sentence: 'An ipBlock of IPv6 admits nobody.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'ovn-kubernetes#1683; Kubernetes e2e probes one family of a dual-stack pod',
    follow: changeBlocks((block) => (block.cidr.includes(':') ? [] : [block])),
  },
];
