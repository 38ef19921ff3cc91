import { expect } from 'chai';
import { parse } from 'yaml';
import { formatConformance } from '../../../helpers/report/conformance.ts';
import { formatStepSummary } from '../../../helpers/report/github.ts';
import { formatJunit } from '../../../helpers/report/junit.ts';
import { readRecord } from '../../../helpers/report/read-record.ts';
import type { CaseRecord, RunRecord } from '../../../helpers/report/record.ts';
import { formatSummary } from '../../../helpers/report/summary.ts';
import { formatRecord } from '../../../helpers/report/write.ts';
import { recordOf, samples } from './samples.ts';

const own = samples.pass;
const other = { ...samples.pass, name: 'network-policy/peers/other' };
const icmp = { ...other, name: 'network-policy/icmp', features: ['NetworkPolicy', 'ICMP'] };

const shardOf = (...selection: CaseRecord[]): RunRecord => ({
  ...recordOf([own]),
  shard: {
    index: 1,
    count: 2,
    selection: selection.map(({ name, title, file, spec, features }) => ({
      ...{ name, title, file, spec, features },
    })),
  },
});

const standardOf = (record: RunRecord): { result: string; summary: string } | undefined =>
  (parse(formatConformance(record)) as { profiles: { standard: { result: string; summary: string } }[] })
    .profiles[0]?.standard;

describe('reports of a shard', () => {
  it('claim no level of which other shards have cases', () => {
    expect(standardOf(shardOf(own))?.result).to.equal('success');
    expect(standardOf(shardOf(own, icmp))?.result).to.equal('success');
    expect(standardOf(shardOf(own, other, icmp))).to.include({
      result: 'partial',
      summary: '1 passed; 1 in other shards',
    });
  });

  it('say which shard of how many it was, and how many cases are elsewhere', () => {
    const said = 'shard 1 of 2: 2 cases are for the others';
    const record = shardOf(own, other, icmp);
    expect(formatSummary(record, { results: 'results/1' }, { width: 100, colour: false })).to.include(said);
    expect(formatStepSummary(record)).to.include(said);
    expect(formatStepSummary(recordOf([own]))).not.to.include('shard');
    expect(formatJunit(record)).to.include('<property name="shard" value="1/2"/>');
    expect(formatJunit(recordOf([own]))).not.to.include('shard');
  });

  it('are read back as they were written, unless the shard is not right', () => {
    const record = shardOf(own, other);
    expect(readRecord(formatRecord(record))).to.deep.equal({ record });
    const { shard } = record;
    for (const wrong of [{ selection: [{}] }, { index: 'one' }, { count: undefined }])
      expect(readRecord(JSON.stringify({ ...record, shard: { ...shard, ...wrong } }))).to.have.property(
        'problems',
      );
  });
});
