import { expect } from 'chai';
import { formatMonitorPage } from '../../../helpers/report/html/monitor-page.ts';
import { formatRunPage } from '../../../helpers/report/html/run-page.ts';
import type { GridRecord, StepRecord } from '../../../helpers/report/record.ts';
import { buildMatrix, type Expectation } from '../../../helpers/matrix/matrix.ts';
import { expectGolden } from './golden.ts';
import { monitorRecords } from './monitor-samples.ts';
import { recordOf, records, samples } from './samples.ts';

/** Style and script of all pages are the same; what differs is between them. */
const bodyOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/su, '')
    .replace(/<script>.*?<\/script>/su, '')
    .replace(/'sha256-[^']*'/g, "'sha256-...'");

const pods = ['x', 'y', 'z'].flatMap((namespace) => ['a', 'b', 'c'].map((pod) => `${namespace}/${pod}`));

/** As large as those of generated cases: nine pods, both families, four ports, two of which differ from the others. */
const generatedStep = (seed: number): StepRecord => {
  const [step] = samples.fail.steps as [StepRecord];
  const gridOf = (probe: string, shift: number): GridRecord => {
    const { cells: want } = buildMatrix(pods, pods, (row, column): Expectation => {
      const place = pods.indexOf(row) + pods.indexOf(column) + shift;
      return row === column ? 'ignored' : place % 3 === 0 ? 'deny' : 'allow';
    });
    const got = want.map((cell) => ({
      outcome: cell === 'deny' ? ('dropped' as const) : ('connected' as const),
      milliseconds: 1,
    }));
    return { probe, rows: pods, columns: pods, want: [...want], got, differing: [] };
  };
  const grids = ['TCP/80', 'TCP/81', 'UDP/80', 'UDP/81'].flatMap((port, index) =>
    ['v4', 'v6'].map((family) => gridOf(`${family} ${port}`, seed + (index > 1 ? 1 : 0))),
  );
  return { ...step, settleMs: { allow: 40 + seed, deny: 30 + seed }, grids };
};

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
    const cases = Array.from({ length: 1_000 }, (_, index) => ({
      ...(index % 10 === 0 ? samples.fail : samples.pass),
      name: `network-policy/many/${index}`,
      steps: [1, 2, 3].map((count) => generatedStep(index + count)),
    }));
    const page = formatRunPage(recordOf(cases));
    expect(page.length).to.be.below(3_000_000).and.above(500_000);
    expect(page).not.to.match(/<(?:link|img|iframe)\b|<script[^>]+src=|url\(|@import/);
  });

  it('draws the same grid of both families once', () => {
    const page = formatRunPage(records.pass);
    expect(page.split('"probes":["v4 TCP/80","v6 TCP/80"]')).to.have.length(3);
  });
});
