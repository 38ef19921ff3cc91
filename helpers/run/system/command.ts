import { UsageError } from '../../errors.ts';
import { didYouMean } from '../../errors/closest.ts';

type Command = (argv: readonly string[]) => Promise<number>;

const commands: Record<string, () => Promise<Command>> = {
  restricted: async () => (await import('./restricted-command.ts')).systemRestrictedCommand,
  upgrade: async () => (await import('./upgrade-command.ts')).systemUpgradeCommand,
  replay: async () => (await import('./replay-command.ts')).systemReplayCommand,
  groups: async () => (await import('./groups-command.ts')).systemGroupsCommand,
  audit: async () => (await import('./audit-command.ts')).systemAuditCommand,
};

/** `netpol system`: questions about the namespaces of a platform. Returns the exit code. @throws UsageError */
export const systemCommand = async ([name = '', ...argv]: readonly string[]): Promise<number> => {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return (await load())(argv);
  const known = Object.keys(commands);
  throw new UsageError({
    subject:
      name === ''
        ? 'netpol system: which question?'
        : `unknown command \`system ${name}\`${didYouMean(name, known)}`,
    wanted: known.join(', '),
    next: 'npm start -- system --help',
  });
};
