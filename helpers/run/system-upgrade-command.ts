import { UsageError } from '../errors.ts';
import { wrap, wrapLines } from '../report/text.ts';
import { loadSystem } from '../system/load.ts';
import { podsOf } from '../system/lint.ts';
import { planJourney, type Journey } from '../system/moves.ts';
import { describeLink, modes, type Mode, type System } from '../system/system.ts';
import { checkUpgrade, describeMove, type UpgradeResult, type Violation } from '../system/upgrade.ts';
import { readCommandLine } from './selection.ts';

const width = 100;

/**
 * `netpol system upgrade`: every order in which a system's components can move, by the oracle. Returns the exit code.
 * @throws InputError, UsageError
 */
export const systemUpgradeCommand = async (argv: readonly string[]): Promise<number> => {
  const { positionals, flags, json } = readCommandLine('system upgrade', argv);
  if (positionals.length > 0)
    throw new UsageError({
      subject: 'netpol system upgrade takes no filter',
      got: positionals.join(' '),
      next: 'netpol system upgrade --help',
    });
  const system = await loadSystem(readText(flags['system'], 'system'));
  const { releases } = system;
  const to = readText(flags['to'] ?? releases.at(-1)?.name, 'to');
  // The first release comes from nowhere; a release that is not there is for planJourney to refuse.
  const found = releases.find(({ name }) => name === to);
  const from = readText(flags['from'] ?? (found === undefined ? to : found.from), 'from');
  const mode = readModes(flags['mode'] ?? modes.join());
  const own = readOwn(flags['own-mode']);
  const journeys = mode.map((pair) => ({
    pair,
    journey: planJourney(system, { from, to, mode: pair, own }),
  }));
  const results = journeys.map(({ pair, journey }) => ({
    pair,
    journey,
    result: checkUpgrade(journey, podsOf(system)),
  }));
  console.log(
    json
      ? JSON.stringify(
          results.map(({ pair, result }) => ({ from, to, mode: pair, ...result })),
          null,
          2,
        )
      : results.map((one) => formatUpgrade(system, { from, to, ...one })).join('\n\n'),
  );
  return results.some(({ result }) => result.violations.length > 0) ? 1 : 0;
};

const readText = (value: unknown, flag: string): string => {
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError({ subject: `\`--${flag}\` is missing`, next: 'netpol system upgrade --help' });
};

/** `restricted,unrestricted`: two journeys; `unrestricted-restricted`: one that switches on the way. */
const readModes = (value: unknown): [Mode, Mode][] =>
  readText(value, 'mode')
    .split(',')
    .map((word) => {
      const [before, after = before] = word.split('-').map((name) => modes.find((mode) => mode === name));
      if (before !== undefined && after !== undefined) return [before, after];
      throw new UsageError({
        subject: '`--mode`',
        wanted: `${modes.join(' or ')}, both with a comma, or one-other for a switch on the way`,
        got: `\`${word}\``,
      });
    });

/** `dns=restricted,monitoring=unrestricted` */
const readOwn = (value: unknown): Map<string, Mode> =>
  new Map(
    (typeof value === 'string' ? value.split(',') : []).map((word) => {
      const [component = '', name] = word.split('=');
      const mode = modes.find((each) => each === name);
      if (mode !== undefined) return [component, mode];
      throw new UsageError({
        subject: '`--own-mode`',
        wanted: `COMPONENT=${modes.join(' or COMPONENT=')}`,
        got: `\`${word}\``,
      });
    }),
  );

type Outcome = {
  from: string;
  to: string;
  pair: readonly [Mode, Mode];
  journey: Journey;
  result: UpgradeResult;
};

const formatUpgrade = ({ name }: System, { from, to, pair, journey, result }: Outcome): string => {
  const { violations, states, safeOrder } = result;
  const mode = pair[0] === pair[1] ? pair[0] : `${pair[0]} to ${pair[1]} on the way`;
  const found =
    violations.length === 0
      ? 'nothing is wrong in any order'
      : `${violations.length} ${violations.length === 1 ? 'connection is' : 'connections are'} wrong on the way`;
  const head = `${name}: ${from} to ${to}, ${mode}: ${journey.moves.length} moves in every order, ${states} states: ${found}`;
  return [
    ...wrap(head, width, '', 2),
    ...violations.flatMap(formatViolation),
    ...(violations.length === 0 ? [] : ['', ...formatAdvice(safeOrder)]),
  ].join('\n');
};

const formatViolation = ({ link, kind, order, reason, blame }: Violation): string[] => [
  '',
  ...wrap(`${kind}  ${describeLink(link)} (${link.why})`, width, '', 6),
  ...wrap(
    order.length === 0 ? 'from the start' : `after only ${order.map(describeMove).join(', then ')}`,
    width,
    '  ',
    4,
  ),
  ...wrapLines(`  because: ${reason}`, width),
  ...(blame.length === 0 ? [] : wrap(`to blame: ${blame.join(', ')}`, width, '  ', 4)),
  `  ${link.file}:${link.line}`,
];

const formatAdvice = (safeOrder: UpgradeResult['safeOrder']): string[] =>
  safeOrder === undefined
    ? wrap(
        'No order is safe: change a release, so that both ends are right on either side of the move.',
        width,
        '',
        2,
      )
    : wrap(`A safe order: ${safeOrder.map(describeMove).join(', ')}`, width, '', 2);
