import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { listPlugins } from '../../../scripts/list-plugins.ts';
import { root } from '../netpol.ts';

type Step = { id?: string; run?: string; env?: Record<string, string> };

describe('list-plugins', () => {
  it('gives a workflow each plugin in each mode, or the ones that are named', () => {
    const all = listPlugins();
    const result = { expect: 'passed failed' };
    expect(all).to.deep.include({ plugin: 'calico', id: 'calico', ...result });
    expect(all).to.deep.include({ plugin: 'calico/nftables', id: 'calico-nftables', ...result });
    expect(all.map(({ plugin }) => plugin)).to.not.include('reference');
    expect(listPlugins(['kindnet'])).to.deep.equal([{ plugin: 'kindnet', id: 'kindnet', ...result }]);
    expect(() => listPlugins(['flannal'])).to.throw('unknown plugin flannal');
  });

  it('says of the modes that are controls which verdict they must have', () => {
    const controls = listPlugins().filter((each) => each.expect !== 'passed failed');
    expect(controls.map((each) => `${each.plugin} ${each.expect}`)).to.deep.equal([
      'cilium/policy-always unknown',
      'cilium/policy-never failed',
      'kindnet/no-policy failed',
    ]);
  });

  it('is what the weekly workflow holds each verdict against', async () => {
    const workflow = parse(readFileSync(join(root, '.github/workflows/conformance.yml'), 'utf8')) as {
      jobs: { conformance: { steps: Step[] } };
    };
    const { steps } = workflow.jobs.conformance;
    expect(steps.find(({ id }) => id === 'run')).to.include({ 'continue-on-error': true });
    const step = steps.find(({ env }) => env?.['EXPECT'] !== undefined);
    expect(step?.env).to.deep.equal({
      VERDICT: '${{ steps.run.outputs.verdict }}',
      EXPECT: '${{ matrix.expect }}',
      RECORD: '${{ steps.run.outputs.results }}/record.json',
    });
    const wanted: Record<string, string[]> = {
      'passed failed': ['passed', 'failed'],
      failed: ['failed'],
      unknown: ['unknown'],
    };
    const exitWith = async (expected: string, verdict: string, record: string): Promise<number> => {
      const env = { VERDICT: verdict, EXPECT: expected, RECORD: record };
      const { exitCode = -1 } = await execa('bash', ['-e', '-c', step?.run ?? ''], { env, reject: false });
      return exitCode;
    };
    const there = join(root, 'package.json');
    for (const [expected, green] of Object.entries(wanted))
      for (const verdict of ['passed', 'failed', 'unknown', ''])
        expect(await exitWith(expected, verdict, there), `${expected}: ${verdict}`).to.equal(
          green.includes(verdict) ? 0 : 1,
        );
    expect(await exitWith('unknown', 'unknown', '/nowhere/record.json')).to.equal(1);
  });
});
