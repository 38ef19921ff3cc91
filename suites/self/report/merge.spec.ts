import { expect } from 'chai';
import { formatProblem } from '../../../helpers/errors.ts';
import { mergeRecords, type Part } from '../../../helpers/report/merge.ts';
import { exitCodeOf, type CaseRecord, type RunRecord } from '../../../helpers/report/record.ts';
import { implementation, recordOf, samples } from './samples.ts';

const { pass, fail, error, skip } = samples;
const suite: CaseRecord[] = [pass, fail, error, skip];
const selection = suite.map(({ name, title, file, spec, features }) => ({
  ...{ name, title, file, spec, features },
}));
const by = { run: 'f00ba4', command: ['netpol', 'merge', 'one', 'two'] };

const shard = (index: number, cases: readonly CaseRecord[], changes: Partial<RunRecord> = {}): Part => {
  const record = recordOf(cases);
  return {
    path: `shard-${index}`,
    record: { ...record, shard: { index, count: 2, selection }, ...changes },
  };
};
const one = shard(1, [pass, error]);
const two = shard(2, [fail, skip], { startedAt: '2026-01-02T03:04:01.000Z', durationMs: 9_000 });

const merge = (...parts: Part[]): { record: RunRecord; missing: string[] } => {
  const merged = mergeRecords(parts, by);
  if ('problems' in merged) throw new Error(merged.problems.map(formatProblem).join('\n'));
  return merged;
};

const problemsOf = (...parts: Part[]): string[] => {
  const merged = mergeRecords(parts, by);
  return 'problems' in merged ? merged.problems.map(formatProblem) : [];
};

const changed = (changes: Partial<RunRecord>): Part => ({ ...two, record: { ...two.record, ...changes } });

describe('shards that are merged', () => {
  it('are the record of the whole run, in whatever order they come', () => {
    const { record, missing } = merge(two, one);
    const whole = recordOf(suite);
    expect(record.cases).to.deep.equal(whole.cases);
    expect(record.counts).to.deep.equal(whole.counts);
    expect(record.properties).to.deep.equal(whole.properties);
    expect(record).to.include({ run: 'f00ba4', startedAt: two.record.startedAt, durationMs: 9_000 });
    expect(record).not.to.have.any.keys('shard', 'aborted');
    expect(record.implementation).to.deep.equal(implementation);
    expect(missing).to.deep.equal([]);
  });

  it('keep what each says of vacuous cases and of its end', () => {
    const vacuous = [{ name: pass.name, reason: 'no step asserts a denied cell' }];
    const { record } = merge(shard(1, [pass, error], { vacuous }), changed({ aborted: 'interrupted' }));
    expect(record.vacuous).to.deep.equal(vacuous);
    expect(record.aborted).to.equal('shard 2/2: interrupted');
  });

  it('make the cases of a shard that is missing errors, never a silence', () => {
    const green = { ...one.record, ...recordOf([pass]), shard: one.record.shard };
    const { record, missing } = merge({ path: 'one', record: green as RunRecord });
    expect(missing).to.deep.equal(['2/2']);
    expect(record.counts).to.deep.equal({ pass: 1, fail: 0, error: 3, skip: 0 });
    expect(record.cases[1]).to.deep.include({
      ...selection[1],
      status: 'error',
      message: 'never ran: no record of shard 2/2',
    });
    expect(exitCodeOf(record)).to.equal(2);
  });

  it('may differ in how much they told while they ran', () => {
    const { config } = two.record;
    const { record } = merge(one, changed({ config: { ...config, quiet: true, verbose: true } }));
    expect(record.config).to.deep.equal({ provider: 'lab', plugin: 'reference' });
  });

  it('may differ in the machine that they ran on, which is told of all of them', () => {
    const { environment, config } = two.record;
    const { record } = merge(
      one,
      changed({
        environment: { ...environment, versions: { ...environment.versions, kernel: '6.19.0' } },
        config: { ...config, lanes: 1, output: 'two', shard: '2/2' },
      }),
    );
    expect(record.environment.versions).to.deep.equal({ kernel: '6.18.5 and 6.19.0', node: '24.21.0' });
    expect(record.config).to.deep.equal({ provider: 'lab', plugin: 'reference' });
  });

  it('are refused with everything in which they differ', () => {
    const { tool, environment, config } = two.record;
    const problems = problemsOf(
      one,
      changed({
        tool: { ...tool, version: '0.2.0' },
        environment: {
          ...environment,
          provider: 'kind',
          plugin: 'none',
          versions: { kubernetes: 'v1.34.4' },
        },
        config: { ...config, plugin: 'none', profile: 'all' },
        unasked: [{ features: ['ICMP'], cases: 1 }],
        shard: { index: 2, count: 3, selection: selection.slice(1) },
      }),
    );
    expect(problems.map((problem) => /^shard-2: `([^`]+)`/.exec(problem)?.[1] ?? problem)).to.deep.equal([
      ...['tool.version', 'shard.count', 'environment.provider', 'environment.plugin'],
      ...['config.plugin', 'unasked', 'environment.versions.kubernetes', 'config.profile'],
      `shard-2: its run chose other cases than that of shard-1: it lacks ${pass.name}`,
    ]);
    expect(problems[3]).to.include('wanted "reference" as in shard-1, got "none"');
  });

  it('are refused where a record is no shard, is there twice, or has cases of another', () => {
    const { shard: _, ...whole } = one.record;
    const stranger = { ...pass, name: 'network-policy/stranger' };
    expect(problemsOf({ path: 'whole', record: whole }, one, { ...one, path: 'again' })).to.deep.equal([
      'whole: no shard of a run',
      'again: shard 1/2 is there already: shard-1',
    ]);
    expect(problemsOf(one, shard(2, [pass, fail, stranger]))).to.deep.equal([
      `shard-2: ${pass.name} is also in shard-1`,
      `shard-2: ${stranger.name} is none of the cases that its run chose`,
    ]);
  });
});
