import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { formatCaseLine, formatProgress, formatRedCase } from '../../../helpers/report/console.ts';
import type { CaseRecord, RunRecord } from '../../../helpers/report/record.ts';
import type { Layout } from '../../../helpers/report/text.ts';
import { formatSummary } from '../../../helpers/report/summary.ts';
import { expectGolden } from './golden.ts';
import { recordOf, records, samples } from './samples.ts';

const results = 'results/a1b2c3';

const printRun = (record: RunRecord, layout: Layout): string => {
  const nameWidth = Math.max(...record.cases.map(({ name }) => name.length));
  const lines = record.cases.map((entry) => formatCaseLine(entry, layout, nameWidth));
  const red = record.cases.filter(({ status }) => status === 'fail' || status === 'error');
  const blocks = red.map((entry) => formatRedCase(entry, { results, flags: ['--provider', 'lab'] }, layout));
  return [
    ...lines,
    '',
    ...blocks,
    formatSummary(record, { results, flags: ['--provider', 'lab'] }, layout),
  ].join('\n');
};

const changed = (entry: CaseRecord, changes: Partial<CaseRecord>): CaseRecord => ({ ...entry, ...changes });

describe('console report', () => {
  for (const width of [100, 60])
    for (const [name, record] of Object.entries(records)) {
      it(`prints a run with ${name} as the golden at width ${width}`, () => {
        expectGolden(`console/${name}-${width}.txt`, printRun(record, { width, colour: false }));
      });

      it(`keeps a run with ${name} inside ${width} columns, but for what is to be copied`, () => {
        const text = printRun(record, { width, colour: false });
        const wide = text
          .split('\n')
          .filter((line) => line.length > width && !/^ *(?:(?:file|replay|evidence): |npm start)/.test(line))
          .filter((line) => line.trim().includes(' '));
        expect(wide).to.deep.equal([]);
      });

      it(`prints the same text in colour: ${name} at width ${width}`, () => {
        const coloured = printRun(record, { width, colour: true });
        expect(coloured).to.include('\u001b[');
        expect(stripVTControlCharacters(coloured)).to.equal(printRun(record, { width, colour: false }));
      });
    }

  it('prints only ASCII', () => {
    expect(printRun(records.all, { width: 100, colour: false })).to.match(/^[\n\u0020-\u007e]*$/);
  });

  it('has no colour unless asked', () => {
    expect(printRun(records.all, { width: 100, colour: false })).not.to.include('\u001b');
  });

  it('tells where a policy stands in the file that an API server took wrongly, and all that it said', () => {
    const answers = [{ policy: 'x/p', want: 'rejected', got: 'accepted' } as const];
    const step = {
      ...{ action: 'reject p', line: 7, settleMs: {}, rounds: 0, retries: 0, grids: [] },
      answers,
    };
    const message = '1 of 1 answer differs after step 1 (reject p)\n  x/p   want rejected   got accepted';
    const entry = changed(samples.fail, { steps: [step], message });
    const text = formatRedCase(entry, { results }, { width: 100, colour: false });
    expect(text).to.include(`file: ${entry.file}:7`).and.include('x/p   want rejected   got accepted');
  });

  it('draws what a flow was while something happened that it did not bear', () => {
    const [, restart] = samples.pass.steps;
    const [flow] = restart?.operation?.flows ?? [];
    if (restart?.operation === undefined || flow === undefined)
      throw new Error('the sample has lost its flow');
    const stretches = [{ what: 'leak' as const, from: 600, to: 800, detail: 'connected' }];
    const operation = { ...restart.operation, flows: [{ ...flow, stretches }] };
    const entry = changed(samples.fail, { steps: [{ ...restart, operation }], message: '1 of 20 flows' });
    const text = formatRedCase(entry, { results }, { width: 100, colour: false });
    expect(text).to.match(/^ {2}1 of 20 flows$/m);
    expect(text).to.match(/^ {4}what was done {9}\.{17}={26}\.{17}$/m);
    expect(text).to.match(/^ {4}x\/b -> x\/a v4 TCP\/80 {2}\.{20}!{8}\.{32}$/m);
  });

  it('counts the cells that it does not list', () => {
    const [first] = samples.fail.steps;
    const [grid] = first?.grids ?? [];
    if (first === undefined || grid === undefined) throw new Error('the sample has lost its grid');
    const [cell] = grid.differing;
    if (cell === undefined) throw new Error('the sample has lost its differing cell');
    const differing = Array.from({ length: 30 }, (_, index) => ({ ...cell, from: `n${index}/a` }));
    const steps = [{ ...first, grids: [{ ...grid, differing }] }];
    const text = formatRedCase(changed(samples.fail, { steps }), { results }, { width: 100, colour: false });
    expect(text).to.include('30 of 12 probes differ');
    expect(text.match(/ -> /g)).to.have.length(12);
    expect(text).to.include('... and 18 more, all of them in record.json');
  });

  it('names who answered in place of whom', () => {
    const [first] = samples.fail.steps;
    const [grid] = first?.grids ?? [];
    const got = { outcome: 'connected' as const, milliseconds: 1, answeredBy: 'y/a' };
    const cell = {
      from: 'x/b',
      to: 'x/svc',
      want: 'allow' as const,
      got,
      mayAnswer: ['x/a', 'x/b'],
      reason: '',
    };
    if (first === undefined || grid === undefined) throw new Error('the sample has lost its grid');
    const steps = [{ ...first, grids: [{ ...grid, differing: [cell] }] }];
    const text = formatRedCase(changed(samples.fail, { steps }), { results }, { width: 100, colour: false });
    expect(text).to.include('want allow by x/a or x/b   got allow by y/a');
  });

  it('puts wide grids one below the other, and does not break a grid that fits nowhere', () => {
    const [first] = samples.fail.steps;
    const [grid] = first?.grids ?? [];
    const seen = grid?.got[1];
    if (first === undefined || grid === undefined || seen === undefined)
      throw new Error('the sample has lost its grid');
    const print = (pods: string[]): string => {
      const cells = pods.flatMap(() => pods);
      const differing = [{ from: 'p1', to: 'p0', want: 'allow' as const, got: seen, reason: '' }];
      const wide = {
        ...grid,
        rows: pods,
        columns: pods,
        want: cells.map(() => 'allow' as const),
        got: cells.map(() => seen),
        differing,
      };
      const entry = changed(samples.fail, { steps: [{ ...first, grids: [wide] }] });
      return formatRedCase(entry, { results }, { width: 60, colour: false });
    };
    const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
    expect(print(names(5))).to.match(/^ +want +got$/m);
    expect(print(names(9)))
      .to.match(/^ +want$/m)
      .and.to.match(/^ +got$/m);
    expect(print(names(20))).to.match(/^ +\(the grid is \d+ columns wide: see record\.json\)$/m);
  });

  it('says a message that no cell tells, in full and without escape sequences', () => {
    const message = 'the pod went away\n  next: look \u001b[2Jat it\u0007';
    const entry = changed(samples.fail, { message, steps: [] });
    const text = formatRedCase(entry, { results }, { width: 100, colour: false });
    expect(text).to.include('  the pod went away\n    next: look at it\n');
  });

  it('replays nothing of a run that was stopped before its end, unless something failed', () => {
    const next = ({ cases, ...end }: Pick<RunRecord, 'aborted' | 'cases'>): string | undefined =>
      /^next: .*/m.exec(printRun({ ...recordOf(cases), ...end }, { width: 100, colour: false }))?.[0];
    const cases = [changed(samples.error, { message: 'never ran: interrupted' })];
    expect(next({ cases })).to.match(/^next: mend what kept us from telling/);
    expect(next({ cases, aborted: 'interrupted' })).to.equal('next: run it again');
    expect(next({ cases, aborted: 'the run was killed' })).to.match(/^next: mend what stopped the run/);
    expect(next({ cases: [samples.fail], aborted: 'interrupted' })).to.match(/^next: replay a failure/);
  });

  it('blanks a key in a message before lines are broken', () => {
    const message = `refused\n-----BEGIN RSA PRIVATE KEY-----\n${'QUJD '.repeat(60)}\n-----END RSA PRIVATE KEY-----`;
    const entry = changed(samples.error, { message });
    const record = { ...recordOf([]), cases: [entry] };
    expect(printRun(record, { width: 60, colour: false })).not.to.include('QUJD');
  });
});

describe('progress line', () => {
  const progress = {
    done: 12,
    total: 44,
    red: 0,
    elapsedMs: 3100,
    running: ['network-policy/ports/named', 'b'],
  };

  it('says how many are done, how long it took and what runs', () => {
    const text = formatProgress(progress, { width: 100, colour: false });
    expect(text).to.equal('12/44  3.10 s  running: network-policy/ports/named, b');
  });

  it('says how much time is left, and nothing while nobody knows', () => {
    const at = (leftMs?: number): string =>
      formatProgress({ ...progress, leftMs }, { width: 100, colour: false });
    expect(at()).not.to.include('left');
    expect(at(36_400)).to.equal('12/44  3.10 s  about 40 s left  running: network-policy/ports/named, b');
    expect(at(1)).to.include('  about 5 s left  ');
    expect(at(61_000)).to.include('  about 70 s left  ');
    expect(at(121_000)).to.include('  about 2 min left  ');
    expect(at(151_000)).to.include('  about 3 min left  ');
  });

  it('shrinks the names first where there is little room, and keeps the time left and what is red', () => {
    const line = { ...progress, done: 120, total: 432, red: 2, elapsedMs: 64_000, leftMs: 170_000 };
    const at = (width: number): string => formatProgress(line, { width, colour: false });
    const told = '120/432  64.0 s  about 3 min left  2 red';
    expect(at(100)).to.equal(`${told}  running: network-policy/ports/named, b`);
    expect(at(62)).to.equal(`${told}  running: named, b`);
    expect(at(59)).to.equal(told);
    expect(at(41)).to.equal(told);
    expect(at(40)).to.equal('120/432  about 3 min left  2 red');
    const many = { ...line, running: ['a/very-long-name-of-a-case', 'another'] };
    expect(formatProgress(many, { width: 71, colour: false })).to.equal(
      `${told}  running: very-long-name-o...`,
    );
  });

  it('says how many are red', () => {
    expect(formatProgress({ ...progress, red: 2 }, { width: 100, colour: false })).to.include('  2 red  ');
  });

  it('never reaches the last column, where a terminal would wrap', () => {
    for (const width of [20, 40, 53]) {
      expect(formatProgress(progress, { width, colour: false }).length).to.be.below(width);
    }
  });
});
