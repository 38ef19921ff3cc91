// `npm run mutants [-- NAME[=SCENARIO]...]`: the kill table. Each deliberate bug of the reference plugin must make the
// scenario fail that it names; where that one passes, the others tell which of them would. With SCENARIO only that one is
// tried, with `--thorough` all are. Where no mutant is named the unharmed plugin comes first, which must pass them all.
// `--provider kind` tries them one after the other on one kind cluster.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { loadConfig } from '../helpers/config.ts';
import { messageOf } from '../helpers/errors.ts';
import { mutants, type Mutant } from '../helpers/reference/mutants.ts';
import { judgeFate, keepPods, openTrial, tryPlugin, type Fate } from '../helpers/run/mutation.ts';
import { listenForInterrupts } from '../helpers/run/interrupts.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { createRunName } from '../helpers/run/session.ts';
import { loadShipped } from '../helpers/scenario/load.ts';
import type { Scenario } from '../helpers/scenario/scenario.ts';

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        provider: { type: 'string', default: 'lab' },
        cluster: { type: 'string', default: '' },
        thorough: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    console.error(messageOf(error));
    console.error(
      'wanted: [NAME[=SCENARIO]...] [--provider lab|kind] [--cluster NAME] [--thorough] [--json]',
    );
    process.exit(2);
  }
};

const { values, positionals } = readFlags();
const provider: 'kind' | 'lab' = values.provider === 'kind' ? 'kind' : 'lab';
const scenarios = await loadShipped();
const asked = positionals.map((words) => {
  const [name = '', end] = words.split('=');
  const mutant = mutants.find((each) => each.name === name);
  const only = scenarios.filter((scenario) => scenario.name === end);
  if (mutant === undefined || (end !== undefined && only.length === 0)) return words;
  return end === undefined
    ? { mutant, scenarios }
    : { mutant: { ...mutant, killedBy: end }, scenarios: only };
});
const unknown = asked.filter((each) => typeof each === 'string');
if (unknown.length > 0 || provider !== values.provider) {
  console.error(
    `unknown: ${unknown.join(', ') || values.provider}\nmutants: ${mutants.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
if (provider === 'lab') await installPrograms(console.error);

const isPossible = ({ needs }: Mutant): boolean => needs === undefined || needs === provider;
const chosen =
  asked.length === 0
    ? mutants.filter(isPossible).map((mutant) => ({ mutant, scenarios }))
    : asked.filter((each) => typeof each !== 'string');
const cluster = values.cluster || `netpol-mutants-${createRunName()}`;
using interrupts = listenForInterrupts();
const { signal } = interrupts;

/** On kind opening the lanes takes longer than most scenarios do. */
let kept: ReturnType<typeof keepPods> | undefined;
const closeKept = async (): Promise<void> => {
  await kept?.[Symbol.asyncDispose]();
  kept = undefined;
};

const start = (plugin: string) => {
  const config = { ...loadConfig({}, process.env, undefined), provider, plugin, cluster, keep: true };
  return startCluster(provider, config, { run: createRunName(), log: () => {}, signal });
};

const tryOne = async (
  plugin: string,
  mutant: Pick<Mutant, 'name' | 'feature' | 'killedBy' | 'spoilsBaseline' | 'survives'>,
  among: readonly Scenario[],
  thorough: boolean,
): Promise<Fate> => {
  const open = async (count: number) => {
    if (provider === 'lab') return openTrial(await start(plugin), 2, count, mutant);
    if (mutant.spoilsBaseline === true) {
      await closeKept();
      return openTrial(await start(plugin), 1, count);
    }
    kept ??= keepPods(await openTrial(await start(plugin), 1, count));
    return kept.open(plugin);
  };
  return tryPlugin(open, among, mutant, { thorough });
};

const tryAll = async (): Promise<number> => {
  let spoiled = 0;
  if (asked.length === 0) {
    console.error('the unharmed plugin first, on all scenarios');
    const unharmed = { name: 'reference', feature: 'NetworkPolicy' } as const;
    const control = await tryOne('reference', unharmed, scenarios, true);
    spoiled = control.killedBy.length + control.errors.length;
    console.log(
      `control: the unharmed plugin passes ${control.tried - spoiled} of ${control.tried} scenarios`,
    );
  }
  const fates: Fate[] = [];
  let wrong = 0;
  for (const { mutant, scenarios: among } of chosen) {
    signal.throwIfAborted();
    const fate = await tryOne(`mutant:${mutant.name}`, mutant, among, values.thorough);
    fates.push(fate);
    const { isRight, words } = judgeFate(mutant, fate, among);
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
  const harmless = chosen.filter(({ mutant }) => mutant.survives !== undefined).length;
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
  await closeKept();
  if (provider === 'kind' && values.cluster === '') {
    // Not the user's kubeconfig: kind would edit it.
    const kubeconfig = join(tmpdir(), `${cluster}.kubeconfig`);
    await execa('kind', ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfig]);
  }
}
