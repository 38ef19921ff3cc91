import { expect } from 'chai';
import * as fc from 'fast-check';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import { addressOf, idOf } from '../../../helpers/kube/world.ts';
import type { Pod, World } from '../../../helpers/kube/world.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { egressRule, ingressRule } from '../../../helpers/scenario/arbitrary-policy.ts';
import { anyPods, anyPolicies, anyPolicy, anyRule } from './arbitrary.ts';
import { judgeNaively } from './naive.ts';
import { policyOf, worldOf } from './worlds.ts';

const kinds = (['TCP', 'UDP', 'SCTP'] as const).flatMap((protocol) =>
  [80, 81].flatMap((port) => (['IPv4', 'IPv6'] as const).map((family) => ({ protocol, port, family }))),
);

/** Every cell of every grid: `IPv4 TCP/80 x/a y/b` -> verdict. */
const allCells = (world: World): Map<string, string> => {
  const oracle = createOracle(world);
  const cells = new Map<string, string>();
  for (const { protocol, port, family } of kinds) {
    const { rows, columns, cells: verdicts } = oracle.matrix(protocol, port, family);
    for (const [y, row] of rows.entries())
      for (const [x, column] of columns.entries())
        cells.set(
          `${family} ${protocol}/${port} ${row} ${column}`,
          verdicts[y * columns.length + x] ?? 'no verdict',
        );
  }
  return cells;
};

const cellsOf = (pods: readonly Pod[]) =>
  kinds.flatMap(({ protocol, port, family }) => {
    const there = pods.filter((pod) => addressOf(pod, family) !== undefined);
    return there.flatMap((from) => there.map((to) => ({ from, to, protocol, port, family })));
  });

const changed = (before: World, after: World): { from: string; to: string; was: string; is: string }[] => {
  const cells = allCells(after);
  return [...allCells(before)].flatMap(([key, was]) => {
    const is = cells.get(key) ?? 'no cell';
    const [, , from = '', to = ''] = key.split(' ');
    return is === was ? [] : [{ from, to, was, is }];
  });
};

const openness = ['deny', 'undefined', 'allow'];

const shuffled = <Value>(values: readonly Value[] | undefined, random: () => number): Value[] =>
  [...(values ?? [])]
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);

const shufflePolicy = (policy: NetworkPolicy, random: () => number): NetworkPolicy => {
  const { ingress, egress } = policy.spec;
  const spec = structuredClone(policy.spec);
  if (ingress)
    spec.ingress = shuffled(ingress, random).map((rule) => ({
      ...(rule.from ? { from: shuffled(rule.from, random) } : {}),
      ...(rule.ports ? { ports: shuffled(rule.ports, random) } : {}),
    }));
  if (egress)
    spec.egress = shuffled(egress, random).map((rule) => ({
      ...(rule.to ? { to: shuffled(rule.to, random) } : {}),
      ...(rule.ports ? { ports: shuffled(rule.ports, random) } : {}),
    }));
  return { ...policy, spec };
};

const check = <Values extends [unknown, ...unknown[]]>(
  ...args: [
    ...arbitraries: { [K in keyof Values]: fc.Arbitrary<Values[K]> },
    law: (...values: Values) => void,
  ]
): void => fc.assert(fc.property(...args), { numRuns: 150 });

describe('laws of the oracle', function () {
  this.timeout(30_000);

  it('it agrees with a plain evaluator that shares no code with it, cell by cell', () => {
    check(anyPods, anyPolicies, (pods, policies) => {
      const world = worldOf(pods, policies);
      const oracle = createOracle(world);
      const disagreements: string[] = [];
      for (const { from, to, protocol, port, family } of cellsOf(pods)) {
        const plain = judgeNaively({ world, source: from, destination: to, protocol, port, family });
        const verdict = oracle.verdict(idOf(from), idOf(to), protocol, port, family);
        if (plain !== verdict)
          disagreements.push(
            `${family} ${protocol}/${port} ${idOf(from)} ${idOf(to)}: ${verdict}, plainly ${plain}`,
          );
      }
      expect(disagreements).to.deep.equal([]);
    });
  });

  it('verdict, matrix and explanation say the same, and every reason is one line that names a policy', () => {
    check(anyPods, anyPolicies, (pods, policies) => {
      const world = worldOf(pods, policies);
      const oracle = createOracle(world);
      const drawn = allCells(world);
      const wrong: unknown[] = [];
      for (const { from, to, protocol, port, family } of cellsOf(pods)) {
        const cell = [idOf(from), idOf(to), protocol, port, family] as const;
        const { verdict, reason, egress, ingress } = oracle.explain(...cell);
        const ends = [egress, ingress].filter(({ isolatedBy }) => isolatedBy.length > 0);
        const isRight =
          verdict === oracle.verdict(...cell) &&
          verdict === drawn.get(`${family} ${protocol}/${port} ${idOf(from)} ${idOf(to)}`) &&
          /^[^\n]+$/.test(reason) &&
          ends.every((end) => end.verdict !== verdict || reason.includes(end.isolatedBy[0] ?? '')) &&
          ends.every((end) => (end.verdict === 'allow') === / admits /.test(end.reason));
        if (!isRight) wrong.push({ cell, verdict, reason, egress, ingress });
      }
      expect(wrong).to.deep.equal([]);
    });
  });

  it('a further rule in a policy never closes a cell', () => {
    check(anyPods, anyPolicies, anyPolicy, anyRule, (pods, policies, policy, rule) => {
      const spec = structuredClone({ policyTypes: ['Ingress' as const, 'Egress' as const], ...policy.spec });
      const more = structuredClone(spec);
      more.ingress = [...(more.ingress ?? []), ingressRule(rule)];
      // Without policyTypes a first egress rule isolates, so that adding it may close.
      if (spec.policyTypes.length > 0) more.egress = [...(more.egress ?? []), egressRule(rule)];
      const before = worldOf(pods, [...policies, { ...policy, spec }]);
      const after = worldOf(pods, [...policies, { ...policy, spec: more }]);
      for (const { was, is } of changed(before, after))
        expect(openness.indexOf(is)).to.be.greaterThan(openness.indexOf(was));
    });
  });

  it('a policy without rules isolates exactly the pods that it selects, and never from their own node', () => {
    check(anyPods, fc.constantFrom('a', 'b', 'c'), (pods, name) => {
      const policy = policyOf('y/empty', { podSelector: { matchLabels: { pod: name } } });
      const cells = changed(worldOf(pods, []), worldOf(pods, [policy]));
      const subject = pods.find((pod) => idOf(pod) === `y/${name}`)!;
      const lost = new Set(
        pods.filter(({ hostNetwork, node }) => hostNetwork === true && node === '').map(idOf),
      );
      for (const { from, to, is } of cells) {
        expect(to).to.equal(`y/${name}`);
        const isOpen = from === to || subject.hostNetwork === true || lost.has(from);
        expect(is).to.equal(isOpen ? 'undefined' : 'deny');
      }
      const others = pods.filter(
        ({ hostNetwork, node }) =>
          subject.hostNetwork === true || hostNetwork !== true || node !== subject.node,
      );
      const sources =
        others.filter((pod) => addressOf(pod, 'IPv4')).length +
        others.filter((pod) => addressOf(pod, 'IPv6')).length;
      expect(cells.length).to.equal((kinds.length / 2) * sources);
    });
  });

  it('the order of policies, rules, peers, ports and pods never matters', () => {
    check(
      anyPods,
      anyPolicies,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (pods, policies, stream) => {
        const random = (): number => Number(stream.next().value);
        const other = shuffled(policies, random).map((policy) => shufflePolicy(policy, random));
        expect(changed(worldOf(pods, policies), worldOf(shuffled(pods, random), other))).to.deep.equal([]);
      },
    );
  });

  it('a policy changes nothing between pods of other namespaces', () => {
    check(anyPods, anyPolicies, anyPolicy, (pods, policies, policy) => {
      const { namespace } = policy.metadata;
      for (const { from, to } of changed(worldOf(pods, policies), worldOf(pods, [...policies, policy])))
        expect([from, to].some((id) => id.startsWith(`${namespace}/`))).to.equal(true);
    });
  });

  it('a policy that isolates one direction changes only cells of its subjects in that direction', () => {
    check(
      anyPods,
      anyPolicies,
      anyPolicy,
      fc.constantFrom('Ingress' as const, 'Egress' as const),
      (pods, policies, policy, type) => {
        const one = { ...policy, spec: { ...policy.spec, policyTypes: [type] } };
        for (const { from, to } of changed(worldOf(pods, policies), worldOf(pods, [...policies, one])))
          expect((type === 'Ingress' ? to : from).startsWith(`${policy.metadata.namespace}/`)).to.equal(true);
      },
    );
  });

  it('a policy split into one for each of its rules means the same', () => {
    check(anyPods, anyPolicies, anyPolicy, (pods, policies, policy) => {
      const policyTypes = ['Ingress' as const, 'Egress' as const];
      const { podSelector = {}, ingress = [], egress = [] } = policy.spec;
      const whole = { ...policy, spec: { podSelector, policyTypes, ingress, egress } };
      const parts = [
        { ...policy, spec: { podSelector, policyTypes } },
        ...ingress.map((rule) => ({ ...policy, spec: { podSelector, policyTypes, ingress: [rule] } })),
        ...egress.map((rule) => ({ ...policy, spec: { podSelector, policyTypes, egress: [rule] } })),
      ];
      expect(
        changed(worldOf(pods, [...policies, whole]), worldOf(pods, [...policies, ...parts])),
      ).to.deep.equal([]);
    });
  });

  it('a policy that is there twice means the same', () => {
    check(anyPods, anyPolicies, (pods, policies) => {
      expect(changed(worldOf(pods, policies), worldOf(pods, [...policies, ...policies]))).to.deep.equal([]);
    });
  });

  it('a pod that no selector can tell from another has the same verdicts with third pods', () => {
    check(anyPods, anyPolicies, (pods, policies) => {
      const original = pods[0]!;
      const twin = { ...original, name: 'twin' };
      const oracle = createOracle(worldOf([...pods, twin], policies));
      for (const { protocol, port, family } of kinds)
        for (const pod of pods) {
          if (pod === original || !addressOf(pod, family)) continue;
          const third = idOf(pod);
          const verdicts = (id: string): string[] => [
            oracle.verdict(id, third, protocol, port, family),
            oracle.verdict(third, id, protocol, port, family),
          ];
          expect(verdicts('x/twin')).to.deep.equal(verdicts('x/a'));
        }
    });
  });

  it('more pods than fit a word of the sets change nothing between the others', () => {
    check(anyPods, anyPolicies, fc.integer({ min: 20, max: 60 }), (pods, policies, count) => {
      const strangers = Array.from({ length: count }, (_, index): Pod => ({
        ...pods[0]!,
        namespace: 'crowd',
        name: `p${index}`,
        addresses: [`172.16.0.${index}`],
      }));
      expect(changed(worldOf(pods, policies), worldOf([...strangers, ...pods], policies))).to.deep.equal([]);
    });
  });
});
