import { buildMatrix, type Expectation } from '../../../helpers/matrix/matrix.ts';
import type { CaseRecord, GridRecord, StepRecord } from '../../../helpers/report/record.ts';
import { samples } from './samples.ts';

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

/** So many cases of the size of generated ones; every tenth is red. */
export const generatedCases = (count: number): CaseRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    ...(index % 10 === 0 ? samples.fail : samples.pass),
    name: `network-policy/many/${index}`,
    steps: [1, 2, 3].map((step) => generatedStep(index + step)),
  }));
