import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { root, runNetpol, temporaryFolder } from '../netpol.ts';
import { blocksOf, readPages, type Page } from './pages.ts';

const pages = await readPages();
const pageOf = (file: string): Page => pages.find((page) => page.file === file)!;

describe('output in the documentation', function () {
  this.timeout(300_000);
  for (const file of ['docs/scenario.md', 'README.md'])
    it(`is what the command prints, in ${file}`, async () => {
      const block = blocksOf(pageOf(file)).find(({ language }) => language === 'console')!;
      const [prompt = '', ...quoted] = block.lines;
      const words = prompt.replace(/^\$ npm start -- /, '').split(' ');
      await using folder = await temporaryFolder();
      const { output } = await runNetpol([...words, '--output', folder.path]);
      const printed = normalise(output.replaceAll(folder.path, 'results/RUN'));
      expect(printed).to.include(normalise(quoted.join('\n')));
    });

  it('is what the oracle says of an upgrade, in docs/upgrade-order.md', async () => {
    const quoted = blocksOf(pageOf('docs/upgrade-order.md')).find(({ language }) => language === 'text')!;
    const words = ['system', 'upgrade', '--system', 'openshift-like', '--to', 'bad-label-change'];
    const printed = normalise((await runNetpol(words)).output);
    const parts = quoted.lines.join('\n').split(/, \.\.\.|\n\n/);
    expect(parts.length).to.be.greaterThan(3);
    for (const part of parts) expect(printed).to.include(normalise(part));
  });

  it('is the scenario file, in docs/scenario.md', async () => {
    const quoted = blocksOf(pageOf('docs/scenario.md')).find(({ language }) => language === 'yaml')!;
    const file = 'manifests/scenarios/network-policy/peers/pod-and-namespace.yaml';
    expect(quoted.lines.join('\n')).to.equal((await readFile(join(root, file), 'utf8')).trimEnd());
  });

  it('consists of messages that the code has, in docs/troubleshooting.md', async () => {
    const files = await Array.fromAsync(glob(['helpers/**/*.{ts,mjs}', 'scripts/*.{ts,mjs}'], { cwd: root }));
    const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
    const code = texts.join('\n').replaceAll('\\`', '`');
    const headings = [...pageOf('docs/troubleshooting.md').text.matchAll(/^### (.*)$/gm)];
    expect(headings.length).to.be.greaterThan(10);
    // A word in capitals stands for what differs from case to case.
    const unknown = headings
      .map(([, title = '']) => title.replace(/^`+ ?| ?`+$/g, ''))
      .filter((title) => !title.split(/ ?\b[A-Z]{2,}\b ?/).every((part) => code.includes(part)));
    expect(unknown).to.deep.equal([]);
  });
});

/** What differs from run to run: times, rounds, names of runs, and how wide the lines may be. */
const normalise = (text: string): string =>
  text
    .replace(/results\/(?:RUN|[0-9a-f]{6})/g, 'results/RUN')
    .replace(/in \d+ rounds/g, 'in N rounds')
    .replace(/\d+(?:\.\d+)? (?:ms|s)\b/g, 'T')
    .replace(/^lab, plugin .*(?:\n {2}\S.*)?$/m, 'ENVIRONMENT')
    .replace(/[ \n]+/g, ' ')
    .trim();
