import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../errors.ts';
import type { NetworkPolicy } from '../kube/types.ts';
import { idOf, type ContainerPort, type World } from '../kube/world.ts';
import { buildMatrix } from '../matrix/matrix.ts';
import { neededFeatures } from '../scenario/features.ts';
import { idOfPolicy } from '../scenario/policies.ts';
import type { Action, ExpectedGrid, Scenario, ScenarioPod, Step } from '../scenario/scenario.ts';
import { podsOf } from '../system/lint.ts';
import { findRelease } from '../system/moves.ts';
import {
  modes,
  namesOf,
  ownerOf,
  worldOf,
  type Link,
  type Mode,
  type Placement,
  type System,
  type SystemRelease,
} from '../system/system.ts';
import { visitor, wantedAt, type Wanted } from '../system/wants.ts';

/**
 * A release of a system as scenarios that can be proved on a cluster: in each mode what is needed works and what is
 * closed is closed, the mode switched back and forth; and each component in the mode that the others are not in. A tenant
 * reaches what everybody may reach, and nothing else that is restricted. `mode`: only in this one.
 * @throws UsageError for a release that the system does not have
 */
export const restrictedScenarios = (system: System, releaseName: string, mode?: Mode): Scenario[] => {
  const release = findRelease(system, releaseName);
  refuseMovable(system, release);
  const all = mode === undefined ? modes : [mode];
  const inMode = (common: Mode, own?: string): Placement => ({
    deliveries: release.deliveries,
    modeOf: (component) => (component === own ? otherThan(common) : common),
  });
  const together = (mode === undefined ? [...modes, modes[0]] : [mode]).map((each) => inMode(each));
  // Who has a mode: the components in whose namespaces there are policies for one mode only, whoever brings them.
  const optional = [...release.deliveries.values()]
    .flatMap(({ only }) => modes.flatMap((each) => only[each].policies))
    .flatMap(({ metadata: { namespace = '' } }) => ownerOf(namespace, inMode(modes[0])) ?? []);
  const apart = all.flatMap((common) => [...new Set(optional)].map((own) => inMode(common, own)));
  const scenario = (name: string, title: string, placements: readonly Placement[]): Scenario =>
    draw(system, release, { name: `system/${system.name}/${release.name}/${name}`, title }, placements);
  const words = all.join(' and ');
  return [
    scenario(
      'modes',
      `${system.name} ${release.name}: what is needed works and what is closed is closed, ${words}`,
      together,
    ),
    ...(apart.length === 0
      ? []
      : [
          scenario(
            'opt-out',
            `${system.name} ${release.name}: each component can be in a mode of its own, others ${words}`,
            apart,
          ),
        ]),
  ];
};

const otherThan = (mode: Mode): Mode => (mode === 'restricted' ? 'unrestricted' : 'restricted');

/** Modes are switched live by policies alone. */
const refuseMovable = ({ name }: System, { deliveries }: SystemRelease): void => {
  const movable = [...deliveries.values()].flatMap(({ file, only }) =>
    modes.flatMap((mode) => namesOf({ ...only[mode], policies: [] })).map((object) => `${object} (${file})`),
  );
  if (movable.length === 0) return;
  throw new UsageError({
    subject: `system ${name} has more than policies in one mode only`,
    wanted: 'the annotation netpol-conformance/mode on policies alone',
    got: movable.join(', '),
  });
};

const draw = (
  system: System,
  release: SystemRelease,
  { name, title }: Pick<Scenario, 'name' | 'title'>,
  placements: readonly Placement[],
): Scenario => {
  const order = podsOf(system);
  const worlds = placements.map((placement) => worldOf(placement, order));
  const steps = placements.flatMap((placement, index) =>
    stepsTo(worlds[index - 1]?.policies ?? [], worlds[index]?.policies ?? [], wantedAt(system, placement)),
  );
  const [world] = worlds;
  if (world === undefined) throw new RangeError('a scenario without a placement');
  const deliveries = [...release.deliveries.values()];
  const pods = describePods(
    world,
    deliveries.flatMap(({ links }) => links),
  );
  const policies = steps.flatMap(({ action }) => ('policies' in action ? action.policies : []));
  return {
    title,
    name,
    file: join(dirname(dirname(deliveries[0]?.file ?? '')), 'system.yaml'),
    spec: system.source,
    features: [...neededFeatures({ name, steps, pods }, policies), 'SystemNamespaces'],
    namespaces: [
      ...world.namespaces.map(({ name: namespace, labels }) => ({
        name: namespace,
        why: `of ${ownerOf(namespace, placements[0]!) ?? 'nobody'}`,
        labels,
        createdLater: false,
      })),
      { name: visitor.namespace, why: 'somebody without any rights', labels: {}, createdLater: false },
    ],
    pods,
    services: [],
    steps,
  };
};

/**
 * What is new comes before what is old goes, so that nothing is closed or open in between that need not be. Where nothing
 * changes there is a step all the same, as its connections are to be proved.
 */
const stepsTo = (
  before: readonly NetworkPolicy[],
  after: readonly NetworkPolicy[],
  wanted: readonly Wanted[],
): Step[] => {
  const known = new Map(before.map((policy) => [idOfPolicy(policy), policy]));
  const kept = new Set(after.map(idOfPolicy));
  const come = after.filter((policy) => !isDeepStrictEqual(known.get(idOfPolicy(policy)), policy));
  const go = before.filter((policy) => !kept.has(idOfPolicy(policy)));
  const actions: Action[] = [
    ...(come.length > 0 || go.length === 0 ? [{ verb: 'apply' as const, policies: come }] : []),
    ...(go.length > 0 ? [{ verb: 'delete' as const, policies: go }] : []),
  ];
  return actions.map((action, index) => ({
    action,
    expect: index === actions.length - 1 ? gridsOf(wanted) : [],
    line: 1,
  }));
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

const describePods = ({ pods }: World, links: readonly Link[]): ScenarioPod[] => {
  const described = pods.map((pod, index): ScenarioPod => {
    const { namespace, name, labels } = pod;
    const id = idOf(pod);
    const asked = links.filter(({ to }) => to === id);
    return {
      id,
      namespace,
      name,
      why: '',
      labels,
      ports: withPorts(pod.ports, asked),
      node: index % 2,
      createdLater: false,
    };
  });
  const { id, namespace, name } = visitor;
  return [
    ...described,
    { id, namespace, name, why: 'asks everybody', labels: {}, ports: [], node: 0, createdLater: false },
  ];
};

/** Those of the manifest, and those that somebody asks although they are not declared: that is allowed. */
const withPorts = (declared: readonly ContainerPort[], asked: readonly Link[]): ContainerPort[] => {
  const isDeclared = ({ protocol, port }: Link): boolean =>
    declared.some((each) => each.protocol === protocol && each.port === port);
  const missing = asked.filter((link) => !isDeclared(link)).map(({ protocol, port }) => ({ protocol, port }));
  const distinct = new Map(missing.map((each) => [`${each.protocol}/${each.port}`, each]));
  return [...declared, ...distinct.values()];
};
