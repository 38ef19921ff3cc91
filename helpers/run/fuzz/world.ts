import * as fc from 'fast-check';
import type { NetworkPolicyPort, Policy } from '../../kube/types.ts';
import { isAdminPolicy } from '../../kube/world.ts';
import { readTierPolicy } from '../../model/tier-policy.ts';
import { anyScenario } from '../../scenario/arbitrary.ts';
import type { Scenario, Step } from '../../scenario/scenario.ts';
import { policiesAt } from '../../scenario/world.ts';
import { drawGrids, type Question } from './grids.ts';

/**
 * World `index` of a seed, always the same: a random scenario with the grids that the oracle draws. Worlds that claim
 * nothing, or that `isAble` refuses, are drawn again.
 */
export const worldOf = (
  seed: number,
  index: number,
  isAble: (scenario: Scenario) => boolean = () => true,
): Scenario => {
  const scenarios = anyScenario();
  for (let attempt = 0; ; attempt += 1) {
    const own = mix(seed, index, attempt);
    const [bare] = fc.sample(scenarios, { seed: own, numRuns: 1, unbiased: true });
    const whole = bare && endFree(bare);
    const world = whole && drawGrids(whole, chooseQuestions(whole, own));
    if (world === undefined || !isAble(world)) continue;
    return { ...world, title: `World ${index} of seed ${seed}`, name: `fuzz/${seed}-${index}` };
  }
};

/** In the end no policy is left, and everything must be open again: what stays closed would spoil the worlds to come. */
const endFree = (scenario: Scenario): Scenario => {
  const policies = policiesAt(scenario, scenario.steps.length - 1);
  const last: Step = { action: { verb: 'delete', policies }, expect: [], line: 1 };
  return policies.length === 0 ? scenario : { ...scenario, steps: [...scenario.steps, last] };
};

/** Ports that the policies speak of, where there are such, mostly one that they do not, and that of the Service. */
const chooseQuestions = ({ pods, services, steps }: Scenario, pick: number): Question[] => {
  const entries = steps
    .flatMap(({ action }) => ('policies' in action ? action.policies : []))
    .flatMap(portsIn);
  const served = new Map(
    pods
      .flatMap(({ ports }) => ports)
      .map(({ protocol, port }) => [`${protocol}/${port}`, { protocol, port }]),
  );
  const isSpokenOf = ({ protocol, port }: Pick<Question, 'protocol' | 'port'>): boolean =>
    entries.some((entry) => {
      const names = pods
        .flatMap(({ ports }) => ports)
        .filter((own) => own.protocol === protocol && own.port === port);
      return speaksOf(
        entry,
        port,
        names.flatMap(({ name }) => name ?? []),
      );
    });
  const [spoken, others] = [true, false].map((wanted) =>
    [...served.values()].filter((each) => isSpokenOf(each) === wanted),
  );
  const some = rotate(spoken ?? [], pick).slice(0, 2);
  const more = [2, 1, Math.abs(mix(pick, 2)) % 2][some.length] ?? 0;
  const chosen = [...some, ...rotate(others ?? [], pick).slice(0, more)];
  const isAboutFragments = mix(pick, 1) % 4 === 0;
  const inFragments = chosen.filter(({ protocol }) => isAboutFragments && protocol === 'UDP').slice(0, 1);
  return [
    ...chosen.map(({ protocol, port }) => ({ target: 'pod' as const, protocol, port })),
    ...inFragments.map(({ protocol, port }) => ({
      target: 'pod' as const,
      protocol,
      port,
      traffic: 'fragmented' as const,
    })),
    ...services
      .flatMap(({ ports }) => ports)
      .map(({ protocol, port }) => ({ target: 'service' as const, protocol, port })),
  ];
};

/** The ports of all rules, whatever the kind of the policy, as a NetworkPolicy would say them. */
const portsIn = (policy: Policy): NetworkPolicyPort[] => {
  if (!isAdminPolicy(policy))
    return [...(policy.spec.ingress ?? []), ...(policy.spec.egress ?? [])].flatMap(
      ({ ports }) => ports ?? [],
    );
  const { ingress, egress } = readTierPolicy(policy).rules;
  return [...ingress, ...egress]
    .flatMap(({ ports }) => ports ?? [])
    .map((port) => ('name' in port ? { port: port.name } : { port: port.first, endPort: port.last }));
};

/** Whether the number or name stands in the entry, of whatever protocol: the other one may be opened by mistake. */
const speaksOf = ({ port, endPort }: NetworkPolicyPort, number: number, names: readonly string[]): boolean =>
  typeof port === 'string'
    ? names.includes(port)
    : port !== undefined && number >= port && number <= (endPort ?? port);

const rotate = <Item>(items: readonly Item[], by: number): Item[] => {
  const at = items.length === 0 ? 0 : Math.abs(by) % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
};

/** Numbers next to each other give seeds that have nothing in common. */
const mix = (...numbers: number[]): number =>
  numbers.reduce((sum, number) => Math.imul(sum ^ number, 0x9e3779b1) ^ (sum >>> 15), 0x2545f491) | 0;
