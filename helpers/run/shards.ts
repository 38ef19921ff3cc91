import type { Shard } from '../config/shard.ts';
import { UsageError } from '../errors.ts';
import { countOf } from '../report/text.ts';
import { isOperation } from '../scenario/operations.ts';
import type { Scenario, Step } from '../scenario/scenario.ts';
import { isClusterWide } from './session.ts';
import { isLong } from './time-left.ts';

/**
 * The scenarios of one shard, in their order. The same scenarios in the same order are always cut the same way: each is
 * in exactly one shard, and all shards take about as long. `skipped`: those that the user does not want.
 * @throws UsageError where the shard would have nothing to do
 */
export const chooseShard = (
  scenarios: readonly Scenario[],
  { index, count: shards }: Shard,
  skipped: Pick<ReadonlySet<Scenario>, 'has' | 'size'> = new Set(),
): Scenario[] => {
  const asked = scenarios.filter((scenario) => !skipped.has(scenario));
  const mine = cut(asked, shards)[index - 1];
  if (mine === undefined || mine.size === 0) {
    const size = `${countOf(asked.length, 'scenario')} for ${shards} shards`;
    throw new UsageError({
      subject: `\`--shard ${index}/${shards}\` is empty`,
      wanted: 'no more shards than scenarios',
      got: skipped.size === 0 ? size : `${size}, ${skipped.size} skipped`,
      next: 'ask for fewer shards, or choose more scenarios',
    });
  }
  // A run of skips alone proves nothing and exits with 2; so they go where something runs for sure.
  return scenarios.filter((scenario) => mine.has(scenario) || (index === 1 && skipped.has(scenario)));
};

/** The longest first, each to the shard that has the least to do by then: what is alike is dealt out evenly. */
const cut = (scenarios: readonly Scenario[], count: Shard['count']): Set<Scenario>[] => {
  const shards = Array.from({ length: count }, () => ({ load: 0, members: new Set<Scenario>() }));
  const weighed = scenarios.map((scenario) => ({ scenario, weight: weigh(scenario) }));
  for (const { scenario, weight } of weighed.toSorted((one, other) => other.weight - one.weight)) {
    const least = shards.reduce((lightest, shard) => (shard.load < lightest.load ? shard : lightest));
    least.load += weight;
    least.members.add(scenario);
  }
  return shards.map(({ members }) => members);
};

/** About how long a scenario keeps a kind cluster, in seconds of one lane of three. */
const weigh = (scenario: Scenario): number => {
  const { load, steps } = scenario;
  if (load !== undefined) return 200 + load.policies;
  const perStep = isClusterWide(scenario) ? 3 : 1;
  return Math.max(
    1,
    steps.reduce((sum, step) => sum + weighStep(step, perStep), 0),
  );
};

const weighStep = ({ action }: Step, usual: number): number => {
  if (!isOperation(action)) return usual;
  return isLong(action) ? 180 : 30;
};
