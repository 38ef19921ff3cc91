import { InputError, UsageError, type Problem } from '../errors.ts';
import { loadSystem } from '../system/load.ts';
import { modes } from '../system/system.ts';
import { restrictedScenarios } from './restricted.ts';
import { runCommandLine } from './run-command.ts';
import { readCommandLine } from './selection.ts';
import { loadSuite } from './suite.ts';

/**
 * `netpol system restricted`: a release of a system in both modes, proved on a cluster. Returns the exit code.
 * @throws InputError, UsageError before anything is created
 */
export const systemRestrictedCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags } = readCommandLine('system restricted', argv);
  const problems: Problem[] = [];
  const complain = (message: string): void => void problems.push({ file: 'command line', message });
  if (positionals.length > 0) complain(`takes no filter, got ${positionals.join(' ')}`);
  const mode = modes.find((each) => each === flags['mode']);
  if (flags['mode'] !== undefined && mode === undefined)
    complain(`\`--mode\`: wanted ${modes.join(' or ')}, got ${JSON.stringify(flags['mode'])}`);
  const name = flags['system'];
  if (typeof name !== 'string' || name === '')
    complain('`--system` is missing: a name under manifests/systems');
  if (problems.length > 0) throw new InputError('netpol system restricted is not usable so:', problems);
  const system = await loadSystem(String(name));
  const release = flags['release'] ?? system.releases.at(-1)?.name;
  if (typeof release !== 'string')
    throw new UsageError({
      subject: `system ${system.name} has no release`,
      next: 'netpol system restricted --help',
    });
  const scenarios = restrictedScenarios(system, release, mode);
  return runCommandLine({ command: 'system restricted', argv, config }, async () => ({
    suite: { ...(await loadSuite([], scenarios)), skipped: new Map(), unasked: undefined },
    guests: [...new Set(scenarios.flatMap(({ namespaces }) => namespaces.map((each) => each.name)))],
  }));
};
