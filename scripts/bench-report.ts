import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatRunPage } from '../helpers/report/html/run-page.ts';
import { openBrowser } from '../suites/self/browser.ts';
import { generatedCases } from '../suites/self/report/generated-samples.ts';
import { recordOf } from '../suites/self/report/samples.ts';
import { median, type Figure } from './bench-runs.ts';

/** The page of a thousand cases: its size, and how long a browser takes until its filter has answered. */
export const benchReport = async (): Promise<Figure[]> => {
  const text = formatRunPage(recordOf(generatedCases(1_000)));
  await using folder = await mkdtempDisposable(join(tmpdir(), 'netpol-bench-'));
  const file = join(folder.path, 'report.html');
  await writeFile(file, text);
  const browser = await openBrowser();
  if (browser === undefined) throw new Error('no browser is here: apt-get install chromium');
  const times: number[] = [];
  try {
    for (let run = 0; run < 5; run += 1) {
      const page = await browser.newPage();
      const begin = performance.now();
      await page.goto(pathToFileURL(file).href);
      // As a key does it: `fill` waits for frames of its own.
      const told = await page.evaluate(`(() => {
        const box = document.querySelector('input[type=search]');
        box.value = 'many/999';
        box.dispatchEvent(new Event('input', { bubbles: true }));
        document.body.getBoundingClientRect();
        return document.querySelector('output').value;
      })()`);
      if (told !== '1 of 1000') throw new Error(`the filter says ${String(told)}`);
      times.push(performance.now() - begin);
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return [
    { name: 'report of 1,000 cases: size', value: text.length / 1e6, limit: 3, unit: 'MB' },
    {
      name: 'report of 1,000 cases: until its filter answers, median of 5',
      value: median(times) / 1000,
      limit: 1,
      unit: 's',
    },
  ];
};
