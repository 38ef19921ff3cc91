import { fileURLToPath } from 'node:url';
import { parseFlags } from '../config/flags.ts';
import { UsageError } from '../errors.ts';
import { completionScript, shells } from './completion-scripts.ts';
import { complete } from './completion.ts';

const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));

/** `netpol completion`: prints the script of a shell. Returns the exit code. @throws UsageError */
export const completionCommand = async (argv: readonly string[]): Promise<number> => {
  const [name, ...rest] = parseFlags('completion', argv, []).positionals;
  const shell = shells.find((each) => each === name);
  if (shell === undefined || rest.length > 0)
    throw new UsageError({
      subject: 'netpol completion: which shell?',
      wanted: shells.join(' or '),
      got: argv.join(' ') || 'none',
      next: 'source <(npx netpol completion bash)',
    });
  // Our own Node and no program before it: a person waits at each TAB.
  console.log(completionScript(shell, [process.execPath, ...process.execArgv, cli, 'complete']));
  return 0;
};

/** What the scripts ask. Returns the exit code. */
export const completeCommand = async (words: readonly string[]): Promise<number> => {
  const { words: answers, files } = await complete(words);
  for (const line of [...answers, ...(files ? [':files'] : [])]) console.log(line);
  return 0;
};
