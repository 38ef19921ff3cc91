import { help, isCommand, valuesOfMore, type CommandName } from './help.ts';
import { options } from '../config.ts';
import { shells } from './completion-scripts.ts';
import { completionsOf, scenarioNames, type Answer } from './completion-values.ts';

/**
 * What may stand at the last of these words, the first of which is behind `netpol`: whole words, and those that go on
 * (they end with `/` or `:`). `files`: a name of a file may stand there too. All names come from the tables of `--help`
 * and of the parser, or lie in `manifests`.
 */
export const complete = async (words: readonly string[]): Promise<Answer> => {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const answer = await answerAt(before, current);
  const fitting = [...new Set(answer.words)].filter((word) => word.startsWith(current));
  return { words: fitting.toSorted(), files: answer.files && fitting.length === 0 };
};

const answerAt = async (before: readonly string[], current: string): Promise<Answer> => {
  const [first = '', second = ''] = before;
  if (before.length === 0) return only([...firstWords(), ...(current.startsWith('-') ? flagsOf('run') : [])]);
  if (first === 'help') return only(before.length === 1 ? firstWords() : secondWords(second));
  const isPair = secondWords(first).length > 0;
  if (isPair && before.length === 1) return only(secondWords(first));
  const command = first.startsWith('-') ? 'run' : isPair ? `${first} ${second}` : first;
  if (!isCommand(command)) return only([]);
  // What is behind it is another command.
  if (before.includes('--')) return { words: [], files: true };
  const [, flag = '', start = ''] = /^(--[^=]+=)(.*)$/s.exec(current) ?? [];
  if (flag !== '') {
    const { words, files } = await valuesAt(command, flag.slice(0, -1), start, before);
    return { words: words.map((word) => `${flag}${word}`), files };
  }
  const last = before.at(-1) ?? '';
  if (takesValue(command, last)) return valuesAt(command, last, current, before);
  if (current.startsWith('-')) return only(flagsOf(command));
  return positionals(command, current);
};

const only = (words: readonly string[]): Answer => ({ words: [...words], files: false });

const firstWords = (): string[] => [...Object.keys(help).map((name) => name.replace(/ .*/, '')), 'help'];

const secondWords = (first: string): string[] =>
  Object.keys(help).flatMap((name) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));

const flagsOf = (command: CommandName): string[] => [
  ...help[command].options.map((key) => `--${options[key].flag}`),
  ...Object.keys(valuesOfMore(command)).map((name) => `--${name}`),
  '--help',
];

const takesValue = (command: CommandName, word: string): boolean =>
  help[command].options.some((key) => `--${options[key].flag}` === word && options[key].type !== 'boolean') ||
  (word.startsWith('--') && valuesOfMore(command)[word.slice(2)]?.type === 'string');

const valuesAt = async (
  command: CommandName,
  flag: string,
  start: string,
  before: readonly string[],
): Promise<Answer> => (takesValue(command, flag) ? completionsOf(flag.slice(2), start, before) : only([]));

const positionals = async (command: CommandName, current: string): Promise<Answer> => {
  if (command === 'completion') return only(shells);
  const takesScenarios =
    help[command].usage.includes('[FILTER...]') || help[command].usage.includes('[SCENARIO]');
  return takesScenarios ? { words: scenarioNames(current), files: true } : { words: [], files: true };
};
