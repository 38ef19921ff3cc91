import { expect } from 'chai';
import { compareRecords } from '../../../helpers/report/compare.ts';
import { formatComparePage } from '../../../helpers/report/html/compare-page.ts';
import { formatMonitorPage } from '../../../helpers/report/html/monitor-page.ts';
import { formatRunPage } from '../../../helpers/report/html/run-page.ts';
import { expectGolden } from './golden.ts';
import { generatedCases } from './generated-samples.ts';
import { monitorRecords } from './monitor-samples.ts';
import { recordOf, records, samples } from './samples.ts';
import type { RunRecord } from '../../../helpers/report/record.ts';

/** Style and script of all pages are the same; what differs is between them. */
const bodyOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/su, '')
    .replace(/<script>.*?<\/script>/su, '')
    .replace(/'sha256-[^']*'/g, "'sha256-...'");

describe('HTML report', () => {
  for (const [name, record] of Object.entries(records))
    it(`gives a run with ${name} as the golden`, () => {
      expectGolden(`html/${name}.html`, bodyOf(formatRunPage(record)));
    });

  const [case_] = records.pass.cases;
  const odd = {
    aborted: { ...records.pass, aborted: 'interrupted' },
    empty: recordOf([]),
    vacuous: {
      ...records.pass,
      vacuous: [{ name: case_?.name ?? '', reason: 'no step asserts a denied cell' }],
    },
    shard: { ...records.pass, shard: { index: 1, count: 8, selection: records.all.cases } },
  };
  for (const [name, record] of Object.entries(odd))
    it(`gives a run that is ${name} as the golden`, () => {
      expectGolden(`html/${name}.html`, bodyOf(formatRunPage(record)));
    });

  it('is green for a run that proved something to its end, and for no other', () => {
    const headline = (record: RunRecord): string =>
      /<h1 class="(\w+)">\s*([^<]*)/.exec(formatRunPage(record))?.slice(1).join(' ') ?? '';
    expect(headline(records.pass)).to.equal('pass Passed: 1 pass');
    expect(headline(odd.shard)).to.equal('pass Passed, shard 1 of 8: 1 pass');
    expect(headline(odd.aborted)).to.equal('error Could not be told: 1 pass');
    expect(headline(odd.empty)).to.equal('skip Nothing was proved: no case');
    expect(headline(records.skip)).to.equal('skip Nothing was proved: 1 skip');
    expect(headline(records.fail)).to.equal('fail Failed: 1 fail');
    expect(headline(records.all)).to.match(/^error Could not be told: /);
    expect(formatRunPage(odd.vacuous)).to.include('would pass 1 of the 1 that passed');
  });

  it('calls a comparison green only where everything that passed is proved again', () => {
    const headline = (...some: RunRecord[]): string => {
      const page = formatComparePage(compareRecords(some.map((record) => ({ path: 'x', record }))));
      return /<h1 class="(\w+)">\s*([^<]*)/.exec(page)?.slice(1).join(' ') ?? '';
    };
    const renamed = (record: RunRecord): RunRecord => ({
      ...record,
      cases: record.cases.map((entry) => ({ ...entry, name: case_?.name ?? '' })),
    });
    expect(headline(records.pass, records.pass)).to.equal('pass No regression in 2 runs');
    expect(headline(records.pass, renamed(records.fail))).to.equal(
      'fail 1 regression in 2 runs, but no case passes in every run',
    );
    expect(headline(records.pass, recordOf([]))).to.match(
      /^error No regression in 2 runs, but no case passes/,
    );
    expect(headline(records.pass, odd.aborted)).to.equal(
      'error No regression in 2 runs, but B ended before the end',
    );
    const more = { ...records.all, cases: records.all.cases.filter(({ status }) => status === 'pass') };
    const two = { ...more, cases: [...more.cases, { ...samples.pass, name: 'network-policy/other' }] };
    expect(headline(two, records.pass)).to.equal(
      'skip No regression in 2 runs, but 1 that passed in A was not proved later',
    );
  });

  for (const name of ['pass', 'fail', 'error', 'all', 'nothing'] as const)
    it(`gives a monitor with ${name} as the golden`, () => {
      expectGolden(`html/monitor-${name}.html`, bodyOf(formatMonitorPage(monitorRecords[name])));
    });

  it('is one file below 3 MB for a thousand cases, grids and all', () => {
    const page = formatRunPage(recordOf(generatedCases(1_000)));
    expect(page.length).to.be.below(3_000_000).and.above(500_000);
    expect(page).not.to.match(/<(?:link|img|iframe)\b|<script[^>]+src=|url\(|@import/);
  });

  it('gives a comparison as the golden', () => {
    const worse = recordOf([{ ...samples.fail, name: samples.pass.name }, samples.mixed]);
    const named = [records.pass, records.all, { ...worse, tool: { ...worse.tool, version: '0.2.0' } }].map(
      (record, index) => ({ path: `results/${index}`, record }),
    );
    expectGolden('html/compare.html', bodyOf(formatComparePage(compareRecords(named))));
  });

  it('draws the same grid of both families once', () => {
    const page = formatRunPage(records.pass);
    expect(page.split('"probes":["v4 TCP/80","v6 TCP/80"]')).to.have.length(3);
  });
});
