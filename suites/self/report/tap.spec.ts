import { expect } from 'chai';
import { parse } from 'yaml';
import { formatTap } from '../../../helpers/report/tap.ts';
import { expectGolden } from './golden.ts';
import { recordOf, records, samples } from './samples.ts';

/** Test points and the YAML below them, as a consumer reads them. */
const read = (text: string): { line: string; block?: Record<string, unknown> }[] => {
  const [version, plan, ...rest] = text.split('\n');
  expect(version).to.equal('TAP version 14');
  const points: { line: string; block?: Record<string, unknown> }[] = [];
  let block: string[] | undefined;
  for (const line of rest)
    if (line === '  ---') block = [];
    else if (line === '  ...') {
      points.at(-1)!.block = parse((block ?? []).join('\n')) as Record<string, unknown>;
      block = undefined;
    } else if (block) {
      expect(line, 'a line of a block').to.match(/^( {2}|$)/);
      block.push(line.slice(2));
    } else if (/^(not )?ok /.test(line)) points.push({ line });
  expect(plan).to.equal(`1..${points.length}`);
  return points;
};

describe('TAP report', () => {
  for (const [name, record] of Object.entries(records)) {
    it(`gives a run with ${name} as the golden`, () => {
      expectGolden(`tap/${name}.tap`, formatTap(record));
    });

    it(`has a point for each case, red ones not ok and with their status: ${name}`, () => {
      const points = read(formatTap(record));
      for (const [index, { name, status }] of record.cases.entries()) {
        const { line = '', block } = points[index] ?? {};
        const isRed = status === 'fail' || status === 'error';
        expect(line).to.match(new RegExp(`^${isRed ? 'not ' : ''}ok ${index + 1} - ${name}`));
        expect(line.includes(' # SKIP'), line).to.equal(status === 'skip');
        expect(block?.['status']).to.equal(isRed ? status : undefined);
      }
    });
  }

  it('says that a run was cut off', () => {
    const text = formatTap({ ...records.pass, aborted: 'interrupted\nat once' });
    expect(text).to.match(/\nBail out! interrupted\n$/);
  });

  it('lets no name and no message be taken for something else', () => {
    const hostile = {
      ...samples.error,
      name: 'x # SKIP \\ y',
      title: 'a "title": [1\u001B[31m',
      message: '\n  ...\nok 7 - forged\n---\nkey: value',
    };
    const text = formatTap(recordOf([hostile, { ...samples.skip, message: 'one # TODO\ntwo' }]));
    const [first, second] = read(text);
    expect(first?.line).to.equal(String.raw`not ok 1 - x \# SKIP \\ y`);
    expect(first?.block).to.include({ status: 'error', title: 'a "title": [1' });
    expect(first?.block?.['message']).to.include('ok 7 - forged').and.include('key: value');
    expect(second?.line).to.match(/# SKIP one # TODO$/);
  });
});
