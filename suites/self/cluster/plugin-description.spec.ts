import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { isDescription, readDescription } from '../../../helpers/cluster/plugin-description.ts';
import { formatProblem, InputError, UsageError } from '../../../helpers/errors.ts';

const folder = fileURLToPath(new URL('../../../manifests/plugins/', import.meta.url));
const shipped = readdirSync(folder).filter((file) => isDescription(readFileSync(`${folder}${file}`, 'utf8')));

const commit = 'a'.repeat(40);
const good = `plugin: mine
version: v1
source: https://example.com/install
implements: [NetworkPolicy]
network: { disableDefaultCNI: true, kubeProxyMode: iptables }
install:
  - url: https://raw.githubusercontent.com/me/mine/${commit}/install.yaml
    replace: { 'mine:latest': 'mine:v1' }
  - url: https://example.com/mine.tgz
    sha256: ${'0a'.repeat(32)}
    chart: { release: mine, namespace: kube-system, values: { a: { b: 1, c: 2 } } }
environment: { kube-system/mine: { A: '1', B: '2' } }
waits: [{ daemonset: kube-system/mine }, { deployment: kube-system/brain }]
modes:
  fast:
    about: It hurries.
    expect: failed
    version: v2
    network: { kubeProxyMode: none }
    values: { a: { c: 3 } }
    environment: { kube-system/mine: { B: '3' } }
    waits: [{ daemonset: kube-system/mine }]
`;

const read = (text: string, mode?: string) =>
  readDescription(text, 'mine.yaml', mode, (modes) => new UsageError({ subject: modes.join() }));

/** What is wrong with it, line by line. */
const flawsOf = (text: string): string[] => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
};

describe('The description of a plugin', () => {
  it('comes with us for each plugin of the weekly run, and says for each mode what it does', () => {
    expect(shipped).to.deep.equal(
      ['antrea', 'calico', 'cilium', 'kindnet', 'kube-network-policies', 'kube-router', 'ovn-kubernetes'].map(
        (name) => `${name}.yaml`,
      ),
    );
    for (const file of shipped) {
      const text = readFileSync(`${folder}${file}`, 'utf8');
      const { plugin, modes, waits, network } = readDescription(text, file, undefined, () => new Error());
      expect(`${plugin}.yaml`).to.equal(file);
      expect(network.disableDefaultCNI, file).to.equal(true);
      expect(waits, file).to.not.deep.equal([]);
      for (const mode of modes)
        expect(readDescription(text, file, mode, () => new Error()).mode).to.equal(mode);
    }
  });

  it('changes with its mode only what the mode says', () => {
    const [plain, fast] = [read(good), read(good, 'fast')];
    expect(plain).to.include({ version: 'v1', mode: undefined, within: 300_000 }).and.not.have.key('expect');
    expect(fast).to.include({ version: 'v2', expect: 'failed', mode: 'fast', plugin: 'mine' });
    expect(plain.network).to.deep.equal({ disableDefaultCNI: true, kubeProxyMode: 'iptables' });
    expect(fast.network).to.deep.equal({ disableDefaultCNI: true, kubeProxyMode: 'none' });
    expect(plain.install[1]?.chart?.values).to.deep.equal({ a: { b: 1, c: 2 } });
    expect(fast.install[1]?.chart?.values).to.deep.equal({ a: { b: 1, c: 3 } });
    expect(fast.install[0]).to.deep.equal(plain.install[0]);
    expect(fast.environment).to.deep.equal({ 'kube-system/mine': { A: '1', B: '3' } });
    expect([plain.waits.length, fast.waits.length]).to.deep.equal([2, 1]);
  });

  it('refuses a mode that it does not have, and says which it has', () => {
    expect(() => read(good, 'slow')).to.throw(UsageError, 'fast');
  });

  it('is told everything that is wrong with it at once, by line', () => {
    const bad = good
      .replace('implements: [NetworkPolicy]', 'implements: [NetworkPolicy, Everything]')
      .replace('expect: failed', 'expect: passed')
      .replace('kubeProxyMode: none', 'kubeProxyMod: none')
      .replace('{ deployment: kube-system/brain }', '{ deployment: brain }')
      .replace('about: It hurries.', 'hint: It hurries.')
      .replace('version: v1\n', '');
    const flaws = flawsOf(bad);
    expect(
      flaws.map((line) => /^mine\.yaml:(\d+):\d+: (\S+)/.exec(line)?.slice(1).join(' ')),
    ).to.have.members([
      '1 version:',
      '3 implements[1]:',
      '12 waits[1].deployment:',
      '14 modes.fast.about:',
      '15 modes.fast.hint:',
      '16 modes.fast.expect:',
      '18 modes.fast.network.kubeProxyMod:',
    ]);
  });

  const unpinned: [string, string][] = [
    ['a tag', 'https://raw.githubusercontent.com/me/mine/v1.2.3/install.yaml'],
    ['a branch', 'https://raw.githubusercontent.com/me/mine/main/install.yaml'],
    ['a short commit', `https://raw.githubusercontent.com/me/mine/${commit.slice(1)}/install.yaml`],
    ['another host with a commit', `https://example.com/me/mine/${commit}/install.yaml`],
    [
      'a path that leads out of a commit',
      `https://raw.githubusercontent.com/me/mine/${commit}/../main/x.yaml`,
    ],
    ['the same in code', `https://raw.githubusercontent.com/me/mine/${commit}/%2e%2e/main/x.yaml`],
    ['a slash in code', `https://raw.githubusercontent.com/me/mine/${commit}/..%2fmain/x.yaml`],
    ['a release', 'https://github.com/me/mine/releases/download/v1/install.yaml'],
  ];
  for (const [what, url] of unpinned) {
    it(`refuses ${what} as a URL without sha256`, () => {
      const text = good.replace(/https:\/\/raw\.\S+/, url);
      expect(flawsOf(text)).to.have.length(1);
      expect(flawsOf(text)[0]).to.include('`sha256`, or a URL of GitHub that names a commit');
      const pinned = text.replace(url, `${url}\n    sha256: ${'1b'.repeat(32)}`);
      expect(flawsOf(pinned)).to.deep.equal([]);
    });
  }

  const odd: [string, (text: string) => string, string][] = [
    [
      'a path that leads out',
      (text) => text.replace('chart:', 'path: ../x\n    chart:'),
      'must be a path inside',
    ],
    [
      'both url and file',
      (text) => text.replace('    sha256', '    file: a.tgz\n    sha256'),
      'either `url` or `file`',
    ],
    [
      'a URL that is none',
      (text) => text.replace('https://example.com/mine', 'https://[x/mine'),
      'must be a URL',
    ],
    ['a chart that is no archive', (text) => text.replace('mine.tgz', 'mine.yaml'), 'are for archives'],
    [
      'values in a mode without a chart',
      (text) => text.replace('    values:', '    install: [{ file: a.yaml }]\n    values:'),
      'mine.yaml:21:5: modes.fast.values: there is no chart',
    ],
    ['an archive without a path', (text) => text.replace(/ {4}chart.*\n/, ''), '`path` must say which file'],
    [
      'a digest in upper case',
      (text) => text.replace('0a'.repeat(32), 'F'.repeat(64)),
      '64 hexadecimal digits',
    ],
  ];
  for (const [what, spoil, message] of odd) {
    it(`refuses ${what}`, () => {
      expect(flawsOf(spoil(good)).join('\n')).to.include(message);
    });
  }
});
