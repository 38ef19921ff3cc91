import { expect } from 'chai';
import { readRecord } from '../../../helpers/report/read-record.ts';
import { formatRecord } from '../../../helpers/report/write.ts';
import { records } from './samples.ts';
import { tiers } from './tier-samples.ts';

type Plain = { [key: string]: Plain };

const problemsOf = (text: string): string[] => {
  const read = readRecord(text);
  return 'problems' in read ? read.problems : [];
};

const changed = (change: (record: Plain) => void): string => {
  const record = JSON.parse(formatRecord(records.fail)) as Plain;
  change(record);
  return JSON.stringify(record);
};

describe('a record that is read', () => {
  for (const [name, record] of Object.entries({ ...records, tiers }))
    it(`is what was written: ${name}`, () => {
      const text = formatRecord(record);
      expect(readRecord(text)).to.deep.equal({ record: JSON.parse(text) as object });
    });

  it('is refused where it is no record at all', () => {
    expect(problemsOf('{')[0]).to.match(/^not JSON: /);
    for (const text of ['[]', 'null', '7'])
      expect(problemsOf(text)[0], text).to.include('wanted a run record');
    expect(problemsOf('{}')).to.deep.equal(['`schemaVersion`: wanted 1, got none']);
    expect(problemsOf('{"schemaVersion": 2}')).to.deep.equal(['`schemaVersion`: wanted 1, got 2']);
  });

  it('is refused with every field that is not right', () => {
    const text = changed((record) => {
      delete record['tool'];
      Object.assign(record, { startedAt: 'yesterday', properties: {} });
    });
    expect(problemsOf(text).map((problem) => /`(\w+)`/.exec(problem)?.[1])).to.deep.equal([
      ...['tool', 'startedAt', 'properties'],
    ]);
  });

  it('is refused where a case is not right', () => {
    const grid = (record: Plain) => record['cases']?.[0]?.['steps']?.[0]?.['grids']?.[0] ?? {};
    for (const change of [
      (record: Plain) => Object.assign(record['cases']?.[0] ?? {}, { status: 'passed' }),
      (record: Plain) => Object.assign(record['cases']?.[0] ?? {}, { steps: {} }),
      (record: Plain) => Object.assign(grid(record), { got: [null] }),
      (record: Plain) => Object.assign(grid(record), { differing: [{}] }),
    ])
      expect(problemsOf(changed(change)), String(change)).to.have.length(1);
  });

  it('is refused where it counts otherwise than its cases', () => {
    const text = changed((record) =>
      Object.assign(record, { counts: { pass: 1, fail: 0, error: 0, skip: 0 } }),
    );
    expect(problemsOf(text)).to.deep.equal(['`counts`: not those of the cases: pass, fail']);
  });

  it('is refused without what a report needs of each case, and of the run', () => {
    for (const field of ['features', 'title', 'file', 'spec', 'durationMs'])
      expect(problemsOf(changed((record) => delete record['cases']?.[0]?.[field])), field).to.have.length(1);
    for (const field of ['command', 'config'])
      expect(problemsOf(changed((record) => delete record[field])), field).to.have.length(1);
  });

  it('is refused where a case stands in it twice', () => {
    const text = changed((record) => {
      const cases = record['cases'] as unknown as object[];
      cases.push(...cases);
      Object.assign(record, { counts: { pass: 0, fail: 2, error: 0, skip: 0 } });
    });
    expect(problemsOf(text)).to.deep.equal([`\`cases\`: ${records.fail.cases[0]?.name} stands there twice`]);
  });

  it('loses its secrets, whoever wrote it', () => {
    const text = changed((record) => Object.assign(record, { run: 'Bearer pl4nted-s3cret' }));
    expect(readRecord(text)).to.have.nested.property('record.run', 'Bearer [redacted]');
  });
});
