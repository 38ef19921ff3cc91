import type { Cluster, PodRequest, PodsInPlace } from '../../cluster/cluster.ts';
import { ClusterError, ProbeError } from '../../errors.ts';
import { addressOf, families, idOf, type Family, type World } from '../../kube/world.ts';
import { cellOf, formatProbeKind } from '../../matrix/matrix.ts';
import { judgeCell } from '../../model/cell.ts';
import { createOracle, type Oracle } from '../../model/oracle.ts';
import { openLinks } from '../../probe/pods.ts';
import type { StepRecord } from '../../report/record.ts';
import type { ScenarioPod, Step } from '../../scenario/scenario.ts';
import { visitor } from '../../system/wants.ts';
import type { WantedGrid } from '../expected.ts';
import { speakByShortNames, type Ground } from '../ground.ts';
import { judge, recordStep, refuseUntold } from '../judge.ts';
import { longestSilence, observe, type GridSeen, type Patience } from '../observe.ts';
import { listSome } from '../words.ts';

/** Probe pods in live namespaces, with open links. Disposing closes the links and takes the pods away. */
export type GroundInPlace = AsyncDisposable &
  Pick<Ground, 'prober' | 'teller' | 'realId' | 'shortId'> & {
    place: PodsInPlace;
    /** When the pods had come. */
    world: World;
    /** Those that all of the pods have. */
    families: Family[];
  };

/**
 * Brings pods into the live namespaces that they name, and those of the visitor into one of our own.
 * @throws UsageError, ClusterError, ProbeError; nothing is left behind then
 */
export const openGroundInPlace = async (
  cluster: Cluster,
  pods: readonly Pick<ScenarioPod, 'id' | 'namespace' | 'name' | 'labels' | 'ports'>[],
): Promise<GroundInPlace> => {
  if (cluster.live === undefined)
    throw new ClusterError({ subject: 'no pods in place', got: 'the cluster was made for this run' });
  // On one node after the other, so that connections go between nodes as well as within one. The visitor is in a namespace
  // of ours, whatever namespaces there are.
  const requests = pods.map(({ id, namespace, name, labels, ports }, node): PodRequest => ({
    ...{ name, labels, ports, node },
    namespace: id === visitor.id ? '' : namespace,
  }));
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await cluster.live.openPods(requests));
  const realIds = new Map(pods.map(({ id }, index) => [id, idOf(place.realName(requests[index]!))]));
  const shortIds = new Map([...realIds].map(([short, real]) => [real, short]));
  const realId = (id: string): string => realIds.get(id) ?? id;
  const shortId = (id: string): string => shortIds.get(id) ?? id;
  const world = await place.world();
  const links = stack.use(await openLinks(place, world.pods));
  const opened = stack.move();
  return {
    ...{ place, world, realId, shortId },
    families: families.filter((family) => world.pods.every((pod) => addressOf(pod, family) !== undefined)),
    ...speakByShortNames(links, realId, shortId),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

/** The oracle of the live world as it is now, asked by the names that pods were asked for. @throws ApiError */
export const liveOracle = async ({ place, realId }: GroundInPlace): Promise<Oracle> => {
  const live = createOracle(await place.world());
  return { ...live, explain: (from, to, ...asked) => live.explain(realId(from), realId(to), ...asked) };
};

/** Nothing is changed in place. */
export const asFound = { action: { verb: 'apply', policies: [] }, line: 1 } as const satisfies Omit<
  Step,
  'expect'
>;

/**
 * Proves of what is there what these grids want.
 * @throws AssertionError where it is not so, which may be the policies' fault as well as the plugin's; ProbeError where
 * that could not be told, or where policies and network say different things
 */
export const proveInPlace = async (
  grids: readonly WantedGrid[],
  ground: GroundInPlace,
  patience: Patience,
  records: StepRecord[],
): Promise<void> => {
  const step: Step = { ...asFound, expect: [] };
  const seen = await observe(grids, ground.world, ground, patience, longestSilence);
  const now = await liveOracle(ground);
  records.push(recordStep(step, seen, { now }, 0));
  refuseUntold(step, 0, seen);
  const others = contradictions(seen.grids, now);
  judge(step, 0, seen, () => (others.length === 0 ? '' : wrongPolicies));
  if (others.length > 0)
    throw new ProbeError({
      subject: 'the network is as it is wanted, but not by the policies of the cluster',
      wanted: 'policies and labels that say the same',
      got: listSome(others),
      next: 'npm start -- system audit; and name the release that the cluster is at with `--release`',
    });
};

/**
 * In place nothing can be opened to see that it is the policies that close a door. A denial counts where both its ends have
 * a connection that works, over the same family. Gives the ends that have none, as `x/a v6`.
 */
export const isolatedEnds = (steps: readonly StepRecord[]): Set<string> => {
  const reached = new Set<string>();
  const closed = new Set<string>();
  for (const { probe, rows, columns, want, got } of steps.flatMap(({ grids }) => grids))
    for (const [index, wanted] of want.entries()) {
      const ends = [rows[Math.floor(index / columns.length)], columns[index % columns.length]];
      const set = wanted === 'deny' ? closed : got[index]?.outcome === 'connected' ? reached : undefined;
      for (const id of ends) set?.add(`${id} ${probe.split(' ')[0]}`);
    }
  return closed.difference(reached);
};

/** @throws ProbeError where a closed door proves nothing */
export const refuseIsolatedEnds = (steps: readonly StepRecord[]): void => {
  const ends = [...isolatedEnds(steps)];
  if (ends.length === 0) return;
  throw new ProbeError({
    subject: `nothing shows that the network reaches ${ends.length === 1 ? 'a pod' : 'some pods'}, so that closed doors there prove nothing`,
    wanted: 'a connection from or to each of them that works',
    got: listSome(ends),
    next: 'describe in the release what they need; or leave out `--in-place`, where doors are seen open first',
  });
};

const wrongPolicies =
  '\nthe policies and labels in the cluster are not what the release says, whatever the plugin is';

/** Cells of which the policies in the cluster say something else than is wanted. */
const contradictions = (grids: readonly GridSeen[], oracle: Oracle): string[] =>
  grids.flatMap(({ kind, want }) =>
    want.rows.flatMap((row) =>
      want.columns.flatMap((column) => {
        const wanted = cellOf(want, row, column);
        if (wanted === 'ignored') return [];
        const { verdict, reason } = judgeCell(kind, row, column, { now: oracle });
        const cell = `${row} -> ${column} ${formatProbeKind(kind)}`;
        return verdict === wanted ? [] : [`${cell}: wanted ${wanted}, by the policies ${verdict}: ${reason}`];
      }),
    ),
  );
