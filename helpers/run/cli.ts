// Nothing is imported before it is needed: so the first words appear at once, and what cannot be loaded is told as any error.
type Command = (argv: readonly string[]) => Promise<number>;

const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run-command.ts')).runCommand,
  list: async () => (await import('./list-command.ts')).listCommand,
  explain: async () => (await import('./explain/command.ts')).explainCommand,
  fuzz: async () => (await import('./fuzz/command.ts')).fuzzCommand,
  system: async () => (await import('./system/command.ts')).systemCommand,
  monitor: async () => (await import('./monitor/command.ts')).monitorCommand,
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
    const { layoutOf } = await import('../report/layout.ts');
    const { formatHelp } = await import('./help-text.ts');
    const words = first.startsWith('-') ? [] : name === 'help' ? rest : [name, ...rest];
    console.log(formatHelp(words, layoutOf(process.stdout).width));
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const { UsageError } = await import('../errors.ts');
    const { didYouMean } = await import('../errors/closest.ts');
    const known = Object.keys(commands);
    throw new UsageError({
      subject: `unknown command \`${name}\`${didYouMean(name, known)}`,
      wanted: known.join(', '),
      next: 'npm start -- --help',
    });
  }
  return (await load())(options);
};

/** What a person needs of an error: our own say it in their message, anything else is a defect of ours and shows where. */
const complain = async (error: unknown): Promise<void> => {
  const { InputError, messageOf, NetpolError } = await import('../errors.ts');
  const { redact } = await import('../report/redact.ts');
  const isOurs = error instanceof InputError || error instanceof NetpolError || !(error instanceof Error);
  const text = isOurs ? messageOf(error) : `unexpected ${error.name}: ${error.message}\n${error.stack ?? ''}`;
  console.error(redact(`netpol: ${text}`));
};

/** The same, where what it takes may be what cannot be loaded. */
const complainAnyhow = (error: unknown): Promise<void> =>
  complain(error).catch((cause: unknown) => console.error(`netpol: ${String(cause)}`));

let isBroken = false;
// Node would end with 1, which says that something failed. From the first scenario on the suite listens too and ends the run,
// which then cleans up and has its record. What is rejected, and handled by nobody, is thrown by Node as such an exception.
process.on('uncaughtException', (error) => {
  isBroken = true;
  const isAlone = process.listenerCount('uncaughtException') === 1;
  void complainAnyhow(error).then(() => isAlone && process.exit(2));
});
// A reader that goes away (`| head`, a terminal that is closed) ends neither the run nor its cleaning up: the exit code
// must tell what happened.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO' || isBroken) return;
    isBroken = true;
    process.exitCode = 2;
    console.error(`netpol: the output was not written: ${error.message}`);
  });
try {
  const code = await main(process.argv.slice(2));
  process.exitCode = isBroken ? 2 : code;
} catch (error) {
  await complainAnyhow(error);
  process.exitCode = 2;
}
