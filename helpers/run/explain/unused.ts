import { UsageError } from '../../errors.ts';
import { families } from '../../kube/world.ts';
import { findUnused, type TrafficKind, type Unused } from '../../model/unused.ts';
import { countOf, wrap } from '../../report/text.ts';
import { askAlike, type Asked } from './cells.ts';
import type { ExplainInput } from './input.ts';
import { portsOfPolicies } from '../known-ports.ts';
import { describePart, locatePart } from '../policy-places.ts';

/** Each policy and each rule is taken away once; with more kinds of pods that would take hours. */
const mostKinds = 1000;

const width = 100;

/** Policies and rules that have no effect between these pods at the ports that anybody speaks of. @throws UsageError */
export const explainUnused = (
  { world, sources }: ExplainInput,
  isJson: boolean,
): { text: string; found: number } => {
  const { groups, pods } = askAlike([world]);
  if (pods.length > mostKinds)
    throw new UsageError({
      subject: '`--unused`: too many kinds of pods',
      wanted: `at most ${mostKinds} pods that policies can tell apart`,
      got: String(pods.length),
      next: 'ask about the namespaces of one platform at a time',
    });
  const traffic = listTraffic(groups, portsOfPolicies([world]));
  const found = findUnused({ ...world, pods }, traffic);
  const policies = world.policies.length + (world.adminPolicies ?? []).length;
  if (isJson) {
    const list = found.map((part) => ({ ...part, ...locatePart(part, sources) }));
    return { text: JSON.stringify({ policies, unused: list }, null, 2), found: found.length };
  }
  const ports = new Set(traffic.map(({ protocol, port }) => `${protocol}/${port}`)).size;
  const scope = `${countOf(policies, 'policy', 'policies')}, asked about ${countOf(world.pods.length, 'pod')} and ${countOf(ports, 'port')}, one of each protocol for all that nobody speaks of. Hosts outside, Services, pods to themselves and pods that do not run now were not asked.`;
  const headings = [...Map.groupBy(found, headingOf)].flatMap(([heading, parts]) => [
    heading,
    ...parts.flatMap((part) =>
      wrap(
        `${describePart(part, sources)}${part.mayMeanOutside ? ': but it may mean hosts outside' : ''}`,
        width,
        '  ',
        4,
      ),
    ),
    '',
  ]);
  const clean = found.length === 0 ? ['every policy and every rule has an effect', ''] : [];
  return { text: [...clean, ...headings, ...wrap(scope, width, '', 2)].join('\n'), found: found.length };
};

const headings: Readonly<Record<Unused['why'], string>> = {
  'selects-nobody': 'select none of these pods',
  'changes-nothing': 'change no verdict of these pods and ports: each alone could go',
  'admits-nobody': 'rules whose peers are none of these pods',
  'never-decides':
    'rules that decide no cell of these pods and ports: others come before, or they mean nobody',
};

const headingOf = ({ why }: Unused): string => headings[why];

/** Every port that anybody speaks of, those that stand for all others first: there most policies show an effect. */
const listTraffic = (
  groups: readonly Asked[],
  mentioned: readonly Omit<TrafficKind, 'family'>[],
): TrafficKind[] => {
  const asked = groups.flatMap(({ ports }) => ports.toReversed());
  const kinds = [...asked, ...mentioned].map(({ protocol, port }) => ({ protocol, port }));
  const distinct = [...new Map(kinds.map((kind) => [`${kind.protocol}/${kind.port}`, kind])).values()];
  return distinct.flatMap((kind) => families.map((family) => ({ ...kind, family })));
};
