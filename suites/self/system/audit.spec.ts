import { expect } from 'chai';
import * as fc from 'fast-check';
import { UsageError } from '../../../helpers/errors.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { audit } from '../../../helpers/system/audit.ts';
import { namespaceClasses } from '../../../helpers/system/classes.ts';
import { findingIds, findings, keyOf } from '../../../helpers/system/findings.ts';
import { anyPods, anyPolicies, anyPolicy } from '../model/arbitrary.ts';
import { worldOf as modelWorld } from '../model/worlds.ts';
import { namespaceRows } from './audit-namespace-rows.ts';
import { peerRows } from './audit-peer-rows.ts';
import { policyRows } from './audit-policy-rows.ts';
import {
  a,
  admitting,
  all,
  denyAll,
  findingsOf,
  host,
  metrics,
  namespace,
  pod,
  policy,
  selected,
  sources,
  worldOf,
  type Part,
} from './audits.ts';

const rows = [...namespaceRows, ...policyRows, ...peerRows];

const idOf = ({ namespace = '', name }: { namespace?: string; name: string }): string =>
  `${namespace}/${name}`;

describe('the audit', function () {
  this.timeout(60_000);

  for (const [index, { id, has, hasNot, object, options, otherwise, says }] of rows.entries())
    it(`finds ${id}, and nothing of the kind in the near miss (${index + 1})`, () => {
      const found = findingsOf(has, options).filter((finding) => finding.id === id);
      expect(found.map((finding) => finding.object)).to.deep.equal([object]);
      expect(found[0]?.severity).to.equal(findings[id].severity);
      expect(found[0]?.message).to.match(says ?? /./);
      expect(findingsOf(hasNot, otherwise ?? options).map((finding) => finding.id)).to.not.include(id);
    });

  it('has a row for each kind of finding but those about files of its own', () => {
    const own = findingIds.filter((id) => !/^(allow|baseline)-entry-/.test(id));
    expect([...new Set(rows.map(({ id }) => id))].toSorted()).to.deep.equal(own.toSorted());
  });

  it('finds nothing in a namespace that admits who is listed, and nobody else', () => {
    const parts = [
      namespace('os-a', { tier: 'system' }),
      pod('os-a/x', metrics),
      denyAll,
      admitting([selected('x')], [{ port: 9000 }]),
    ];
    const options = { expectLabels: [{ key: 'tier', value: 'system' }], mode: 'restricted' as const };
    expect(findingsOf(parts, options)).to.deep.equal([]);
  });

  it('tells classes apart, by direction', () => {
    const classes = (parts: readonly Part[], isComplete = true): string[] =>
      audit({ world: worldOf(parts), isComplete }, { selectors: ['os-a'] }).namespaces.map(
        ({ ingress, egress }) => `${ingress} ${egress}`,
      );
    const x = pod('os-a/x');
    const open = policy('os-a/open', { ...all, ingress: [{}] });
    expect(classes([a, x])).to.deep.equal(['implicitly-open implicitly-open']);
    expect(classes([a, x, denyAll])).to.deep.equal(['closed closed']);
    expect(classes([a, x, denyAll, open])).to.deep.equal(['explicitly-open closed']);
    expect(classes([a, x, admitting([{ namespaceSelector: {} }])])).to.deep.equal(['closed implicitly-open']);
    const one = policy('os-a/p', selected('x'));
    expect(classes([a, x, pod('os-a/y'), one])).to.deep.equal(['mixed implicitly-open']);
    expect(classes([a, x, pod('os-a/y', host), one])).to.deep.equal(['closed implicitly-open']);
    // Where no pod is known, what policies say about pods that they name counts as well.
    expect(classes([a, one], false)).to.deep.equal(['mixed implicitly-open']);
    expect(classes([a, one], true)).to.deep.equal(['implicitly-open implicitly-open']);
  });

  it('says the place of the object, and for a namespace that isolates that of the policy', () => {
    const parts = [a, pod('os-a/x'), denyAll];
    const options = {
      mode: 'unrestricted' as const,
      sources: sources('Namespace os-a', 'NetworkPolicy os-a/default'),
    };
    const [found] = findingsOf(parts, options);
    expect(found).to.include({ id: 'restrictive-without-permissive', file: 'all.yaml', line: 2 });
  });

  it('looks at the namespaces of the selectors only', () => {
    const parts = [a, namespace('os-b'), namespace('shop')];
    const named = (...selectors: string[]) =>
      audit({ world: worldOf(parts), isComplete: true }, { selectors }).namespaces.map(({ name }) => name);
    expect(named('os-*')).to.deep.equal(['os-a', 'os-b']);
    expect(named('os-?', 'sh*p')).to.deep.equal(['os-a', 'os-b', 'shop']);
    expect(named('os-b', 's*')).to.deep.equal(['os-b', 'shop']);
    expect(() => named('os-*', 'sho')).to.throw(UsageError, /`sho`/);
    expect(() => named('hop')).to.throw(UsageError);
  });

  it('refuses a selector that matches nothing, as an audit of nothing would be green', () => {
    const input = { world: worldOf([a]), isComplete: true };
    expect(() => audit(input, { selectors: ['os-*', 'open.hift-*'] })).to.throw(
      UsageError,
      /`open\.hift-\*`/,
    );
    expect(() => audit(input, { selectors: [] })).to.throw(UsageError);
  });

  it('never throws, says each thing once, and means by classes what the oracle means, on random worlds', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyPods, anyPolicies, fc.boolean(), (pods, given, isComplete) => {
        const policies = [...new Map(given.map((one) => [idOf(one.metadata), one])).values()];
        const world = modelWorld(pods, policies);
        const { findings: found, namespaces } = audit(
          { world, isComplete },
          { selectors: ['?'], mode: 'restricted', expectLabels: [{ key: 'ns', value: 'x' }] },
        );
        const keys = found.map(keyOf);
        expect(new Set(keys).size).to.equal(keys.length);
        const oracle = createOracle(world);
        for (const { name, ...classes } of namespaces)
          for (const direction of ['ingress', 'egress'] as const) {
            const ends = pods
              .filter((pod) => pod.namespace === name && pod.hostNetwork !== true)
              .map((pod) => {
                // A host that no selector means, and a port that no rule means.
                const pair = ['external/a', `${name}/${pod.name}`] as const;
                const [from, to] = direction === 'ingress' ? pair : pair.toReversed();
                return oracle.explain(from ?? '', to ?? '', 'TCP', 4242, 'IPv4')[direction];
              });
            seen.add(classes[direction]);
            const isolated = ends.map(({ isolatedBy }) => isolatedBy.length > 0);
            if (ends.length === 0) continue;
            if (classes[direction] === 'implicitly-open') expect(isolated).to.not.include(true);
            else if (classes[direction] !== 'mixed') expect(isolated).to.not.include(false);
            if (classes[direction].endsWith('-open'))
              expect(ends.map(({ verdict }) => verdict)).to.not.include('deny');
          }
      }),
      { numRuns: 500, seed: 9 },
    );
    expect(seen).to.include.all.keys(...namespaceClasses);
  });

  it('finds a policy that says the same in another order, and nothing changes without it, on random worlds', () => {
    fc.assert(
      fc.property(anyPods, anyPolicies, anyPolicy, (pods, others, one) => {
        const copy = { ...one, spec: reverse(one.spec) as typeof one.spec };
        const policies = [one, ...others, copy].map((each, index) => ({
          ...each,
          metadata: { ...each.metadata, name: `p${index}` },
        }));
        const { findings } = audit(
          { world: modelWorld(pods, policies), isComplete: true },
          { selectors: ['?'] },
        );
        const gone = findings.filter(({ id }) => id === 'duplicate-policy').map(({ object }) => object);
        expect(gone).to.include(`NetworkPolicy ${one.metadata.namespace}/p${policies.length - 1}`);
        const left = policies.filter(({ metadata }) => !gone.includes(`NetworkPolicy ${idOf(metadata)}`));
        const draw = (some: typeof policies) =>
          createOracle(modelWorld(pods, some)).matrix('TCP', 80, 'IPv4');
        expect(draw(left)).to.deep.equal(draw(policies));
      }),
      { numRuns: 200, seed: 10 },
    );
  });
});

/** The same with every list the other way round, and protocols written out. */
const reverse = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reverse).toReversed();
  if (typeof value !== 'object' || value === null) return value;
  const reversed = Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, key === 'ports' ? withProtocols(part as object[]) : reverse(part)]),
  );
  return reversed;
};

const withProtocols = (ports: readonly object[]): object[] =>
  ports.map((port) => ({ protocol: 'TCP', ...port })).toReversed();
