import { expect } from 'chai';
import { runNetpol } from '../netpol.ts';

describe('netpol system upgrade', function () {
  this.timeout(60_000);

  it('finds nothing wrong on the way to a good release, in any order and mode', async () => {
    const { exitCode: code, stdout } = await runNetpol([
      ...['system', 'upgrade', '--system', 'openshift-like', '--from', 'permissive', '--to', 'restrictive'],
      ...['--mode', 'unrestricted,unrestricted-restricted'],
    ]);
    expect(code, stdout).to.equal(0);
    expect(stdout.match(/nothing is wrong in any order/g)).to.have.length(2);
  });

  it('names the connection, the shortest order, the object and the file of what a bad release breaks', async () => {
    const { exitCode: code, stdout } = await runNetpol([
      ...[
        'system',
        'upgrade',
        '--system',
        'openshift-like',
        '--from',
        'restrictive',
        '--to',
        'bad-label-change',
      ],
      ...['--mode', 'unrestricted'],
    ]);
    expect(code).to.equal(1);
    for (const words of [
      'openshift-monitoring/prometheus -> openshift-console/console TCP/8443',
      'after only monitoring',
      'to blame: Namespace openshift-monitoring (changed)',
      /manifests\/systems\/openshift-like\/bad-label-change\/console\.yaml:\d+/,
      'No order is safe',
    ])
      expect(stdout).to.match(
        words instanceof RegExp ? words : new RegExp(words.replaceAll(/[()]/g, '\\$&')),
      );
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).to.be.at.most(100);
  });

  it('prints nothing but JSON for machines', async () => {
    const { stdout } = await runNetpol([
      ...[
        'system',
        'upgrade',
        '--system',
        'openshift-like',
        '--from',
        'restrictive',
        '--to',
        'bad-label-change',
        '--json',
      ],
    ]);
    const results = JSON.parse(stdout) as {
      mode: string[];
      violations: { kind: string; order: unknown[] }[];
    }[];
    expect(results.map(({ mode }) => mode.join())).to.deep.equal([
      'unrestricted,unrestricted',
      'restricted,restricted',
    ]);
    expect(results[1]?.violations.every(({ kind, order }) => kind === 'loss' && order.length > 0)).to.equal(
      true,
    );
  });

  it('starts where clusters come from, if it is not told where', async () => {
    const { exitCode: code, stdout } = await runNetpol([
      ...['system', 'upgrade', '--system', 'openshift-like', '--to', 'bad-storage-webhook'],
      ...['--mode', 'restricted'],
    ]);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^openshift-like: permissive to bad-storage-webhook, restricted/);
  });

  it('refuses systems, releases and modes that it does not know', async () => {
    for (const [flags, words] of [
      [['--system', 'nix'], /nix: no system\.yaml here/],
      [['--system', 'openshift-like', '--from', 'nix'], /has no release `nix`/],
      [['--system', 'openshift-like', '--to', 'nix'], /has no release `nix`/],
      [['--system', 'openshift-like', '--to', 'before-feature'], /`--from` is missing/],
      [['--system', 'openshift-like', '--mode', 'open'], /`--mode`\n {2}wanted: unrestricted or restricted/],
      [['--system', 'openshift-like', '--own-mode', 'nix=restricted'], /no component `nix`/],
      [[], /`--system` is missing/],
    ] as [string[], RegExp][]) {
      const { exitCode: code, stderr } = await runNetpol(['system', 'upgrade', ...flags]);
      expect(code).to.equal(2);
      expect(stderr).to.match(words);
    }
  });
});
