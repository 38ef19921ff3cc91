import { UsageError } from '../../errors.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { findRelease } from '../../system/moves.ts';
import {
  modes,
  namesOf,
  ownerOf,
  type Mode,
  type Placement,
  type System,
  type SystemRelease,
} from '../../system/system.ts';
import { asFound } from './in-place.ts';
import { drawSystem } from './scenario.ts';

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
    drawSystem(system, { name: `${release.name}/${name}`, title }, placements);
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

/**
 * The same of a system that is there: one step that changes nothing, in the mode that the system is in.
 * @throws UsageError for a release that the system does not have
 */
export const inPlaceScenario = (system: System, releaseName: string, mode: Mode): Scenario => {
  const { name, deliveries } = findRelease(system, releaseName);
  const { steps, pods, ...drawn } = drawSystem(
    system,
    {
      name: `${name}/in-place/${mode}`,
      title: `${system.name} ${name}, as it is there: what is needed works and what is closed is closed, ${mode}`,
    },
    [{ deliveries, modeOf: () => mode }],
  );
  const expect = steps.at(-1)?.expect ?? [];
  return {
    ...drawn,
    // Of how many nodes there are nothing depends.
    pods: pods.map((pod) => ({ ...pod, node: 0 })),
    steps: [{ ...asFound, expect }],
  };
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
