import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { EnvironmentError } from '../../../helpers/errors.ts';
import type { RunRecord } from '../../../helpers/report/record.ts';
import { openRunLog } from '../../../helpers/report/run-log.ts';
import { requireRoom, writeEvidence, writeResults } from '../../../helpers/report/write.ts';
import { implementation as implementationSample, records, samples, startOf } from './samples.ts';

const planted = '-----BEGIN PRIVATE KEY-----\nUExBTlRFRFBMQU5URUQ=\n-----END PRIVATE KEY-----';
const endless = fileURLToPath(new URL('endless-run.ts', import.meta.url));

describe('results', () => {
  let folder = '';
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const readRecord = (): RunRecord => JSON.parse(read('record.json')) as RunRecord;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'netpol-report-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are a record and its reports, and nothing half-written beside them', () => {
    writeResults(folder, records.all);
    expect(readdirSync(folder).toSorted()).to.deep.equal([
      ...['conformance.yaml', 'junit.xml', 'record.json', 'report.html', 'results.tap'],
    ]);
    expect(readRecord().counts).to.deep.equal(records.all.counts);
    expect(read('junit.xml')).to.include('<testsuites name="netpol-conformance" tests="6"');
  });

  it('hold no secret that a message, an observation or the evidence brought', () => {
    const [step] = samples.error.steps;
    const [grid] = step?.grids ?? [];
    if (step === undefined || grid === undefined) throw new Error('the sample has lost its grid');
    const got = grid.got.map((seen) => ({ ...seen, detail: planted }));
    const entry = {
      ...samples.error,
      message: planted,
      steps: [{ ...step, action: planted, grids: [{ ...grid, got }] }],
    };
    const additionalInformation = planted;
    const implementation = { ...implementationSample, additionalInformation };
    writeResults(folder, { ...records.error, implementation, cases: [entry], aborted: planted });
    writeEvidence(folder, 'a/b', { 'agent.log': `${planted}\nkept` });
    const written = [
      'record.json',
      'report.html',
      'junit.xml',
      'results.tap',
      'conformance.yaml',
      'a/b/agent.log',
    ].map(read);
    for (const text of written)
      expect(text).to.include('[redacted').and.not.to.include('UExBTlRFRFBMQU5URUQ');
    expect(written.at(-1)).to.include('kept');
  });

  it('keep evidence inside their folder, whatever it is called', () => {
    expect(writeEvidence(folder, 'a/../../b', { '../../x y': 'text' })).to.equal('a/-/-/b');
    expect(read('a/-/-/b/-..-x-y')).to.equal('text');
  });

  it('are written as far as they can be, and what is missing is said', () => {
    mkdirSync(join(folder, 'record.json'));
    expect(() => writeResults(folder, records.pass)).to.throw(EnvironmentError, /record\.json: /);
    expect(read('junit.xml')).to.include('<testcase');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
  });

  it('are told also where they cannot be written', () => {
    const log = openRunLog(folder, startOf([samples.pass]));
    log.finish(samples.pass);
    rmSync(join(folder, 'record.json'));
    mkdirSync(join(folder, 'record.json'));
    const told: RunRecord[] = [];
    expect(() => log.close({}, (record) => told.push(record))).to.throw(EnvironmentError, /record\.json: /);
    expect(told.map(({ counts }) => counts.pass)).to.deep.equal([1]);
  });

  it('are tried before, which leaves nothing', () => {
    requireRoom(join(folder, 'a/b'), 'x'.repeat(10_000));
    expect(readdirSync(folder)).to.deep.equal([]);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const link = join(folder, 'link to no file');
    symlinkSync(join(folder, 'absent'), link);
    for (const wrong of [file, join(file, 'a/b'), link, join(link, 'a')])
      expect(() => requireRoom(wrong, '')).to.throw(EnvironmentError, /file is no folder/);
    // Root, too, may make no file there.
    expect(() => requireRoom('/proc/self', 'x')).to.throw(
      EnvironmentError,
      /cannot be written to \/proc\/self/,
    );
  });

  it('replace an older record as a whole', () => {
    writeFileSync(join(folder, 'record.json'), 'x'.repeat(100_000));
    chmodSync(join(folder, 'record.json'), 0o644);
    writeResults(folder, records.pass);
    expect(readRecord().run).to.equal('a1b2c3');
  });

  it('stand on disk from the beginning, with every case as an error', () => {
    openRunLog(folder, startOf([samples.pass, samples.skip])).close();
    const log = openRunLog(folder, startOf([samples.pass, samples.skip]));
    expect(readRecord().counts).to.deep.equal({ pass: 0, fail: 0, error: 2, skip: 0 });
    expect(readRecord().aborted).to.equal('the run was killed');
    log.finish(samples.pass);
    log.giveUp(samples.skip.name, 'its hook failed');
    const closed = log.close({ vacuous: [{ name: samples.pass.name, reason: 'nothing is denied' }] });
    expect(closed.counts).to.deep.equal({ pass: 1, fail: 0, error: 1, skip: 0 });
    expect(readRecord().cases.map(({ message }) => message)).to.deep.equal([
      undefined,
      'never ran: its hook failed',
    ]);
    expect(readRecord().aborted).to.equal(undefined);
    for (const name of ['report.html', 'junit.xml', 'results.tap', 'conformance.yaml'])
      expect(existsSync(join(folder, name)), name).to.equal(true);
  });

  for (const [how, wanted] of [
    ['SIGKILL', 'never ran: the run was killed'],
    ['exit', 'never ran: the process ended before the run did'],
    ['throw', 'never ran: the process ended before the run did'],
  ] as const) {
    it(`are honest and whole when the process ends by ${how}`, async function () {
      this.timeout(20_000);
      const child = spawn(process.execPath, [endless, folder, how], { stdio: ['ignore', 'pipe', 'ignore'] });
      await once(child.stdout, 'data');
      if (how === 'SIGKILL') child.kill('SIGKILL');
      await once(child, 'close');
      const { cases, counts } = readRecord();
      expect(cases).to.have.length(1000);
      expect(cases.at(-1)?.message).to.equal(wanted);
      expect(counts.pass).to.be.above(0);
      expect(counts.pass + counts.error).to.equal(1000);
    });
  }
});
