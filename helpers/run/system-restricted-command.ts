import { InputError, type Problem } from '../errors.ts';
import { loadSystem } from '../system/load.ts';
import { modes } from '../system/system.ts';
import { textOf } from './more-flags.ts';
import { proveScenarios } from './run-command.ts';
import { readCommandLine } from './selection.ts';
import { restrictedScenarios } from './system-restricted.ts';

const command = 'system restricted';

/**
 * `netpol system restricted`: a release of a system in both modes, proved on a cluster. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const systemRestrictedCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags } = readCommandLine(command, argv);
  const name = textOf(command, flags, 'system');
  const chosen = textOf(command, flags, 'release');
  const problems: Problem[] = [];
  const complain = (message: string): void => void problems.push({ file: 'command line', message });
  if (positionals.length > 0) complain(`takes no filter, got ${positionals.join(' ')}`);
  const mode = modes.find((each) => each === flags['mode']);
  if (flags['mode'] !== undefined && mode === undefined)
    complain(`\`--mode\`: wanted ${modes.join(' or ')}, got ${JSON.stringify(flags['mode'])}`);
  if (name === undefined) complain('`--system` is missing: a name under manifests/systems');
  if (name === undefined || problems.length > 0)
    throw new InputError('netpol system restricted is not usable so:', problems);
  const system = await loadSystem(name);
  const release = chosen ?? system.releases.at(-1)?.name ?? '';
  return proveScenarios(
    { command: command.split(' '), argv, config },
    restrictedScenarios(system, release, mode),
  );
};
