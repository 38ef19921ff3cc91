import type { Problem } from '../errors.ts';
import type { Option } from './option.ts';

/** How much is printed while a suite is proved. The record and the reports are the same. */
export type OutputConfig = { quiet: boolean; verbose: boolean };

export const outputOptions: Record<keyof OutputConfig, Option> = {
  quiet: {
    flag: 'quiet',
    type: 'boolean',
    help: 'print only red cases, how many there are of each kind, and where the results lie',
  },
  verbose: {
    flag: 'verbose',
    type: 'boolean',
    help: 'print also each step of each case, and what is created on the cluster, with times',
  },
};

/** `sources`: where each setting comes from. Nobody can have both: which of them is a mistake, we cannot know. */
export const findOutputProblem = (
  { quiet, verbose }: OutputConfig,
  sources: Partial<Record<keyof OutputConfig, string>>,
): Problem[] =>
  quiet && verbose
    ? [
        {
          file: sources.verbose ?? 'verbose',
          message: `\`verbose\` beside \`quiet\` (${sources.quiet}): wanted one of them`,
        },
      ]
    : [];
