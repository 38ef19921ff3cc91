import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import type { RunRecord } from '../../../helpers/report/record.ts';
import { closeRunRecord, createRunRecord } from '../../../helpers/report/run-record.ts';
import { formatRecord } from '../../../helpers/report/write.ts';
import { implementation, records, samples, startOf } from './samples.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../manifests/run-record.schema.json', import.meta.url), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true }).compile(schema);

const problemsOf = (record: unknown): string[] => {
  validate(record);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

type Plain = { [key: string]: Plain };
const parse = (record: RunRecord): Plain => JSON.parse(formatRecord(record)) as Plain;

/** All objects inside, with the way to each; what stands below `config` and `versions` is free. */
const objectsIn = (value: Plain, path = ''): { path: string; object: Plain }[] => {
  if (typeof value !== 'object') return [];
  const here = Array.isArray(value) ? [] : [{ path, object: value }];
  const below = Object.entries(value)
    .filter(([key]) => !['config', 'versions'].includes(key))
    .flatMap(([key, part]) => objectsIn(part, `${path}/${key}`));
  return [...here, ...below];
};

const omit = (record: Plain, ...keys: string[]): Plain =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

const { pass, fail, skip } = samples;

describe('run record', () => {
  it('holds every declared case in the order of the suite; what never finished is an error', () => {
    const closed = closeRunRecord(createRunRecord(startOf([skip, pass, fail])), {
      finished: [fail],
      durationMs: 9,
    });
    expect(closed.cases.map(({ name, status }) => `${name} ${status}`)).to.deep.equal([
      `${skip.name} error`,
      `${pass.name} error`,
      `${fail.name} fail`,
    ]);
    expect(closed.cases[0]?.message).to.equal('never ran: the run ended before its turn');
    expect(closed.counts).to.deep.equal({ pass: 0, fail: 1, error: 2, skip: 0 });
  });

  it('keeps what an API server answered, in the form that its schema describes', () => {
    const step = {
      ...{ action: 'reject p', line: 5, settleMs: {}, rounds: 0, retries: 0, grids: [] },
      answers: [
        { policy: 'x/p', want: 'rejected', got: 'rejected', status: 422, message: 'is invalid' } as const,
        { policy: 'x/q', want: 'rejected', got: 'accepted' } as const,
      ],
    };
    const asked = { ...pass, steps: [step] };
    const record = closeRunRecord(createRunRecord(startOf([asked])), { finished: [asked], durationMs: 1 });
    expect(problemsOf(parse(record))).to.deep.equal([]);
    expect(record.cases[0]?.steps[0]?.answers).to.deep.equal(step.answers);
    const spoilt = {
      ...asked,
      steps: [{ ...step, answers: [{ policy: 'x/p', want: 'refused', got: 'accepted' }] }],
    };
    expect(problemsOf({ ...parse(record), cases: [spoilt] })).to.not.deep.equal([]);
  });

  it('of a shard holds its own cases and names all of them, in the form that its schema describes', () => {
    const selection = [skip, pass].map(({ name, title, file, spec, features }) => ({
      ...{ name, title, file, spec, features },
    }));
    const shard = { index: 2, count: 3, selection };
    const record = closeRunRecord(createRunRecord({ ...startOf([pass]), shard }), {
      finished: [pass],
      durationMs: 1,
    });
    const written = parse(record);
    expect(problemsOf(written)).to.deep.equal([]);
    expect(written).to.deep.equal(record);
    expect(formatRecord(record)).to.match(/\n      \{"name":"[^\n]*\n    \]\n  \},\n  "cases": \[\n/);
    const [declared] = selection;
    for (const wrong of [{ index: 0 }, { count: 1.5 }, { selection: [{ ...declared, status: 'pass' }] }])
      expect(problemsOf({ ...written, shard: { ...shard, ...wrong } })).to.not.deep.equal([]);
  });

  it('is all errors before anything ran', () => {
    expect(createRunRecord(startOf([pass, fail])).counts).to.deep.equal({
      pass: 0,
      fail: 0,
      error: 2,
      skip: 0,
    });
  });

  it('gives the closest reason why a case never ran', () => {
    const neverRan = new Map([[pass.name, 'hook failed']]);
    const end = { finished: [], durationMs: 1, neverRan, aborted: 'interrupted' };
    const closed = closeRunRecord(createRunRecord(startOf([pass, fail])), end);
    expect(closed.cases.map(({ message }) => message)).to.deep.equal([
      'never ran: hook failed',
      'never ran: interrupted',
    ]);
    expect(closed.aborted).to.equal('interrupted');
  });

  it('refuses a finished case that nobody declared, and one that finished twice', () => {
    const opened = createRunRecord(startOf([pass]));
    expect(() => closeRunRecord(opened, { finished: [fail], durationMs: 1 })).to.throw(RangeError, fail.name);
    expect(() => closeRunRecord(opened, { finished: [pass, pass], durationMs: 1 })).to.throw(
      RangeError,
      'twice',
    );
  });

  it('shows the configuration without secrets', () => {
    const config = {
      plugin: 'none',
      token: 'abc',
      kubeconfig: 'apiVersion: v1\nusers: []',
      context: 'staging',
    };
    const record = createRunRecord({ ...startOf([]), config, command: ['run', '--token', 'abc'] });
    expect(record.config).to.deep.equal({
      plugin: 'none',
      token: '[redacted]',
      kubeconfig: '[redacted]',
      context: 'staging',
    });
    expect(record.command).to.deep.equal(['run', '--token', '[redacted]']);
  });

  it('says who answers for the plugin, without secrets, and what was not asked', () => {
    const start = startOf([]);
    const additionalInformation = 'https://me:hunter2hunter2@ci.example/7';
    const unasked = [{ features: ['NetworkPolicy'], cases: 3 }];
    const record = createRunRecord({
      ...start,
      implementation: { ...implementation, additionalInformation },
      unasked,
    });
    expect(record.implementation).to.deep.equal({
      ...implementation,
      additionalInformation: 'https://[redacted]@ci.example/7',
    });
    expect(record.unasked).to.deep.equal(unasked);
    expect(problemsOf(parse(record))).to.deep.equal([]);
  });

  it('is written one case a line and reads back the same', () => {
    expect(JSON.parse(formatRecord(records.all))).to.deep.equal(JSON.parse(JSON.stringify(records.all)));
    expect(
      formatRecord(records.all)
        .split('\n')
        .filter((line) => line.startsWith('    {"name"')),
    ).to.have.length(6);
  });
});

describe('run-record.schema.json', () => {
  for (const [name, record] of Object.entries(records)) {
    it(`accepts a run with ${name}`, () => {
      expect(problemsOf(parse(record))).to.deep.equal([]);
    });
  }

  it('refuses an unknown field in every object', () => {
    const record = parse(records.all);
    const silent = objectsIn(record).filter(({ object }) => {
      object['surplus'] = {};
      const problems = problemsOf(record);
      delete object['surplus'];
      return problems.length === 0;
    });
    expect(objectsIn(record).length).to.be.above(100);
    expect(silent.map(({ path }) => path)).to.deep.equal([]);
  });

  it('refuses a record that lacks any field that every record has', () => {
    const optional = ['implementation', 'unasked'];
    expect(problemsOf(omit(parse(records.pass), ...optional))).to.deep.equal([]);
    for (const key of Object.keys(omit(parse(records.pass), ...optional))) {
      const { [key]: taken, ...rest } = parse(records.pass);
      expect(taken, key).not.to.equal(undefined);
      expect(problemsOf(rest), key).not.to.deep.equal([]);
    }
  });

  it('refuses wrong values', () => {
    const wrong: ((record: Plain) => void)[] = [
      (record) => Object.assign(record, { schemaVersion: 2 }),
      (record) => Object.assign(record, { startedAt: 'yesterday' }),
      (record) => Object.assign(record, { durationMs: -1 }),
      (record) => Object.assign(record['implementation'] ?? {}, { contact: '@one' }),
      (record) => Object.assign(record, { unasked: [{ features: [], cases: 0 }] }),
      (record) => Object.assign(record['counts'] ?? {}, { pass: 1.5 }),
      (record) => Object.assign(record['cases']?.[0] ?? {}, { status: 'passed' }),
      (record) =>
        Object.assign(record['cases']?.[0]?.['steps']?.[0]?.['grids']?.[0] ?? {}, { probe: 'TCP/80' }),
      (record) => Object.assign(record['cases']?.[0]?.['steps']?.[0]?.['settleMs'] ?? {}, { allow: '21 ms' }),
    ];
    for (const change of wrong) {
      const record = parse(records.pass);
      change(record);
      expect(problemsOf(record), String(change)).not.to.deep.equal([]);
    }
  });

  it('knows the name of every kind of probe, and no other', () => {
    const problemsWith = (probe: string): string[] => {
      const record = parse(records.pass);
      Object.assign(record['cases']?.[0]?.['steps']?.[0]?.['grids']?.[0] ?? {}, { probe });
      return problemsOf(record);
    };
    const kinds = ['ICMP', 'TCP/80', 'node-port TCP/80', 'fragmented service UDP/80', 'unreachable UDP/9'];
    for (const name of [...kinds, 'established TCP/80', 'established UDP/80', 'service-name TCP/80'])
      for (const family of ['v4', 'v6']) expect(problemsWith(`${family} ${name}`)).to.deep.equal([]);
    for (const name of [
      'ICMP',
      'v4 ICMP/0',
      'v4 service ICMP',
      'v4 strange UDP/80',
      'v4 service fragmented UDP/80',
    ])
      expect(problemsWith(name), name).to.not.deep.equal([]);
  });

  it('refuses a red or skipped case without a message, and a passed one with a message', () => {
    for (const [name, record] of Object.entries(records)) {
      const plain = parse(record);
      const [first] = Object.values(plain['cases'] ?? {});
      if (name === 'pass' || name === 'all') Object.assign(first ?? {}, { message: 'but' });
      else delete first?.['message'];
      expect(problemsOf(plain), name).not.to.deep.equal([]);
    }
  });
});
