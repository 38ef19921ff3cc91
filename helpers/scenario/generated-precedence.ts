import { buildPolicy, draftScenario, withLabel, type Rule } from './generated-case.ts';
import { namespaceNameLabel } from './default-world.ts';
import type { AdminPolicy, AdminSubject, Policy } from '../kube/types.ts';
import type { Action, Scenario } from './scenario.ts';

/**
 * What each layer can make of a connection. The two policies of the Admin tier have a rule for each action, so that each
 * peer meets another pair of them; NetworkPolicy and Baseline tier treat all peers alike, and change from step to step.
 */
export const precedenceAxes = {
  version: ['v1alpha1', 'v1alpha2'],
  direction: ['ingress', 'egress'],
  first: ['none', 'Accept', 'Deny', 'Pass'],
  second: ['none', 'Accept', 'Deny', 'Pass'],
  networkPolicy: ['none', 'allow', 'deny'],
  baseline: ['none', 'Accept', 'Deny', 'Pass'],
} as const;

type Axes = typeof precedenceAxes;
type Version = Axes['version'][number];
type Direction = Axes['direction'][number];
type Verdict = 'Accept' | 'Deny' | 'Pass';
/** A layer that changes: its states, each a policy or, for `none`, its absence. */
type Layer = Readonly<Record<string, Policy | undefined>>;

export type PrecedenceCase = { draft: Scenario; subject: string; peers: string[]; direction: Direction };

/** The subject; all others are peers, each with a label for what either policy of the Admin tier does to it. */
const subject = 'x/a';

/**
 * Every combination of tier and action, for both directions and versions. A step changes one policy: NetworkPolicy and
 * Baseline tier go through all that they can be together, then the policies of the Admin tier change places and go.
 */
export const precedenceCases = (): PrecedenceCase[] => {
  const { version: versions, direction: directions, first: actions } = precedenceAxes;
  const halves = [actions.slice(0, 2), actions.slice(2)];
  const cases = versions.flatMap((version) =>
    directions.flatMap((direction) => halves.map((half) => ({ version, direction, half }))),
  );
  return cases.map(({ version, direction, half }, index) => {
    const slug = [version, direction, ...half].join('-').toLowerCase();
    const draft = draftScenario({
      title: `version=${version} direction=${direction} first=${half.join()}`,
      name: `generated/precedence/${String(index + 1).padStart(3, '0')}-${slug}`,
      file: 'helpers/scenario/generated-precedence.ts',
      spec: 'https://network-policy-api.sigs.k8s.io/api-overview/#the-clusternetworkpolicy-resource',
      actions: planActions(version, direction),
    });
    const pods = draft.pods.map((pod, place) => ({
      ...pod,
      labels: { ...pod.labels, ...roleOf(place, half) },
    }));
    const peers = pods.map(({ id }) => id).filter((id) => id !== subject);
    return { draft: { ...draft, pods }, subject, peers, direction };
  });
};

/** Pods are in a fixed order, the subject first: then come all pairs of the half's actions with the second policy's. */
const roleOf = (place: number, half: readonly string[]): Record<string, string> => {
  if (place === 0) return {};
  const { second } = precedenceAxes;
  const number = place - 1;
  return {
    first: half[Math.floor(number / second.length)] ?? 'none',
    second: second[number % second.length] ?? 'none',
  };
};

const planActions = (version: Version, direction: Direction): Action[] => {
  const first = adminPolicy(version, direction, 'first', 10);
  const second = adminPolicy(version, direction, 'second', 20);
  const behind = adminPolicy(version, direction, 'first', 30);
  const networkPolicy: Layer = {
    none: undefined,
    allow: networkPolicyOf(direction, [{}]),
    deny: networkPolicyOf(direction, []),
  };
  const verdicts = precedenceAxes.baseline.filter((verdict) => verdict !== 'none');
  const baseline: Layer = {
    none: undefined,
    ...Object.fromEntries(
      verdicts
        .filter((verdict) => verdict !== 'Pass' || version === 'v1alpha2')
        .map((verdict) => [verdict, baselinePolicy(version, direction, verdict)]),
    ),
  };
  const actions: Action[] = [{ verb: 'apply', policies: [first, second] }];
  let current: { networkPolicy?: Policy | undefined; baseline?: Policy | undefined } = {};
  let order = Object.values(baseline);
  for (const isolation of Object.values(networkPolicy)) {
    actions.push(...change(current.networkPolicy, isolation));
    current = { ...current, networkPolicy: isolation };
    for (const next of order) {
      actions.push(...change(current.baseline, next));
      current = { ...current, baseline: next };
    }
    // Back the same way: a policy changes at a time, and never two.
    order = order.toReversed();
  }
  return [
    ...actions,
    { verb: 'update', policies: [behind] },
    { verb: 'delete', policies: [second] },
    { verb: 'delete', policies: [behind] },
  ];
};

const change = (from: Policy | undefined, to: Policy | undefined): Action[] => {
  if (from === to) return [];
  if (from === undefined) return to === undefined ? [] : [{ verb: 'apply', policies: [to] }];
  return [to === undefined ? { verb: 'delete', policies: [from] } : { verb: 'update', policies: [to] }];
};

const networkPolicyOf = (direction: Direction, rules: readonly Rule[]): Policy =>
  buildPolicy({ name: 'isolate', namespace: 'x', podSelector: withLabel('pod', 'a'), [direction]: rules });

const adminSubject: AdminSubject = {
  pods: { namespaceSelector: withLabel(namespaceNameLabel, 'x'), podSelector: withLabel('pod', 'a') },
};

/** A rule for each action, for the peers whose label asks for it. */
const adminPolicy = (
  version: Version,
  direction: Direction,
  name: 'first' | 'second',
  priority: number,
): AdminPolicy =>
  policyOf(version, name, { tier: 'Admin', priority }, direction, [
    ruleOf(version, direction, 'Accept', { [name]: 'Accept' }),
    ruleOf(version, direction, 'Deny', { [name]: 'Deny' }),
    ruleOf(version, direction, 'Pass', { [name]: 'Pass' }),
  ]);

const baselinePolicy = (version: Version, direction: Direction, verdict: Verdict): AdminPolicy =>
  policyOf(version, 'default', { tier: 'Baseline', priority: 10 }, direction, [
    ruleOf(version, direction, verdict, {}),
  ]);

const ruleOf = (
  version: Version,
  direction: Direction,
  verdict: Verdict,
  matchLabels: Record<string, string>,
): object => ({
  action: version === 'v1alpha1' && verdict === 'Accept' ? 'Allow' : verdict,
  [direction === 'ingress' ? 'from' : 'to']: [
    {
      pods: {
        namespaceSelector: {},
        podSelector: Object.keys(matchLabels).length === 0 ? {} : { matchLabels },
      },
    },
  ],
});

const policyOf = (
  version: Version,
  name: string,
  { tier, priority }: { tier: 'Admin' | 'Baseline'; priority: number },
  direction: Direction,
  rules: readonly object[],
): AdminPolicy => {
  const kind =
    version === 'v1alpha2'
      ? 'ClusterNetworkPolicy'
      : tier === 'Admin'
        ? 'AdminNetworkPolicy'
        : 'BaselineAdminNetworkPolicy';
  const place = {
    ...(version === 'v1alpha2' && { tier }),
    ...(kind !== 'BaselineAdminNetworkPolicy' && { priority }),
  };
  // One shape for all kinds, which each type has in its own words.
  return {
    apiVersion: `policy.networking.k8s.io/${version}`,
    kind,
    metadata: { name },
    spec: { ...place, subject: adminSubject, [direction]: rules },
  } as unknown as AdminPolicy;
};
