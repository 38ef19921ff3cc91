import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, messageOf, type Problem } from '../errors.ts';

/**
 * The texts of files, and of every .yaml, .yml and .json below folders; each file once.
 * @throws InputError with every file that cannot be read
 */
export const readFiles = (paths: readonly string[]): { file: string; text: string }[] => {
  const problems: Problem[] = [];
  const files = new Map<string, { file: string; text: string }>();
  const attempt = (file: string, action: () => void): void => {
    try {
      action();
    } catch (thrown) {
      problems.push({ file, message: messageOf(thrown) });
    }
  };
  for (const path of paths)
    attempt(path, () => {
      for (const file of listFiles(path))
        attempt(file, () => files.set(realpathSync(file), { file, text: readFileSync(file, 'utf8') }));
    });
  if (problems.length > 0)
    throw new InputError(
      'Some files cannot be read',
      problems,
      'name files or folders of manifests that are there',
    );
  return [...files.values()];
};

const listFiles = (path: string): string[] => {
  if (!statSync(path).isDirectory()) return [path];
  const found = globSync('**/*.{yaml,yml,json}', { cwd: path }).toSorted();
  if (found.length === 0) throw new RangeError('this folder holds no .yaml, .yml or .json file');
  return found.map((name) => join(path, name));
};
