// `node scripts/netpol.mjs --program scripts/screenshots.ts RESULTS`: the pictures of docs/images, from the results of a run that has a red case.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBrowser } from '../suites/self/browser.ts';

const [results] = process.argv.slice(2);
if (results === undefined) throw new Error('wanted the folder of results of a run that has a red case');
const browser = await openBrowser();
if (browser === undefined) throw new Error('no browser is here: apt-get install chromium');
const views = [
  { name: 'report-light', width: 1100, height: 1000, colorScheme: 'light' },
  { name: 'report-dark', width: 1100, height: 1000, colorScheme: 'dark' },
  { name: 'report-narrow', width: 400, height: 1000, colorScheme: 'light' },
] as const;
for (const { name, width, height, colorScheme } of views) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(pathToFileURL(resolve(results, 'report.html')).href);
  await page.locator('li.fail summary').first().click();
  await page.locator('#cases').evaluate((heading) => heading.scrollIntoView());
  await page.screenshot({ path: `docs/images/${name}.png` });
  await page.close();
}
await browser.close();
