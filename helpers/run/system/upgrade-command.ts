import { layoutOf } from '../../report/layout.ts';
import { countOf, wrap, wrapLines } from '../../report/text.ts';
import { describeLink, type System } from '../../system/system.ts';
import { describeMove, type UpgradeResult, type Violation } from '../../system/upgrade.ts';
import { readCommandLine } from '../selection.ts';
import { readJourneys, type Outcome } from './journeys.ts';

/**
 * `netpol system upgrade`: every order in which a system's components can move, by the oracle. Returns the exit code.
 * @throws InputError, UsageError
 */
export const systemUpgradeCommand = async (argv: readonly string[]): Promise<number> => {
  const { positionals, flags, json } = readCommandLine('system upgrade', argv);
  const { system, from, to, outcomes } = await readJourneys('system upgrade', positionals, flags);
  const { width } = layoutOf(process.stdout);
  console.log(
    json
      ? JSON.stringify(
          outcomes.map(({ pair, result }) => ({ from, to, mode: pair, ...result })),
          null,
          2,
        )
      : outcomes.map((one) => formatUpgrade(system, { from, to, ...one }, width)).join('\n\n'),
  );
  return outcomes.some(({ result }) => result.violations.length > 0) ? 1 : 0;
};

const formatUpgrade = (
  { name }: System,
  { from, to, pair, journey, result }: Outcome & { from: string; to: string },
  width: number,
): string => {
  const { violations, states, safeOrder } = result;
  const mode = pair[0] === pair[1] ? pair[0] : `${pair[0]} to ${pair[1]} on the way`;
  const found =
    violations.length === 0
      ? 'nothing is wrong in any order'
      : `${countOf(violations.length, 'connection is', 'connections are')} wrong on the way`;
  const head = `${name}: ${from} to ${to}, ${mode}: ${countOf(journey.moves.length, 'move')} in every order, ${states} states: ${found}`;
  return [
    ...wrap(head, width, '', 2),
    ...violations.flatMap((violation) => formatViolation(violation, width)),
    ...(violations.length === 0 ? [] : ['', ...formatAdvice(safeOrder, width)]),
  ].join('\n');
};

const formatViolation = ({ link, kind, order, reason, blame }: Violation, width: number): string[] => [
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

const formatAdvice = (safeOrder: UpgradeResult['safeOrder'], width: number): string[] =>
  safeOrder === undefined
    ? wrap(
        'No order is safe: change a release, so that both ends are right on either side of the move.',
        width,
        '',
        2,
      )
    : wrap(`A safe order: ${safeOrder.map(describeMove).join(', ')}`, width, '', 2);
