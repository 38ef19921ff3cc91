import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { readRecord, root } from '../netpol.ts';
import { records } from '../report/samples.ts';

type Step = { id?: string; run?: string; env?: Record<string, string> };

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>;
  runs: { steps: Step[] };
};
const step = action.runs.steps.find(({ id }) => id === 'run');

describe('The action', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'netpol-action-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Does what the runner does with the step: inputs become its variables, and its words a script of bash. */
  const run = async (
    inputs: Record<string, string>,
    ours = root,
  ): Promise<{ exitCode: number; outputs: Record<string, string> }> => {
    const valueOf = (text: string): string => {
      const name = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(text)?.[1];
      if (name === undefined) return text === '${{ github.action_path }}' ? ours : text;
      return inputs[name] ?? action.inputs[name]?.default ?? '';
    };
    const env = Object.fromEntries(
      Object.entries(step?.env ?? {}).map(([key, text]) => [key, valueOf(text)]),
    );
    const output = join(folder, 'output');
    const { exitCode = -1 } = await execa(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? ''],
      {
        cwd: folder,
        env: { ...env, RUNNER_TEMP: folder, GITHUB_OUTPUT: output },
        reject: false,
      },
    );
    const lines = readFileSync(output, 'utf8').trim().split('\n');
    return {
      exitCode,
      outputs: Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string])),
    };
  };

  const filter = 'network-policy/peers/pod-and-namespace';
  const rows: [Record<string, string>, number, string][] = [
    [{ plugin: 'reference' }, 0, 'passed'],
    [{ plugin: 'none' }, 1, 'failed'],
    [{ plugin: 'none', 'accept-failures': 'true' }, 0, 'failed'],
    [{ plugin: 'none', profile: 'nothing', 'accept-failures': 'true' }, 2, 'unknown'],
  ];
  for (const [inputs, status, verdict] of rows) {
    it(`ends with ${status} and the verdict ${verdict} for ${JSON.stringify(inputs)}`, async () => {
      const { exitCode, outputs } = await run({ provider: 'lab', filter, ...inputs });
      expect({ exitCode, verdict: outputs['verdict'] }).to.deep.equal({ exitCode: status, verdict });
      const files = readdirSync(outputs['results'] ?? '');
      if (status < 2) expect(files).to.include.members(['record.json', 'junit.xml', 'conformance.yaml']);
    });
  }

  it('runs the filters of all lines', async () => {
    const filters = [filter, 'network-policy/isolation/default-deny-ingress'];
    const { outputs } = await run({
      provider: 'lab',
      plugin: 'reference',
      filter: `${filters.join('\n')}\n`,
    });
    const { cases } = await readRecord(outputs['results'] ?? '');
    expect(cases.map(({ name }) => name)).to.have.members(filters);
  });

  const { fail, error } = records;
  const ends: [string, object | undefined, string][] = [
    ['no record', undefined, 'unknown'],
    ['a record of a run that broke', { ...fail, aborted: 'the run was killed' }, 'unknown'],
    ['a record with errors', error, 'unknown'],
    ['a record of failures', fail, 'failed'],
  ];
  for (const [what, record, verdict] of ends) {
    it(`takes an end with 1 and ${what} for ${verdict}`, async () => {
      const text = record === undefined ? '' : JSON.stringify(record);
      mkdirSync(join(folder, 'scripts'));
      writeFileSync(
        join(folder, 'scripts/netpol.mjs'),
        `import { writeFileSync } from 'node:fs';
        const text = ${JSON.stringify(text)};
        if (text !== '') writeFileSync(process.argv[process.argv.indexOf('--output') + 1] + '/record.json', text);
        process.exit(1);`,
      );
      const { exitCode, outputs } = await run({ 'accept-failures': 'true' }, folder);
      expect({ exitCode, verdict: outputs['verdict'] }).to.deep.equal({
        exitCode: verdict === 'failed' ? 0 : 2,
        verdict,
      });
    });
  }

  it('reads no input as a command', async () => {
    const word = '$(touch$IFS$PWD/touched);`touch$IFS$PWD/touched`';
    for (const inputs of [{ filter: word }, { filter, plugin: word }, { filter, 'accept-failures': word }])
      await run({ provider: 'lab', ...inputs });
    expect(readdirSync(folder)).to.not.include('touched');
  });
});
