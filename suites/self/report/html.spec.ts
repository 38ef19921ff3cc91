import { expect } from 'chai';
import { compareRecords } from '../../../helpers/report/compare.ts';
import { formatComparePage } from '../../../helpers/report/html/compare-page.ts';
import { formatMonitorPage } from '../../../helpers/report/html/monitor-page.ts';
import { formatRunPage } from '../../../helpers/report/html/run-page.ts';
import { expectGolden } from './golden.ts';
import { generatedCases } from './generated-samples.ts';
import { monitorRecords } from './monitor-samples.ts';
import { recordOf, records } from './samples.ts';

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
    const named = [records.pass, records.all].map((record, index) => ({ path: `results/${index}`, record }));
    expectGolden('html/compare.html', bodyOf(formatComparePage(compareRecords(named))));
  });

  it('draws the same grid of both families once', () => {
    const page = formatRunPage(records.pass);
    expect(page.split('"probes":["v4 TCP/80","v6 TCP/80"]')).to.have.length(3);
  });
});
