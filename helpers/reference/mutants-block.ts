import { changeAllows, changePeers, changeRules, isIPv6 } from './mutant.ts';
import type { IPBlock } from '../kube/types.ts';
import type { Allow } from './rules.ts';
import type { Follow, Mutant, Rule } from './mutant.ts';

const changeBlocks = (change: (block: IPBlock) => IPBlock[]): Follow =>
  changePeers((peer) =>
    peer.ipBlock === undefined ? [peer] : change(peer.ipBlock).map((ipBlock) => ({ ipBlock })),
  );

const exceptingAll = (block: IPBlock, exceptions: string[]): IPBlock => ({
  ...block,
  except: exceptions.filter((hole) => isIPv6(hole) === isIPv6(block.cidr)),
});

/** Gives every block of a pod the exceptions of all of them, those of the other family apart. */
const shareExceptions = (allows: Allow[]): Allow[] => {
  const exceptions = allows.flatMap(({ block }) => block?.except ?? []);
  return allows.map((allow) =>
    allow.block === undefined ? allow : { ...allow, block: exceptingAll(allow.block, exceptions) },
  );
};

/** The same for the blocks of one rule. */
const shareExceptionsInRule = ({ peers = [], ...rest }: Rule): Rule => {
  const exceptions = peers.flatMap(({ ipBlock }) => ipBlock?.except ?? []);
  return {
    ...rest,
    peers: peers.map((peer) =>
      peer.ipBlock === undefined ? peer : { ipBlock: exceptingAll(peer.ipBlock, exceptions) },
    ),
  };
};

/** Bugs in address ranges. */
export const blockMutants: readonly Mutant[] = [
  {
    name: 'except-ignored',
    sentence: 'The exceptions of an ipBlock are left out.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a suite that probes one address inside the block does not notice',
    killedBy: 'network-policy/ip-block/ingress-except',
    follow: changeBlocks(({ cidr }) => [{ cidr }]),
  },
  {
    name: 'first-except-only',
    sentence: 'Of several exceptions of an ipBlock only the first counts.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'Kubernetes e2e and Cyclonus write one exception at a time and do not notice',
    killedBy: 'network-policy/ip-block/ingress-except',
    follow: changeBlocks(({ cidr, except = [] }) => [{ cidr, except: except.slice(0, 1) }]),
  },
  {
    name: 'except-denies',
    sentence: 'An exception closes its addresses for the blocks of the other policies as well.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'an exception taken for a deny rule; Kubernetes e2e has one case for it, for egress',
    killedBy: 'network-policy/ip-block/overlapping-ranges',
    rules: changeAllows(shareExceptions),
  },
  {
    name: 'host-block-widened',
    sentence: 'An ipBlock for one IPv4 address (/32) admits the whole /24.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a suite whose denied client lives in another subnet does not notice',
    killedBy: 'network-policy/ip-block/single-address',
    follow: changeBlocks((block) => [{ ...block, cidr: block.cidr.replace(/\/32$/, '/24') }]),
  },
  {
    name: 'ip-block-any',
    sentence: 'An ipBlock admits every address.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a peer without selectors taken for an empty one',
    killedBy: 'network-policy/ip-block/ingress-cidr',
    follow: changeBlocks(({ cidr }) => [{ cidr: isIPv6(cidr) ? '::/0' : '0.0.0.0/0' }]),
  },
  {
    name: 'ipv6-block-ignored',
    sentence: 'An ipBlock of IPv6 admits nobody.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'ovn-kubernetes#1683; Kubernetes e2e probes one family of a dual-stack pod',
    killedBy: 'network-policy/ip-block/ingress-cidr',
    follow: changeBlocks((block) => (isIPv6(block.cidr) ? [] : [block])),
  },
  {
    name: 'except-denies-in-its-list',
    sentence: 'An exception closes its addresses for the other ranges of its list as well.',
    feature: 'NetworkPolicyIPBlock',
    imitates:
      'an exception taken for a deny rule; Kubernetes e2e test 36 replaces its policy and never has two ranges at once',
    killedBy: 'network-policy/ip-block/nested-in-one-list',
    follow: changeRules((rules) =>
      rules.map((rule) => (rule.peers === undefined ? rule : shareExceptionsInRule(rule))),
    ),
  },
  {
    name: 'last-block-of-a-family',
    sentence: 'Of several ranges of one family in a rule only the last counts.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'a field for the range of each family; Kubernetes e2e and the default Cyclonus cases write one',
    killedBy: 'network-policy/ip-block/adjacent-ranges',
    follow: changeRules((rules) =>
      rules.map((rule) => {
        const blocks = (rule.peers ?? []).filter(({ ipBlock }) => ipBlock !== undefined);
        const last = [true, false].map((six) =>
          blocks.findLast(({ ipBlock }) => isIPv6(ipBlock?.cidr ?? '') === six),
        );
        return rule.peers === undefined
          ? rule
          : { ...rule, peers: rule.peers.filter((peer) => !blocks.includes(peer) || last.includes(peer)) };
      }),
    ),
  },
  {
    name: 'blocks-of-both-directions',
    sentence: 'The ranges of ingress rules are open for egress as well, and the other way round.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'one address set for both directions; Kubernetes e2e has no range for ingress',
    killedBy: 'network-policy/ip-block/both-directions',
    rules: changeAllows((allows, { other = [] }) => [
      ...allows,
      ...other.filter(({ block }) => block !== undefined),
    ]),
  },
  {
    name: 'all-of-one-family-is-all',
    sentence: 'A range of all addresses of one family admits those of the other family too.',
    feature: 'NetworkPolicyIPBlock',
    imitates: '0.0.0.0/0 taken for "no condition"; Kubernetes e2e probes one family of a pod',
    killedBy: 'network-policy/families/egress-ipv6-only',
    follow: changeBlocks((block) =>
      block.cidr.endsWith('/0') ? [block, { cidr: isIPv6(block.cidr) ? '0.0.0.0/0' : '::/0' }] : [block],
    ),
  },
  {
    name: 'host-block-widened-ipv6',
    sentence: 'An ipBlock for one IPv6 address (/128) admits the whole /64.',
    feature: 'NetworkPolicyIPBlock',
    imitates: 'an IPv6 host taken for its network; Kubernetes e2e writes ranges of one family only',
    killedBy: 'network-policy/ip-block/single-address',
    follow: changeBlocks((block) => [{ ...block, cidr: block.cidr.replace(/\/128$/, '/64') }]),
  },
];
