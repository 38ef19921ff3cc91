import { InputError, type Problem } from '../../errors.ts';
import { loadSystem } from '../../system/load.ts';
import { modes } from '../../system/system.ts';
import { openSessionInPlace } from './in-place-session.ts';
import { textOf } from '../more-flags.ts';
import { chooseProvider } from '../providers.ts';
import { proveScenarios } from '../run-command.ts';
import { readCommandLine } from '../selection.ts';
import { inPlaceScenario, restrictedScenarios } from './restricted.ts';

const command = 'system restricted';

/**
 * `netpol system restricted`: a release of a system in both modes, proved on a cluster; or the system that is there, in the
 * mode that it is in. Returns the exit code.
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
  const isInPlace = flags['in-place'] === true;
  if (isInPlace && flags['mode'] === undefined) complain('`--in-place` wants `--mode`: that of the cluster');
  if (isInPlace && (await chooseProvider(config)).provider !== 'existing')
    complain(
      '`--in-place` wants a cluster with a system: `--context`, `--kubeconfig` or `--provider existing`',
    );
  if (name === undefined || problems.length > 0)
    throw new InputError(
      'netpol system restricted is not usable so:',
      problems,
      'npm start -- system restricted --help',
    );
  const system = await loadSystem(name);
  const release = chosen ?? system.releases.at(-1)?.name ?? '';
  const line = { command: command.split(' '), argv, config };
  if (!isInPlace || mode === undefined)
    return proveScenarios(line, restrictedScenarios(system, release, mode));
  const scenario = inPlaceScenario(system, release, mode);
  return proveScenarios(line, [scenario], (cluster, options, log) =>
    openSessionInPlace(cluster, scenario, options, log),
  );
};
