import type { CaseRecord } from './record.ts';

/** Upstream's fields of one level, and below them ours. Test names are those that `run` takes as filters. */
export type LevelStatus = {
  result: 'success' | 'partial' | 'failure';
  summary: string;
  /** With capitals, as Go writes fields without a tag. */
  statistics: { Passed: number; Skipped: number; Failed: number };
  skippedTests?: string[];
  /** The plugin is wrong, or we could not tell: nobody who reads upstream's fields alone may take an error for green. */
  failedTests?: string[];
  /** Those of `failedTests` that could not be told. */
  erroredTests?: string[];
  /** Not asked, because they need an unsupported feature. Upstream has them in no counter. */
  unsupportedTests?: string[];
};

type Circumstances = {
  /** Features that the user skipped or the cluster lacks. */
  unsupported: readonly string[];
  /** Cases of this level that the run was not asked for; undefined where nobody knows how many. */
  unasked: number | undefined;
  /** How many cases of this level other shards were asked. */
  elsewhere: number;
  /** Cases that a plugin which does nothing would pass. */
  vacuous: readonly string[];
  aborted: string | undefined;
};

/** What the cases of one level of one profile add up to. */
export const createStatus = (
  cases: readonly CaseRecord[],
  { unsupported, unasked, elsewhere, vacuous, aborted }: Circumstances,
): LevelStatus => {
  const namesOf = (...statuses: CaseRecord['status'][]): string[] =>
    cases.filter(({ status }) => statuses.includes(status)).map(({ name }) => name);
  const needsUnsupported = ({ status, features }: CaseRecord): boolean =>
    status === 'skip' && features.some((feature) => unsupported.includes(feature));
  const passed = namesOf('pass');
  const red = namesOf('fail', 'error');
  const errored = namesOf('error');
  const unsupportedTests = cases.filter(needsUnsupported).map(({ name }) => name);
  const skipped = namesOf('skip').filter((name) => !unsupportedTests.includes(name));
  const isProved = passed.some((name) => !vacuous.includes(name));
  const isWhole = skipped.length === 0 && unasked === 0 && elsewhere === 0;
  const isRed = red.length > 0 || aborted !== undefined;
  return {
    result: isRed ? 'failure' : isWhole && isProved ? 'success' : 'partial',
    summary: [
      `${passed.length} passed`,
      ...tell(red.length - errored.length, 'failed'),
      ...tell(errored.length, 'could not be told, which counts as Failed'),
      ...tell(skipped.length, 'skipped'),
      ...tell(unsupportedTests.length, 'of an unsupported feature, not counted'),
      ...(unasked === undefined ? ['no hand-drawn case was asked for'] : tell(unasked, 'not asked for')),
      ...tell(elsewhere, 'in other shards'),
      ...(isProved || passed.length === 0 ? [] : ['an idle plugin would pass as much']),
      ...(aborted === undefined ? [] : [`the run was aborted: ${aborted}`]),
    ].join('; '),
    statistics: { Passed: passed.length, Skipped: skipped.length, Failed: red.length },
    ...list('skippedTests', skipped),
    ...list('failedTests', red),
    ...list('erroredTests', errored),
    ...list('unsupportedTests', unsupportedTests),
  };
};

const tell = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`]);

const list = (field: string, names: string[]): Record<string, string[]> =>
  names.length === 0 ? {} : { [field]: names };
