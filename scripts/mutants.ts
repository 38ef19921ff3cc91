// `npm run mutants [-- NAME...]`: the kill table. Each deliberate bug of the reference plugin must make a scenario fail.
// --thorough runs all scenarios on each; --provider kind tries them on a kind cluster, one after the other.
import { parseArgs } from 'node:util';
import { defaults, loadConfig } from '../helpers/config.ts';
import { mutants, type Mutant } from '../helpers/reference/mutants.ts';
import { tryPlugin, type Fate } from '../helpers/run/mutation.ts';
import { installPrograms } from '../helpers/run/programs.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { createRunName } from '../helpers/run/session.ts';
import { loadScenarios } from '../helpers/scenario/load.ts';

const { values, positionals } = parseArgs({
  options: {
    thorough: { type: 'boolean', default: false },
    provider: { type: 'string', default: 'lab' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !mutants.some((mutant) => mutant.name === name));
if (unknown.length > 0 || !['lab', 'kind'].includes(values.provider)) {
  console.error(
    `unknown: ${unknown.join(', ') || values.provider}\nmutants: ${mutants.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const provider: 'kind' | 'lab' = values.provider === 'kind' ? 'kind' : 'lab';
if (provider === 'lab') await installPrograms(console.error);
const scenarios = await loadScenarios('network-policy');
const chosen = mutants.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
type Tried = Pick<Mutant, 'name' | 'feature' | 'spoilsBaseline'>;
const controlRun: Tried = { name: 'reference', feature: 'NetworkPolicy' };
const signal = new AbortController().signal;
const cluster = provider === 'kind' ? `netpol-mutants-${createRunName()}` : '';

const tryOne = async (mutant: Tried, isControl: boolean, isLast: boolean): Promise<Fate> => {
  const plugin = isControl ? 'reference' : `mutant:${mutant.name}`;
  const config = {
    ...loadConfig({}, process.env, undefined),
    provider,
    plugin,
    cluster,
    keep: !isLast,
    lanes: defaults.lanes,
  };
  const start = () => startCluster(provider, config, { run: createRunName(), log: () => {}, signal });
  return tryPlugin(start, scenarios, mutant, {
    thorough: values.thorough || isControl,
    lanes: provider === 'lab' ? 2 : 0,
  });
};

const fates: Fate[] = [];
const control = await tryOne(controlRun, true, false);
console.log(
  `control: the unharmed plugin passes ${control.tried - control.killedBy.length - control.errors.length} of ${control.tried} scenarios`,
);
for (const mutant of chosen) {
  const fate = await tryOne(mutant, false, mutant === chosen.at(-1));
  fates.push(fate);
  const told =
    fate.killedBy.length > 0 ? `killed by ${fate.killedBy.join(', ')}` : (mutant.survives ?? 'SURVIVED');
  console.log(
    `${mutant.name.padEnd(38)} ${told}${fate.errors.length > 0 ? `  (errors: ${fate.errors.join('; ')})` : ''}`,
  );
}

const mustDie = chosen.filter(({ survives }) => survives === undefined).map(({ name }) => name);
const killed = fates.filter(({ mutant, killedBy }) => mustDie.includes(mutant) && killedBy.length > 0).length;
if (values.json) console.log(JSON.stringify({ control, fates }, null, 2));
console.log(
  `${killed} of ${mustDie.length} mutants killed; ${chosen.length - mustDie.length} are no violations`,
);
process.exit(killed === mustDie.length && control.killedBy.length + control.errors.length === 0 ? 0 : 1);
