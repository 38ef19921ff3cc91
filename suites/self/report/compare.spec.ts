import { expect } from 'chai';
import { compareRecords, exitCodeOfComparison, type Comparison } from '../../../helpers/report/compare.ts';
import { describeFeature } from '../../../helpers/report/compare-features.ts';
import { formatComparison } from '../../../helpers/report/compare-text.ts';
import type { PropertyRecord } from '../../../helpers/report/properties.ts';
import type { CaseRecord, RunRecord, Status } from '../../../helpers/report/record.ts';
import { expectGolden } from './golden.ts';
import { recordOf, samples } from './samples.ts';

const told = (name: PropertyRecord['name'], IPv4: string, IPv6 = IPv4): PropertyRecord => ({
  name,
  value: IPv4 === IPv6 ? IPv4 : `mixed: ${IPv4} 1, ${IPv6} 1`,
  families: { IPv4, IPv6 },
});

/** A run of a plugin with these statuses, by the last part of the name. */
const runOf = (
  plugin: string,
  statuses: Readonly<Record<string, Status>>,
  properties: PropertyRecord[] = [],
): RunRecord => {
  const cases = Object.entries(statuses).map(([name, status]): CaseRecord => ({
    ...samples[status],
    name: `network-policy/case/${name}`,
  }));
  const record = recordOf(cases);
  return { ...record, environment: { ...record.environment, plugin }, properties };
};

const compare = (...records: RunRecord[]): Comparison =>
  compareRecords(records.map((record, index) => ({ path: `results/${index + 1}`, record })));

const one = runOf(
  'calico',
  {
    same: 'pass',
    'also-same': 'fail',
    breaks: 'pass',
    'gets-lost': 'pass',
    mends: 'fail',
    only: 'pass',
    off: 'pass',
  },
  [told('icmp', 'denied'), told('established-tcp', 'kept', 'cut'), told('hairpin', 'allowed')],
);
const other = runOf(
  './plugins/a-plugin-with-a-long-name.yaml',
  {
    same: 'pass',
    'also-same': 'fail',
    breaks: 'fail',
    'gets-lost': 'error',
    mends: 'pass',
    off: 'skip',
    new: 'fail',
  },
  [told('icmp', 'allowed'), told('established-tcp', 'kept'), told('deny', 'drop')],
);
const third = runOf('cilium', { same: 'pass', breaks: 'pass', mends: 'error' }, [
  told('icmp', 'denied', 'allowed'),
]);

const pairs: Readonly<Record<string, Comparison>> = {
  two: compare(one, other),
  three: compare(one, other, third),
  equal: compare(one, one),
};

const namesOf = (cases: readonly { name: string }[]): string[] =>
  cases.map(({ name }) => name.replace('network-policy/case/', ''));

describe('comparison of runs', () => {
  for (const [name, comparison] of Object.entries(pairs))
    for (const width of [100, 60]) {
      it(`prints ${name} as the golden at width ${width}`, () => {
        expectGolden(`compare/${name}-${width}.txt`, `${formatComparison(comparison, width)}\n`);
      });
    }

  it('stays inside 100 columns without colour, in ASCII', () => {
    for (const comparison of Object.values(pairs)) {
      const text = formatComparison(comparison, 100);
      expect(text).to.match(/^[\n\u0020-\u007e]*$/);
      expect(text.split('\n').filter((line) => line.length > 100)).to.deep.equal([]);
    }
  });

  it('gives two runs as the golden for machines', () => {
    expectGolden('compare/two.json', `${JSON.stringify(pairs.two, null, 2)}\n`);
  });

  it('calls a regression what passed in the first run and is red in a later one', () => {
    const { regressions, fixed, changed, missing, same } = compare(one, other);
    expect(namesOf(regressions)).to.deep.equal(['breaks', 'gets-lost']);
    expect(namesOf(fixed)).to.deep.equal(['mends']);
    expect(namesOf(changed)).to.deep.equal(['off']);
    expect(namesOf(missing)).to.deep.equal(['only', 'new']);
    expect(same).to.equal(2);
  });

  it('finds a regression in any later run, although the last one is green or lacks the case', () => {
    const [green, red] = [runOf('a', { x: 'pass' }), runOf('b', { x: 'error' })];
    expect(namesOf(compare(green, red, green).regressions)).to.deep.equal(['x']);
    expect(namesOf(compare(green, red, runOf('c', {})).regressions)).to.deep.equal(['x']);
    expect(namesOf(compare(green, green, red).regressions)).to.deep.equal(['x']);
    expect(compare(red, red, green).regressions).to.deep.equal([]);
  });

  it('calls flaky what passes and is red where all that a run tells of its setup is equal', () => {
    const [green, red] = [runOf('a', { x: 'pass', y: 'pass' }), runOf('a', { x: 'error', y: 'pass' })];
    expect(namesOf(compare(green, red).flaky)).to.deep.equal(['x']);
    expect(namesOf(compare(runOf('b', { x: 'skip' }), red, green).flaky)).to.deep.equal(['x']);
    expect(compare(green, runOf('b', { x: 'error', y: 'pass' })).flaky).to.deep.equal([]);
    expect(compare(red, red).flaky).to.deep.equal([]);
    const [staging, prod] = ['staging', 'prod'].map((context) => ({ config: { context } }));
    expect(compare({ ...green, ...staging }, { ...red, ...prod }).flaky).to.deep.equal([]);
  });

  it('calls slower what passes and settles more than twice as late, by more than a few rounds', () => {
    const settling = (...times: number[]): RunRecord =>
      recordOf(times.map((settleMs, index) => ({ ...samples.pass, name: `x/${index}`, settleMs })));
    const { slower } = compare(
      settling(0, 100, 300, 1_000),
      settling(260, 340, 610, 1_900),
      settling(0, 360, 0, 0),
    );
    expect(slower).to.deep.equal([
      { name: 'x/0', settleMs: [0, 260, 0] },
      { name: 'x/1', settleMs: [100, 340, 360] },
      { name: 'x/2', settleMs: [300, 610, 0] },
    ]);
    expect(
      compare(settling(10), recordOf([{ ...samples.fail, name: 'x/0', settleMs: 9_000 }])).slower,
    ).to.deep.equal([]);
  });

  it('tells of each feature how its cases ended in each run', () => {
    const { features } = compare(
      runOf('a', { x: 'pass', y: 'fail' }),
      runOf('b', { x: 'skip' }),
      runOf('c', {}),
    );
    expect(features).to.deep.equal([
      {
        name: 'NetworkPolicy',
        counts: [{ pass: 1, fail: 1, error: 0, skip: 0 }, { pass: 0, fail: 0, error: 0, skip: 1 }, null],
      },
    ]);
    expect(features[0]?.counts.map((counts) => describeFeature(counts)?.words)).to.deep.equal([
      '1 fail, 1 pass',
      '1 skip',
      undefined,
    ]);
  });

  it('names the runs by what sets them apart', () => {
    const record = runOf('a', { x: 'pass' });
    const versioned = (versions: Record<string, string>): RunRecord => ({
      ...record,
      environment: { ...record.environment, versions },
    });
    const apart = (...records: RunRecord[]): string[] => compare(...records).runs.map((run) => run.apart);
    expect(apart(record, runOf('folder/b', {}))).to.deep.equal(['a', 'b']);
    expect(apart(versioned({ plugin: 'v1' }), versioned({ plugin: 'v2' }))).to.deep.equal(['v1', 'v2']);
    const clusters = ['v1.34.4', 'v1.35.0'].map((kubernetes) => versioned({ plugin: 'v1', kubernetes }));
    expect(apart(...clusters)).to.deep.equal(['v1.34.4', 'v1.35.0']);
    expect(apart(record, record)).to.deep.equal(['a', 'a']);
  });

  for (const [code, ...runs] of [
    [0, { x: 'pass', y: 'fail' }, { x: 'pass', y: 'fail' }],
    [0, { x: 'pass', y: 'pass' }, { x: 'pass', y: 'skip' }],
    [1, { x: 'pass', y: 'pass' }, { x: 'fail' }],
    [2, { x: 'pass' }, {}],
    [2, { x: 'pass' }, { x: 'skip' }],
    [2, { x: 'fail' }, { x: 'fail' }],
    [0, { x: 'fail' }, { x: 'pass' }],
    [2, {}, {}],
  ] as [number, ...Record<string, Status>[]][])
    it(`exits with ${code} for ${JSON.stringify(runs)}`, () => {
      expect(exitCodeOfComparison(compare(...runs.map((run) => runOf('a', run))))).to.equal(code);
    });

  it('exits with 2 where a later run ended before its end', () => {
    const run = runOf('a', { x: 'pass' });
    expect(exitCodeOfComparison(compare(run, { ...run, aborted: 'interrupted' }))).to.equal(2);
    expect(exitCodeOfComparison(compare({ ...run, aborted: 'interrupted' }, run))).to.equal(0);
  });

  for (const [statuses, group] of [
    [['fail', 'error'], 'changed'],
    [['skip', 'fail'], 'changed'],
    [['pass', 'skip'], 'changed'],
    [['fail', 'skip'], 'changed'],
    [['error', 'pass'], 'fixed'],
    [['fail', 'pass', 'fail'], 'changed'],
  ] as const)
    it(`calls ${statuses.join(' -> ')} ${group}, and no regression`, () => {
      const comparison = compare(...statuses.map((status) => runOf('a', { x: status })));
      expect(namesOf(comparison[group])).to.deep.equal(['x']);
      expect(comparison.regressions).to.deep.equal([]);
    });

  it('takes what one run does not tell for no difference, and families that disagree for one', () => {
    const differing = (...lists: PropertyRecord[][]): boolean[] =>
      compare(...lists.map((properties) => runOf('a', {}, properties))).properties.map(
        ({ differs }) => differs,
      );
    expect(differing([told('icmp', 'denied')], [])).to.deep.equal([false]);
    expect(differing([], [told('icmp', 'denied')], [told('icmp', 'allowed')])).to.deep.equal([true]);
    expect(differing([told('icmp', 'denied', 'allowed')], [told('icmp', 'allowed', 'denied')])).to.deep.equal(
      [true],
    );
    const onlyV4: PropertyRecord = { name: 'icmp', value: 'denied', families: { IPv4: 'denied' } };
    expect(differing([onlyV4], [told('icmp', 'denied')])).to.deep.equal([false]);
  });

  it('warns where versions of the suite may judge differently', () => {
    const newer: RunRecord = { ...one, tool: { ...one.tool, version: '0.2.0' } };
    expect(formatComparison(compare(one, newer), 100)).to.include('`May change verdicts`');
    expect(formatComparison(compare(one, one), 100)).to.not.include('May change verdicts');
  });

  it('says that a run was aborted', () => {
    expect(formatComparison(compare(one, { ...one, aborted: 'interrupted' }), 100)).to.include(
      'aborted: interrupted',
    );
  });

  it('says how many of the cases that a run lacks it does not list', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`n${index}`, 'pass' as const]));
    const text = formatComparison(compare(runOf('a', {}), runOf('b', many)), 100);
    expect(text).to.include('not in every run (30)').and.include('... and 10 more, all of them with --json');
    expect(text.match(/\/n\d+ /g)).to.have.length(20);
  });

  it('prints no escape sequence that a record brought', () => {
    const evil = runOf('\u001b[2Jbad', { 'x\u001b[31m': 'pass' }, [told('icmp', '\u0007denied')]);
    const worse = runOf('b\u009b', { 'x\u001b[31m': 'fail' }, [told('icmp', 'allowed')]);
    expect(formatComparison(compare(evil, worse), 100)).to.match(/^[\n\u0020-\u007e]*$/);
  });
});
