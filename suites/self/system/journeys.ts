import { podsOf } from '../../../helpers/system/lint.ts';
import { planJourney, type JourneyOptions } from '../../../helpers/system/moves.ts';
import {
  describeLink,
  type Delivery,
  type Mode,
  type Placement,
  type System,
} from '../../../helpers/system/system.ts';
import { checkUpgrade, describeMove, type UpgradeResult } from '../../../helpers/system/upgrade.ts';

export const check = (system: System, options: JourneyOptions): UpgradeResult =>
  checkUpgrade(planJourney(system, options), podsOf(system));

/** `loss of a/x -> b/y TCP/80 after c: NetworkPolicy b/p (new)`, a line for each violation. */
export const linesOf = ({ violations }: UpgradeResult): string[] =>
  violations.map(
    ({ kind, link, order, blame }) =>
      `${kind} of ${describeLink(link)} after ${order.map(describeMove).join(', ')}: ${blame.join(', ')}`,
  );

export const deliveriesAt = (system: System, name: string): ReadonlyMap<string, Delivery> =>
  system.releases.find((release) => release.name === name)!.deliveries;

export const placementAt = (system: System, name: string, mode: Mode): Placement => ({
  deliveries: deliveriesAt(system, name),
  modeOf: () => mode,
});
