import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cyclonusCases } from '../helpers/scenario/generated-cyclonus.ts';
import { cyclonusTags } from '../helpers/scenario/generated-cyclonus-tags.ts';
import { pairwiseAxes } from '../helpers/scenario/generated-pairwise.ts';
import { loadShipped } from '../helpers/scenario/load.ts';

export type Cases = { default: number; all: number };

/** What can prove a row: is there anything of this name, and how many generated cases does it mean? */
export type Proofs = { has: (name: string) => boolean; casesOf: (name: string) => Cases | undefined };

/**
 * All that proves something: scenarios by name, groups and tags of our Cyclonus cases (`generated/cyclonus/peers`,
 * `generated/cyclonus/rule=deny-all`), values of the axes that are crossed (`generated/pairwise/peers=ip-block`), and
 * tests of the tester by file. @throws InputError where the scenarios are wrong
 */
export const collectProofs = async (root: string): Promise<Proofs> => {
  const scenarios = new Set((await loadShipped()).map(({ name }) => name));
  const cases = countCases();
  const crossed = new Set([
    'generated/pairwise',
    ...Object.entries(pairwiseAxes).flatMap(([axis, values]) =>
      values.map((value) => `generated/pairwise/${axis}=${value}`),
    ),
  ]);
  const isTest = (name: string): boolean =>
    /^suites\/self\/[\w/-]+\.spec\.ts$/.test(name) && existsSync(join(root, name));
  return {
    has: (name) => scenarios.has(name) || cases.has(name) || crossed.has(name) || isTest(name),
    casesOf: (name) => cases.get(name),
  };
};

const countCases = (): Map<string, Cases> => {
  const counts = new Map<string, Cases>();
  for (const { group, tags, isDefault } of cyclonusCases())
    for (const name of ['', `/${group}`, ...tags.map((tag) => `/${axisOf(tag)}=${tag}`)]) {
      const key = `generated/cyclonus${name}`;
      const { default: byDefault, all } = counts.get(key) ?? { default: 0, all: 0 };
      counts.set(key, { default: byDefault + (isDefault ? 1 : 0), all: all + 1 });
    }
  return counts;
};

const axisOf = (tag: string): string =>
  Object.entries(cyclonusTags).find(([, tags]) => (tags as readonly string[]).includes(tag))?.[0] ?? '';
