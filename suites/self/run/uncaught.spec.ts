import { expect } from 'chai';
import { execa } from 'execa';
import { readRecord, root, runNetpol, temporaryFolder } from '../netpol.ts';

/** The environment in which Node runs some code before the command line. */
const before = (code: string) => ({
  env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` },
});

const breakModule = (path: string): string => `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => {
    if (url.endsWith('${path}')) throw new Error('planted in ${path}');
    return next(url, context);
  } });`;

/** A module in which a piece of code is another. */
const plant = (path: string, code: string, planted: string): string => `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.includes('${path}')) return loaded;
    return { ...loaded, source: String(loaded.source).replace(${JSON.stringify(code)}, ${JSON.stringify(planted)}) };
  } });`;

describe('an error that nobody catches', function () {
  this.timeout(60_000);

  it('ends a command with 2, never with the 1 of a plugin that failed', async () => {
    for (const code of [
      `console.log = () => void Promise.reject(new Error('planted'));`,
      `console.log = () => void setImmediate(() => { throw new Error('planted'); });`,
    ]) {
      const { exitCode, stderr } = await runNetpol(['--help'], before(code));
      expect(exitCode, stderr).to.equal(2);
      expect(stderr).to.include('netpol: unexpected Error: planted');
    }
  });

  it('ends it with 2 where a module of ours cannot be loaded', async () => {
    for (const path of ['/helpers/errors.ts', '/helpers/report/redact.ts', '/helpers/run/run-command.ts']) {
      const { exitCode, stderr } = await runNetpol(['run', '--nope'], before(breakModule(path)));
      expect(exitCode, stderr).to.equal(2);
      expect(stderr).to.include(`planted in ${path}`);
    }
  });

  it('ends a command with 2 where its output cannot be written, and not where nobody reads it', async () => {
    const endings = [];
    for (const reader of ['> /dev/full', '| true']) {
      const shell = `set -o pipefail; "$0" helpers/run/cli.ts list --json ${reader}`;
      const { exitCode = -1, stderr } = await execa('bash', ['-c', shell, process.execPath], {
        cwd: root,
        reject: false,
      });
      endings.push([exitCode, stderr.split(':', 2).join(':')]);
    }
    expect(endings).to.deep.equal([
      [2, 'netpol: the output was not written'],
      [0, ''],
    ]);
  });

  it('ends a run with 2, and the run still cleans up and has its record', async () => {
    await using folder = await temporaryFolder();
    const code = `
      const write = process.stdout.write;
      let isPlanted = false;
      process.stdout.write = function (text, ...rest) {
        if (!isPlanted && /isolation.default-deny-ingress/.test(text)) {
          isPlanted = true;
          setImmediate(() => { throw new Error('planted'); });
        }
        return write.call(this, text, ...rest);
      };`;
    const scenarios = [
      'network-policy/isolation/default-deny-ingress',
      'network-policy/peers/pod-and-namespace',
    ];
    const { exitCode, output } = await runNetpol(
      ['run', ...scenarios, '--provider', 'lab', '--lanes', '1', '--output', folder.path],
      before(code),
    );
    expect(exitCode, output).to.equal(2);
    expect(output).to.include('unexpected Error: planted');
    expect((await readRecord(folder.path)).aborted).to.equal('a defect of ours ended the run: planted');
  });

  for (const [what, planted] of [
    ['exception', `setImmediate(() => { throw new Error('planted'); });`],
    ['rejection', `Promise.reject(new Error('planted'));`],
  ] as const)
    it(`ends a run with 2 after an uncaught ${what}, while its last scenario is under way`, async () => {
      const start = 'record.startedAt =';
      const { exitCode, output, aborted, cases } = await runWith(
        plant('/run/check.ts', start, planted + start),
      );
      expect(exitCode, output).to.equal(2);
      expect(output).to.include('unexpected Error: planted');
      expect(aborted).to.equal('a defect of ours ended the run: planted');
      expect(cases.map(({ status }) => status)).to.deep.equal(['error']);
      expect(cases.map(({ message }) => message)).to.deep.equal([`never ran: ${aborted}`]);
    });

  it('ends a run with 2 where a case that passed cannot be told', async () => {
    const { exitCode, output, aborted, cases } = await runWith(
      plant('/run/screen.ts', 'done += 1;', `throw new Error('planted');`),
    );
    expect(exitCode, output).to.equal(2);
    expect(output).to.include('unexpected Error: planted');
    expect(aborted).to.equal('a defect of ours ended the run: planted');
    expect(cases.map(({ status }) => status)).to.deep.equal(['pass']);
  });

  it('ends a run with 2 where a hook of a spec file fails, whatever its scenarios would say', async () => {
    const suite = `describe('NetworkPolicy'`;
    const { exitCode, output, aborted, cases } = await runWith(
      plant('/network-policy.spec.ts', suite, `before(() => { throw new Error('planted'); }); ${suite}`),
    );
    expect(exitCode, output).to.equal(2);
    expect(aborted).to.match(/^"before all" hook.* failed: planted$/);
    expect(cases.map(({ status }) => status)).to.deep.equal(['error']);
    expect(cases.map(({ message }) => message)).to.deep.equal([`never ran: ${aborted}`]);
  });

  it('calls it an error where a hook leaves scenarios out', async () => {
    const suite = `describe('NetworkPolicy'`;
    const { exitCode, output, cases } = await runWith(
      plant('/network-policy.spec.ts', suite, `before(function () { this.skip(); }); ${suite}`),
    );
    expect(exitCode, output).to.equal(2);
    expect(cases.map(({ status }) => status)).to.deep.equal(['error']);
    expect(cases.map(({ message }) => message)).to.deep.equal(['never ran: mocha ended before its turn']);
  });

  it('makes no cluster where a spec file has an `.only`, which would leave scenarios out', async () => {
    const { exitCode, output } = await runNetpol(
      ['run', 'network-policy/isolation', '--provider', 'lab'],
      before(plant('/network-policy.spec.ts', 'it(scenario', 'it.only(scenario')),
    );
    expect(exitCode, output).to.equal(2);
    expect(output)
      .to.match(/`\.only` forbidden/)
      .and.not.include('lab ready');
  });
});

const runWith = async (planted: string) => {
  await using folder = await temporaryFolder();
  const one = ['run', 'network-policy/peers/pod-and-namespace', '--provider', 'lab'];
  const ended = await runNetpol([...one, '--output', folder.path], before(planted));
  return { ...ended, ...(await readRecord(folder.path)) };
};
