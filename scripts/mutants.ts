// `npm run mutants [-- NAME...]`: the kill table. Each deliberate bug of the reference plugin must make the scenario fail
// that it names; where that one passes, the others tell which of them would. `--only NAME` tries these scenarios,
// `--thorough` all of them; `--provider kind` tries the mutants one after the other on one kind cluster.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { loadConfig } from '../helpers/config.ts';
import { mutants, type Mutant } from '../helpers/reference/mutants.ts';
import { judgeFate, tryPlugin, type Fate } from '../helpers/run/mutation.ts';
import { listenForInterrupts } from '../helpers/run/interrupts.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { createRunName } from '../helpers/run/session.ts';
import { loadShipped } from '../helpers/scenario/load.ts';

const { values, positionals } = parseArgs({
  options: {
    provider: { type: 'string', default: 'lab' },
    cluster: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    thorough: { type: 'boolean', default: false },
    'without-control': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const provider: 'kind' | 'lab' = values.provider === 'kind' ? 'kind' : 'lab';
const unknown = positionals.filter((name) => !mutants.some((mutant) => mutant.name === name));
if (unknown.length > 0 || provider !== values.provider) {
  console.error(
    `unknown: ${unknown.join(', ') || values.provider}\nmutants: ${mutants.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
if (provider === 'lab') await installPrograms(console.error);

const scenarios = (await loadShipped()).filter(({ name }) => name.includes(values.only));
const isPossible = ({ needs }: Mutant): boolean => needs === undefined || needs === provider;
const chosen = mutants.filter((mutant) =>
  positionals.length === 0 ? isPossible(mutant) : positionals.includes(mutant.name),
);
const cluster = values.cluster || `netpol-mutants-${createRunName()}`;
using interrupts = listenForInterrupts();
const { signal } = interrupts;

const tryOne = async (
  plugin: string,
  mutant: Pick<Mutant, 'name' | 'feature' | 'killedBy' | 'spoilsBaseline'>,
  thorough: boolean,
): Promise<Fate> => {
  const config = { ...loadConfig({}, process.env, undefined), provider, plugin, cluster, keep: true };
  const start = () => startCluster(provider, config, { run: createRunName(), log: () => {}, signal });
  return tryPlugin(start, scenarios, mutant, { thorough, lanes: provider === 'lab' ? 2 : 1 });
};

const tryAll = async (): Promise<number> => {
  let spoiled = 0;
  if (!values['without-control']) {
    const control = await tryOne('reference', { name: 'reference', feature: 'NetworkPolicy' }, true);
    spoiled = control.killedBy.length + control.errors.length;
    console.log(
      `control: the unharmed plugin passes ${control.tried - spoiled} of ${control.tried} scenarios`,
    );
  }
  const fates: Fate[] = [];
  let wrong = 0;
  for (const mutant of chosen) {
    signal.throwIfAborted();
    const fate = await tryOne(`mutant:${mutant.name}`, mutant, values.thorough);
    fates.push(fate);
    const { isRight, words } = judgeFate(mutant, fate, scenarios);
    if (!isRight) wrong += 1;
    const errors =
      fate.errors.length === 0 ? '' : `  (${fate.errors.length} errors, the first: ${fate.errors[0]})`;
    console.log(
      `${mutant.name.padEnd(36)} ${(fate.milliseconds / 1000).toFixed(1).padStart(5)} s  ${words}${errors}`,
    );
  }
  if (values.json) console.log(JSON.stringify(fates, null, 2));
  const others = positionals.length > 0 ? [] : mutants.filter((mutant) => !isPossible(mutant));
  for (const { name, needs } of others)
    console.log(`${name.padEnd(36)} not tried: needs --provider ${needs}`);
  const harmless = chosen.filter(({ survives }) => survives !== undefined).length;
  console.log(
    `${chosen.length - wrong} of ${chosen.length} mutants fare as they must; ${harmless} of them are no violations, the others die`,
  );
  return wrong === 0 && spoiled === 0 ? 0 : 1;
};

try {
  process.exitCode = await tryAll();
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  if (provider === 'kind' && values.cluster === '') {
    // Not the user's kubeconfig: kind would edit it.
    const kubeconfig = join(tmpdir(), `${cluster}.kubeconfig`);
    await execa('kind', ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfig]);
  }
}
