import { combinePairs, type Combination, type Forbidden } from './combinations.ts';
import { draftScenario } from './generated-case.ts';
import { describeRow } from './generated-pairwise-policies.ts';
import type { Scenario } from './scenario.ts';

/** The axes of a NetworkPolicy. What each value stands for is told by `generated-pairwise-policies.ts`. */
export const pairwiseAxes = {
  target: ['pod', 'expression', 'namespace', 'other-namespace'],
  direction: ['ingress', 'egress', 'both'],
  rules: ['one', 'two', 'none', 'empty'],
  peers: [
    'all',
    'pod',
    'namespace',
    'namespace+pod',
    'expressions',
    'ip-block',
    'ip-block-except',
    'several',
  ],
  ports: ['none', 'number', 'name', 'range', 'two'],
  protocols: ['absent', 'TCP', 'UDP', 'SCTP'],
  stacking: ['alone', 'deny-all', 'allow-elsewhere', 'two-on-one-pod'],
  action: [
    'create',
    'update',
    'delete',
    'relabel-subject',
    'relabel-peer',
    'relabel-namespace',
    'create-pod',
  ],
} as const;

export type PairwiseRow = Combination<typeof pairwiseAxes>;

/** What no policy can be, and what could not fail. */
export const pairwiseForbidden: readonly Forbidden<typeof pairwiseAxes>[] = [
  // Without a rule, or with an empty one, there are neither peers nor ports.
  { rules: ['none', 'empty'], peers: pairwiseAxes.peers.filter((value) => value !== 'all') },
  { rules: ['none', 'empty'], ports: pairwiseAxes.ports.filter((value) => value !== 'none') },
  { rules: ['none', 'empty'], protocols: pairwiseAxes.protocols.filter((value) => value !== 'absent') },
  // A rule that says nothing is the empty one.
  { rules: ['one', 'two'], peers: ['all'], ports: ['none'], protocols: ['absent'] },
  // What allows all proves something above a policy that denies all.
  { rules: ['empty'], stacking: pairwiseAxes.stacking.filter((value) => value !== 'deny-all') },
  // Only a label that a selector asks for can be missing.
  { target: ['namespace'], action: ['relabel-subject'] },
  { peers: ['all', 'namespace', 'ip-block', 'ip-block-except'], action: ['relabel-peer'] },
  { peers: ['all', 'pod', 'ip-block', 'ip-block-except'], action: ['relabel-namespace'] },
];

/** The axes crossed so that each two values that go together occur together. Always the same cases in the same order. */
export const pairwiseScenarios = (): Scenario[] =>
  combinePairs(pairwiseAxes, pairwiseForbidden).map((row, index) => {
    const values = Object.values(row).join('-').replaceAll('+', '-').toLowerCase();
    return draftScenario({
      ...describeRow(row),
      title: Object.entries(row)
        .map(([axis, value]) => `${axis}=${value}`)
        .join(' '),
      name: `generated/pairwise/${String(index + 1).padStart(3, '0')}-${values}`,
      file: 'helpers/scenario/generated-pairwise.ts',
      spec: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource',
    });
  });
