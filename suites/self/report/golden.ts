import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/**
 * Compares a text with the file of that name under goldens/. NETPOL_UPDATE_GOLDENS=1 writes the file instead:
 * read the difference before you commit it.
 */
export const expectGolden = (name: string, text: string): void => {
  const path = fileURLToPath(new URL(`goldens/${name}`, import.meta.url));
  if (process.env.NETPOL_UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).to.equal(readFileSync(path, 'utf8'));
};
