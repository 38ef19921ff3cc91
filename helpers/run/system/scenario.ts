import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../../errors.ts';
import type { Labels } from '../../kube/types.ts';
import { idOf, type ContainerPort, type Pod, type World } from '../../kube/world.ts';
import { buildMatrix } from '../../matrix/matrix.ts';
import { neededFeatures } from '../../scenario/features.ts';
import { idOfPolicy } from '../../scenario/policies.ts';
import type {
  Action,
  ExpectedGrid,
  Scenario,
  ScenarioNamespace,
  ScenarioPod,
  Step,
} from '../../scenario/scenario.ts';
import { podsOf } from '../../system/lint.ts';
import {
  describeLink,
  namespaceOf,
  ownerOf,
  worldOf,
  type Link,
  type Placement,
  type System,
} from '../../system/system.ts';
import { visitor, wantedAt, type Wanted } from '../../system/wants.ts';

/**
 * A system that goes from one placement to the next, as a scenario: after each, what is wanted there is proved. `watch`:
 * how what leads to the placement of this index is watched.
 */
export const drawSystem = (
  system: System,
  { name, title }: Pick<Scenario, 'name' | 'title'>,
  placements: readonly Placement[],
  watch: (index: number) => Watch | undefined = () => undefined,
): Scenario => {
  const order = podsOf(system);
  const states = placements.map((placement): State => {
    const world = worldOf(placement, order);
    const present = new Set([...world.pods.map(idOf), visitor.id]);
    const wanted = wantedAt(system, placement).filter(({ from, to }) => present.has(from) && present.has(to));
    refuseContradictions(wanted, name);
    return { placement, world, wanted };
  });
  const [first] = states;
  const last = states.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a scenario without a placement');
  const bare = { world: { ...first.world, policies: [] }, wanted: [] };
  // A denial needs a baseline, which is taken before the first step and after the last.
  const isProvable = ({ from, to, want }: Wanted): boolean =>
    want === 'allow' ||
    [first, last].some(({ world }) =>
      [from, to].every((id) => id === visitor.id || world.pods.some((pod) => idOf(pod) === id)),
    );
  const proved = states.map((state) => ({ ...state, wanted: state.wanted.filter(isProvable) }));
  const steps = proved.flatMap((state, index) => stepsTo(proved[index - 1] ?? bare, state, watch(index)));
  const deliveries = placements.flatMap((placement) => [...placement.deliveries.values()]);
  const pods = describePods(
    states,
    deliveries.flatMap(({ links }) => links),
  );
  const policies = steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));
  return {
    title,
    name: `system/${system.name}/${name}`,
    file: join(dirname(dirname(deliveries[0]?.file ?? '')), 'system.yaml'),
    spec: system.source,
    features: [...neededFeatures({ name, steps, pods }, policies), 'SystemNamespaces'],
    namespaces: describeNamespaces(states),
    pods,
    services: [],
    steps,
  };
};

/** Halfway two components may say the opposite of one connection: no grid can want both. */
const refuseContradictions = (wanted: readonly Wanted[], name: string): void => {
  const both = [...Map.groupBy(wanted, ({ want: _, ...link }) => describeLink(link))]
    .filter(([, wants]) => new Set(wants.map(({ want }) => want)).size > 1)
    .map(([link]) => link);
  if (both.length === 0) return;
  throw new UsageError({
    subject: `the components do not agree, on the way to ${name}, what must become of a connection`,
    wanted: 'that one of them needs it or one of them closes it',
    got: both.join(', '),
    next: 'npm start -- system upgrade says by whose moves it comes to that',
  });
};

type Watch = Omit<NonNullable<Step['watch']>, 'namespaces'>;

type State = { placement: Placement; world: World; wanted: readonly Wanted[] };

/**
 * What is new comes before what is old goes, so that nothing is closed or open in between that need not be. Where nothing
 * changes there is a step all the same, as its connections are to be proved.
 */
const stepsTo = (
  before: Omit<State, 'placement'>,
  after: Omit<State, 'placement'>,
  watch: Watch | undefined,
): Step[] => {
  const changes = changesTo(before.world, after.world);
  if (changes.length === 0) changes.push({ action: { verb: 'apply', policies: [] }, namespaces: [] });
  const lasting = after.wanted.filter((one) => before.wanted.some((other) => isDeepStrictEqual(one, other)));
  return changes.map(({ action, namespaces }, index) => {
    const isLast = index === changes.length - 1;
    const meanwhile = watch === undefined ? [] : gridsOf(lasting);
    const expect = isLast ? gridsOf(after.wanted) : meanwhile;
    return { action, expect, ...(watch && { watch: { ...watch, namespaces } }), line: 1 };
  });
};

/** An action, and the namespaces in which it changes something. */
type Change = { action: Action; namespaces: string[] };

const changesTo = (before: World, after: World): Change[] => {
  const [come, go] = [newIn(after, before), newIn(before, after)];
  const { labels, keys } = relabels(
    [...before.namespaces.map(withName), ...before.pods.map(withId)],
    [...after.namespaces.map(withName), ...after.pods.map(withId)],
  );
  const known = new Map(before.policies.map((policy) => [idOfPolicy(policy), policy]));
  const kept = new Set(after.policies.map(idOfPolicy));
  const fresh = after.policies.filter((policy) => !isDeepStrictEqual(known.get(idOfPolicy(policy)), policy));
  const stale = before.policies.filter((policy) => !kept.has(idOfPolicy(policy)));
  const change = (action: Action, ids: readonly string[]): Change => ({
    action,
    namespaces: [...new Set(ids.map(namespaceOf))],
  });
  return [
    change({ verb: 'create', ...come }, [...come.namespaces, ...come.pods]),
    change({ verb: 'apply', policies: fresh }, fresh.map(idOfPolicy)),
    change({ verb: 'label', labels }, Object.keys(labels)),
    change({ verb: 'delete', policies: stale }, stale.map(idOfPolicy)),
    change({ verb: 'unlabel', keys }, Object.keys(keys)),
    change({ verb: 'remove', ...go }, [...go.namespaces, ...go.pods]),
  ].filter(({ namespaces }) => namespaces.length > 0);
};

/** The pods and namespaces of one world that the other lacks. */
const newIn = (one: World, other: World): { pods: string[]; namespaces: string[] } => ({
  pods: one.pods.map(idOf).filter((id) => !other.pods.some((pod) => idOf(pod) === id)),
  namespaces: one.namespaces
    .map(({ name }) => name)
    .filter((name) => !other.namespaces.some((namespace) => namespace.name === name)),
});

type Labelled = { id: string; labels: Labels };
const withName = ({ name, labels }: { name: string; labels: Labels }): Labelled => ({ id: name, labels });
const withId = (pod: Pod): Labelled => ({ id: idOf(pod), labels: pod.labels });

/** The labels that those which stay get, and the keys that they lose. */
const relabels = (
  before: readonly Labelled[],
  after: readonly Labelled[],
): { labels: Record<string, Labels>; keys: Record<string, string[]> } => {
  const labels: Record<string, Labels> = {};
  const keys: Record<string, string[]> = {};
  for (const { id, labels: now } of after) {
    const old = before.find((one) => one.id === id)?.labels;
    if (old === undefined) continue;
    const fresh = Object.entries(now).filter(([key, value]) => old[key] !== value);
    const lost = Object.keys(old).filter((key) => !Object.hasOwn(now, key));
    if (fresh.length > 0) labels[id] = Object.fromEntries(fresh);
    if (lost.length > 0) keys[id] = lost;
  }
  return { labels, keys };
};

const gridsOf = (wanted: readonly Wanted[]): ExpectedGrid[] =>
  [...Map.groupBy(wanted, ({ protocol, port }) => `${protocol}/${port}`)].map(([key, cells]) => {
    const { protocol, port } = cells[0]!;
    const wants = new Map(cells.map(({ from, to, want }) => [`${from} ${to}`, want]));
    const rows = [...new Set(cells.map(({ from }) => from))].toSorted();
    const columns = [...new Set(cells.map(({ to }) => to))].toSorted();
    const grid = buildMatrix(rows, columns, (row, column) => wants.get(`${row} ${column}`) ?? 'ignored');
    return {
      key,
      target: 'pod',
      protocol,
      port,
      grid,
      cells: { ...grid, cells: grid.cells.map(() => ({ line: 1, column: 1 })) },
      line: 1,
    };
  });

/** Each pod as it is where it is first, and with the ports of all places. */
const describePods = (states: readonly State[], links: readonly Link[]): ScenarioPod[] => {
  const first = new Set(states[0]?.world.pods.map(idOf));
  const all = Map.groupBy(
    states.flatMap(({ world }) => world.pods),
    idOf,
  );
  const described = [...all].map(([id, [pod, ...later]], index): ScenarioPod => {
    const { namespace, name, labels, ports } = pod!;
    const declared = [ports, ...later.map((other) => other.ports)].flat();
    const asked = links.filter(({ to }) => to === id);
    return {
      ...{ id, namespace, name, why: '', labels },
      ports: withPorts(declared, asked),
      node: index % 2,
      createdLater: !first.has(id),
    };
  });
  const { id, namespace, name } = visitor;
  return [
    ...described,
    { id, namespace, name, why: 'asks everybody', labels: {}, ports: [], node: 0, createdLater: false },
  ];
};

const describeNamespaces = (states: readonly State[]): ScenarioNamespace[] => {
  const first = new Set(states[0]?.world.namespaces.map(({ name }) => name));
  const all = new Map<string, ScenarioNamespace>();
  for (const { world, placement } of states)
    for (const { name, labels } of world.namespaces)
      if (!all.has(name))
        all.set(name, {
          ...{ name, labels, createdLater: !first.has(name) },
          why: `of ${ownerOf(name, placement) ?? 'nobody'}`,
        });
  const tenant = { name: visitor.namespace, why: 'somebody without any rights', labels: {} };
  return [...all.values(), { ...tenant, createdLater: false }];
};

/** Those of the manifests, one with a name before the same without; and those that somebody asks although nobody declares them. */
const withPorts = (declared: readonly ContainerPort[], asked: readonly Link[]): ContainerPort[] => {
  const named = declared.filter(({ name }) => name !== undefined);
  const unnamed = [...declared, ...asked].map(({ protocol, port }): ContainerPort => ({ protocol, port }));
  const keyOf = ({ protocol, port }: ContainerPort): string => `${protocol}/${port}`;
  return [
    ...new Map([...named, ...unnamed].toReversed().map((each) => [keyOf(each), each])).values(),
  ].toReversed();
};
