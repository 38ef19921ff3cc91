import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { root } from '../netpol.ts';
import { anchorsOf, linksOf, readPages, type Page } from './pages.ts';

const pages = await readPages();

describe('links of the documentation', () => {
  for (const page of pages)
    it(`lead somewhere in ${page.file}`, () => {
      const dead = linksOf(page).flatMap(({ target, line }) => {
        const flaw = flawOf(target, page);
        return flaw === undefined ? [] : [`${page.file}:${line}: ${target}: ${flaw}`];
      });
      expect(dead).to.deep.equal([]);
    });

  it('lead from the index to each page', () => {
    const index = pages.find(({ file }) => file === 'docs/README.md')!;
    const linked = linksOf(index).map(({ target }) => `docs/${target}`);
    const others = pages.map(({ file }) => file).filter((file) => /^docs\/[^/]+$/.test(file));
    expect(linked).to.include.members(others.filter((file) => file !== index.file));
  });

  it('lead from README to the index', () => {
    const readme = pages.find(({ file }) => file === 'README.md')!;
    expect(linksOf(readme).map(({ target }) => target)).to.include('docs/README.md');
  });
});

/** What is wrong with a link. Those to other servers are judged by their form only: no test asks the internet. */
const flawOf = (target: string, from: Page): string | undefined => {
  if (/^[a-z]+:/.test(target)) {
    return URL.canParse(target) && target.startsWith('https://') ? undefined : 'no https URL';
  }
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from.file : relative(root, join(root, dirname(from.file), path));
  if (file.startsWith('..')) return 'outside of the repository';
  if (!existsSync(join(root, file))) return 'no such file';
  if (anchor === undefined) return undefined;
  if (statSync(join(root, file)).isDirectory()) return 'a directory has no headings';
  const page = pages.find((each) => each.file === file);
  if (page === undefined) return 'headings of such a file are not known';
  return anchorsOf(page).includes(anchor) ? undefined : `no such heading`;
};
