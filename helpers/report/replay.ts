import { dirname } from 'node:path';
import { asTyped } from '../errors.ts';
import { isOfSystem, type CaseRecord, type RunRecord } from './record.ts';

/**
 * The command that runs one case again; one of a system, `system/<name>/<release>/...`, with the others of its release, but
 * one of a way there, `from-<release>/<mode>/<order>`, alone.
 */
export const replayCommand = (
  { name, file }: Pick<CaseRecord, 'name' | 'file'>,
  flags: readonly string[] = [],
): string => {
  const [, , release = '', way = '', mode = '', order = ''] = name.split('/');
  const system = `--system ${dirname(file)}`;
  const [, seed = '1', count = '0'] = /^seed-(\d+)-order-(\d+)$/.exec(order) ?? [];
  const [common, ...own] = mode.split('+');
  const which = [
    `--mode ${common}`,
    ...(own.length > 0 ? [`--own-mode ${own.join()}`] : []),
    `--seed ${seed} --orders ${count} --only ${order}`,
  ];
  const chosen = !isOfSystem({ name, file })
    ? `run ${name}`
    : way.startsWith('from-')
      ? `system replay ${system} --from ${way.slice('from-'.length)} --to ${release} ${which.join(' ')}`
      : `system restricted ${system} --release ${release}${way === 'in-place' ? ` --in-place --mode ${mode}` : ''}`;
  return asTyped(['npm start --', chosen, ...flags.map(quote)].join(' '));
};

/** As a shell takes it for one word, and for nothing else: the command is there to be copied. */
const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

type Replayed = { environment: Pick<RunRecord['environment'], 'provider'>; config: RunRecord['config'] };

/** Flags that choose the cluster and the plugin of a run again, as far as its record tells. */
export const replayFlags = ({ environment, config }: Replayed): string[] => {
  const settings = {
    provider: environment.provider,
    plugin: config.plugin,
    'plugin-next': config.pluginNext,
  };
  return Object.entries({ ...settings, context: config.context, kubeconfig: config.kubeconfig }).flatMap(
    ([flag, value]) => (typeof value === 'string' && value !== '' ? [`--${flag}`, value] : []),
  );
};
