import type { NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import type { ExpectedGrid, Scenario } from '../../../helpers/scenario/scenario.ts';
import { worldAt } from '../../../helpers/scenario/world.ts';
import { worldOf } from '../../../helpers/run/fuzz/world.ts';

/** A plugin in thought, that reads every policy with a mistake. */
export type Misreading = (spec: NetworkPolicySpec) => NetworkPolicySpec;

const withoutKey =
  (key: string): Misreading =>
  (spec) =>
    JSON.parse(
      JSON.stringify(spec, (name, value: unknown) => (name === key ? undefined : value)),
    ) as NetworkPolicySpec;

export const misreadings: Record<string, Misreading> = {
  'exceptions are left out': withoutKey('except'),
  'ranges are read as their first port': withoutKey('endPort'),
  'NotIn is read as In': (spec) =>
    JSON.parse(JSON.stringify(spec).replaceAll('"NotIn"', '"In"')) as NetworkPolicySpec,
  'empty rules are left out': (spec) => ({
    ...spec,
    ...(spec.ingress && { ingress: spec.ingress.filter((rule) => JSON.stringify(rule) !== '{}') }),
  }),
  'only the first rule counts': (spec) => ({
    ...spec,
    ...(spec.ingress && { ingress: spec.ingress.slice(0, 1) }),
    ...(spec.egress && { egress: spec.egress.slice(0, 1) }),
  }),
};

/** Whether a plugin with this mistake would be seen to be wrong by the scenario. */
export const showsMistake = (scenario: Scenario, misread: Misreading): boolean =>
  scenario.steps.some(({ expect }, index) => {
    const world = worldAt(scenario, index);
    const policies = world.policies.map((policy): NetworkPolicy => ({
      ...policy,
      spec: misread(policy.spec),
    }));
    const oracle = createOracle({ ...world, policies });
    return expect.some((grid) => differs(grid, oracle));
  });

const differs = (
  { target, protocol, port, family, traffic, grid }: ExpectedGrid,
  oracle: ReturnType<typeof createOracle>,
): boolean =>
  target === 'pod' &&
  traffic === undefined &&
  (family === undefined ? (['IPv4', 'IPv6'] as const) : [family]).some((each) =>
    grid.cells.some((want, index) => {
      const row = grid.rows[Math.floor(index / grid.columns.length)] ?? '';
      const column = grid.columns[index % grid.columns.length] ?? '';
      return (
        (want === 'allow' || want === 'deny') && oracle.verdict(row, column, protocol, port, each) !== want
      );
    }),
  );

/** The first worlds of a seed that show a mistake. */
export const worldsThatShow = (misread: Misreading, seed: number, count: number): Scenario[] => {
  const worlds: Scenario[] = [];
  for (let index = 0; worlds.length < count && index < 600; index += 1) {
    const world = worldOf(seed, index);
    if (showsMistake(world, misread)) worlds.push(world);
  }
  return worlds;
};
