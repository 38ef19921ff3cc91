import { InputError, messageOf, NetpolError, UsageError } from '../errors.ts';
import { layoutOf } from '../report/layout.ts';
import { redact } from '../report/redact.ts';
import { formatHelp } from './help-text.ts';

type Command = (argv: readonly string[]) => Promise<number>;

// Commands are loaded when they are called, so that the first words appear at once.
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run-command.ts')).runCommand,
  list: async () => (await import('./list-command.ts')).listCommand,
  explain: async () => (await import('./explain-command.ts')).explainCommand,
  fuzz: async () => (await import('./fuzz-command.ts')).fuzzCommand,
  system: async () => (await import('./system-command.ts')).systemCommand,
  monitor: async () => (await import('./monitor-command.ts')).monitorCommand,
  compare: async () => (await import('./compare-command.ts')).compareCommand,
  merge: async () => (await import('./merge-command.ts')).mergeCommand,
  report: async () => (await import('./report-command.ts')).reportCommand,
  clean: async () => (await import('./clean-command.ts')).cleanCommand,
  completion: async () => (await import('./completion-command.ts')).completionCommand,
};

/** Runs one command line. Exit code: 0 all passed, 1 something failed, 2 could not be told or bad usage, 130 interrupted. */
const main = async (argv: readonly string[]): Promise<number> => {
  const [first = 'run', ...rest] = argv;
  const [name, options] = first.startsWith('-') ? ['run', argv] : [first, rest];
  // What completion asks is no command of people, and its words are none of ours.
  if (first === 'complete') return (await import('./completion-command.ts')).completeCommand(rest);
  if (argv.includes('--help') || argv.includes('-h') || name === 'help') {
    const words = first.startsWith('-') ? [] : name === 'help' ? rest : [name, ...rest];
    console.log(formatHelp(words, layoutOf(process.stdout).width));
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    throw new UsageError({
      subject: `unknown command \`${name}\``,
      wanted: Object.keys(commands).join(', '),
      next: 'npm start -- --help',
    });
  }
  return (await load())(options);
};

/** What a person needs of an error: our own say it in their message, anything else is a defect of ours and shows where. */
const describe = (error: unknown): string => {
  if (error instanceof InputError || error instanceof NetpolError) return error.message;
  if (error instanceof Error) return `unexpected ${error.name}: ${error.message}\n${error.stack ?? ''}`;
  return messageOf(error);
};

// A reader that goes away (`| head`) ends neither the run nor its cleaning up: the exit code must tell what happened.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(redact(`netpol: ${describe(error)}`));
  process.exitCode = 2;
}
