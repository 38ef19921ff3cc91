import { readFileSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { tmpdir } from 'node:os';
import type { Browser, Locator, Page } from 'playwright-core';
import { compareRecords } from '../../../helpers/report/compare.ts';
import { formatComparePage } from '../../../helpers/report/html/compare-page.ts';
import { formatMonitorPage } from '../../../helpers/report/html/monitor-page.ts';
import { formatRunPage } from '../../../helpers/report/html/run-page.ts';
import { openBrowser } from '../browser.ts';
import { monitorRecords } from './monitor-samples.ts';
import { recordOf, records, samples } from './samples.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('HTML report in a browser', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  before(async function () {
    this.timeout(700_000);
    browser = await openBrowser();
    if (browser === undefined) this.skip();
  });
  after(() => browser?.close());

  type Settings = { hash?: string; width?: number; colorScheme?: 'light' | 'dark' };

  /** Opens a page from a disk; whatever it asks of a network, or complains about, is told at the end. */
  const visit = async (
    text: string,
    { hash = '', width = 1_200, colorScheme = 'light' }: Settings,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'netpol-page-'));
    const file = join(folder.path, 'report.html');
    await writeFile(file, text);
    const page = await (browser as Browser).newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(pathToFileURL(file).href)) complaints.push(request.url());
    });
    await page.goto(pathToFileURL(file).href + hash);
    await look(page);
    await page.close();
    expect(complaints).to.deep.equal([]);
  };

  /** As the page knows it: the driver hears of a change later. */
  const addressOf = (page: Page): Promise<string> => page.evaluate('location.href');
  const shownNames = (page: Page): Promise<string[]> =>
    page.locator('ol.cases > li:visible summary code').allTextContents();
  const open = async (page: Page, name: string): Promise<Locator> => {
    const item = page.locator(`li[data-name="${name}"]`);
    if ((await item.locator('details').getAttribute('open')) === null) await item.locator('summary').click();
    await item.locator('.body dl').waitFor();
    return item;
  };
  const violationsOf = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe);
    return page.evaluate(`axe.run().then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`);
  };

  it('shows what is red first, in letters, and says why', () =>
    visit(formatRunPage(records.all), {}, async (page) => {
      const names = await shownNames(page);
      expect(names).to.have.length(6);
      expect(names.slice(0, 2)).to.deep.equal([samples.fail.name, samples.mixed.name]);
      const item = await open(page, samples.fail.name);
      const drawn = await item.locator('table.grid').first().innerText();
      expect(drawn.split('\n').map((line) => line.trim().split(/\s+/).join(' '))).to.deep.equal([
        'want x/a x/b y/a y/b',
        'x/a - . . .',
        'x/b X - . .',
        'y/a X . - .',
        'y/b . . . -',
      ]);
      const got = await item.locator('table.grid').nth(1).innerText();
      expect(got).to.match(/x\/b\s+\[\.\]/);
      expect(await item.locator('table.grid').nth(2).innerText()).to.match(/x\/b\s+\[\.\]\s+-\s+=\s+=/);
      expect(await item.locator('.reasons').first().innerText()).to.include(
        'x/b to x/a: want deny, got allow; oracle: allow-y-b isolates x/a',
      );
      const error = await open(page, samples.error.name);
      expect(await error.locator('.reasons').innerText()).to.include('got error (the stream of x/b ended)');
    }));

  it('tells the reason of a cell on hover and to the keyboard', () =>
    visit(formatRunPage(records.fail), {}, async (page) => {
      const item = await open(page, samples.fail.name);
      const grid = item.locator('table.grid').nth(1);
      const told = item.locator('.more').first();
      await grid.locator('td').nth(4).hover();
      expect(await told.innerText()).to.include('x/b to x/a: want deny, got allow');
      await grid.locator('td').nth(0).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      expect(await told.innerText()).to.include('y/a to x/a: want deny, got allow; oracle: allow-y-b');
      await page.keyboard.press('ArrowRight');
      expect(await told.innerText()).to.equal('y/a to x/b: should connect, and so it is');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      expect(await told.innerText()).to.include('y/a to x/a');
    }));

  it('filters by status, feature and text, and keeps that in the address', () =>
    visit(formatRunPage(records.all), {}, async (page) => {
      await page.getByLabel('2 fail').uncheck();
      expect(await shownNames(page)).not.to.include(samples.fail.name);
      await page.getByRole('searchbox').fill('silent');
      expect(await shownNames(page)).to.deep.equal(['network-policy/isolation/never']);
      expect(await page.locator('output').innerText()).to.equal('1 of 6');
      expect(await addressOf(page)).to.match(/#status=error%2Cskip%2Cpass&text=silent$/);
      await page.reload();
      expect(await shownNames(page)).to.deep.equal(['network-policy/isolation/never']);
      await page.getByRole('searchbox').fill('nothing is called so');
      expect(await page.locator('#none').isVisible()).to.equal(true);
      await page.getByRole('link', { name: 'NetworkPolicy', exact: true }).click();
      // The page hears of a new address after the click has ended.
      await page.locator('output', { hasText: '6 of 6' }).waitFor();
      expect(await shownNames(page)).to.have.length(6);
      expect(await page.locator('select').inputValue()).to.equal('NetworkPolicy');
    }));

  it('opens red cases where they are few, and leaves the address as it is', () =>
    visit(formatRunPage(records.fail), {}, async (page) => {
      await page.locator('table.grid').first().waitFor();
      expect(await addressOf(page)).not.to.include('#');
    }));

  it('opens the case that a link names, though a filter hides it', () =>
    visit(formatRunPage(records.all), { hash: `#status=pass&case=${samples.fail.name}` }, async (page) => {
      const item = page.locator(`li[data-name="${samples.fail.name}"]`);
      // What opens a case draws it in a later turn of the page.
      await item.locator('table.grid').first().waitFor();
    }));

  for (const [name, record] of Object.entries(records))
    it(`says the verdict of a run with ${name}`, () =>
      visit(formatRunPage(record), {}, async (page) => {
        const word = { pass: /^Passed/, fail: /^Failed/, skip: /^Nothing was proved/ }[name as 'pass'];
        expect(await page.locator('h1').innerText()).to.match(word ?? /^Could not be told/);
        expect(await shownNames(page)).to.have.length(record.cases.length);
      }));

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [1_200, 360])
      it(`is accessible and keeps inside a ${colorScheme} window of ${width} pixels`, () =>
        visit(formatRunPage(records.all), { width, colorScheme }, async (page) => {
          for (const { name } of [samples.pass, samples.fail, samples.error]) await open(page, name);
          expect(await violationsOf(page)).to.deep.equal([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
        }));

  for (const colorScheme of ['light', 'dark'] as const)
    it(`shows the timeline of a monitor accessibly in ${colorScheme}`, () =>
      visit(formatMonitorPage(monitorRecords.all), { colorScheme }, async (page) => {
        expect(await violationsOf(page)).to.deep.equal([]);
        expect(await page.locator('svg .leak').count()).to.equal(1);
        expect(await page.locator('svg .loss').count()).to.equal(2);
        expect(await page.locator('table').innerText()).to.include('x/c -> x/a v6 UDP/80');
      }));

  for (const colorScheme of ['light', 'dark'] as const)
    it(`sets runs side by side accessibly in ${colorScheme}`, () => {
      const named = [records.pass, records.all, records.skip].map((record) => ({
        path: 'results/x',
        record,
      }));
      return visit(formatComparePage(compareRecords(named)), { colorScheme, width: 700 }, async (page) => {
        expect(await violationsOf(page)).to.deep.equal([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(700);
        const row = page.getByRole('row', { name: /^NetworkPolicy/ });
        expect((await row.innerText()).split('\t')).to.deep.equal([
          ...['NetworkPolicy', '1 pass', '2 error, 2 fail, 1 skip, 1 pass', '1 skip'],
        ]);
      });
    });

  it('lets no hostile text become part of the page', () => {
    const evil = '</script><img src=x onerror=alert(1)>"\'`${alert(2)}<script>alert(3)</script>';
    const hostile = {
      ...samples.fail,
      name: `network-policy/${evil}`,
      title: evil,
      spec: 'javascript:alert(4)',
      message: evil,
      status: 'error' as const,
      features: [evil],
      evidence: '../../etc',
      steps: samples.fail.steps.map((step) => ({ ...step, action: evil })),
    };
    return visit(formatRunPage(recordOf([hostile])), {}, async (page) => {
      await page.locator('.body dl').waitFor();
      expect(await page.locator('.body').innerText()).to.include(evil);
      expect(await page.locator('img').count()).to.equal(0);
      expect(await page.locator('a[href^="javascript"]').count()).to.equal(0);
      expect(await page.locator('script').count()).to.equal(2);
      expect(await page.getByRole('link', { name: '../../etc' }).count()).to.equal(0);
    });
  });

  it('prints what is red in full, without what only a screen needs', () =>
    visit(formatRunPage(records.all), {}, async (page) => {
      await page.emulateMedia({ media: 'print' });
      await page.evaluate(
        `globalThis.toggled = 0;
        addEventListener('toggle', () => (globalThis.toggled += 1), true);
        addEventListener('afterprint', () => (globalThis.drawn = document.querySelectorAll('.body dl').length))`,
      );
      await page.pdf();
      await page.waitForFunction('globalThis.drawn !== undefined');
      expect(await page.evaluate('globalThis.drawn')).to.equal(4);
      expect(await page.locator('#filter').isVisible()).to.equal(false);
      const open = await page.locator('details[open] > summary code').allTextContents();
      expect(open).to.have.length(4);
      // The page hears of what was opened in later turns.
      await page.waitForFunction('globalThis.toggled === 4');
      expect(await addressOf(page)).not.to.include('case=');
    }));
});
