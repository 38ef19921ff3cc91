import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { installWherePossible } from '../../helpers/run/programs.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * A real browser without a window, for tests of our pages. Installs Debian's Chromium where none is there and we may;
 * undefined where we may not.
 * @throws Error where it can be neither installed nor started
 */
export const openBrowser = async (): Promise<Browser | undefined> => {
  const find = (): string | undefined => places.find((path) => existsSync(path));
  if (find() === undefined) await installWherePossible(['chromium'], console.error, 600_000);
  const executablePath = find();
  if (executablePath === undefined) return undefined;
  // Its own sandbox needs namespaces, which root in a container often may not make; these pages are ours. It must not call home.
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
  ];
  return chromium.launch({ executablePath, args, timeout: 60_000 });
};
