import { expect } from 'chai';
import * as fc from 'fast-check';
import { addressOf, idOf, type World } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { compile } from '../../../helpers/reference/compile.ts';
import { anyPods, anyPolicies } from '../model/arbitrary.ts';
import { anyAdminPolicies, anyNodes } from '../model/arbitrary-tiers.ts';
import { worldOf } from '../model/worlds.ts';
import { passes } from './judge-rules.ts';
import type { State } from '../../../helpers/reference/state.ts';

const stateOf = ({ nodes = [], namespaces, pods, policies, adminPolicies = [] }: World): State => ({
  nodes: nodes.map(({ labels = {}, ...node }) => ({ ...node, labels, podCIDRs: [] })),
  namespaces,
  pods: pods.filter(({ external }) => external !== true),
  services: [],
  policies,
  adminPolicies,
});

describe('reference plugin and oracle', () => {
  it('agree on random worlds of all four kinds of policies, wherever the oracle is sure', function () {
    this.timeout(60_000);
    const told = { allow: 0, deny: 0, undefined: 0 };
    fc.assert(
      fc.property(
        anyPods,
        anyPolicies,
        anyAdminPolicies,
        anyNodes,
        (pods, policies, adminPolicies, nodes) => {
          const world = worldOf(pods, policies.slice(0, 2), { adminPolicies, nodes });
          const oracle = createOracle(world);
          const rules = ['node0', 'node1'].flatMap((node) => compile(stateOf(world), node));
          for (const family of ['IPv4', 'IPv6'] as const)
            for (const [protocol, port] of [
              ['TCP', 80],
              ['UDP', 80],
              ['SCTP', 80],
              ['ICMP', 0],
            ] as const)
              for (const from of pods)
                for (const to of pods) {
                  const [source, destination] = [addressOf(from, family), addressOf(to, family)];
                  if (source === undefined || destination === undefined || source === destination) continue;
                  const verdict = oracle.verdict(idOf(from), idOf(to), protocol, port, family);
                  told[verdict] += 1;
                  // A node's own traffic to its pods is no business of the plugin, and a pod on no node has no rules.
                  const isOwnNode = from.hostNetwork === true && from.node === to.node;
                  if (verdict === 'undefined' || isOwnNode || [from.node, to.node].includes('')) continue;
                  const cell = `${idOf(from)} -> ${idOf(to)} ${family} ${protocol}/${port}`;
                  const passed = passes(rules, { source, destination, protocol, port });
                  if (passed !== (verdict === 'allow')) expect(passed, cell).to.equal(verdict === 'allow');
                }
        },
      ),
      { numRuns: 60 },
    );
    expect(told.allow).to.be.greaterThan(1000);
    expect(told.deny).to.be.greaterThan(1000);
  });
});
