import { draftScenario } from './generated-case.ts';
import { actionCases, conflictCases, exampleCases } from './generated-cyclonus-steps.ts';
import { namespaceCases, peerCases, portCases, ruleCases, targetCases } from './generated-cyclonus-rules.ts';
import { upstreamCases } from './generated-cyclonus-upstream.ts';
import { cyclonusTags, type CyclonusTag } from './generated-cyclonus-tags.ts';
import type { CyclonusDraft, Direction } from './generated-cyclonus-base.ts';
import type { Scenario } from './scenario.ts';

/** What Cyclonus leaves out unless it is asked for, by its `pkg/cli/generate.go`. */
const excludedByDefault: readonly CyclonusTag[] = [
  'multi-peer',
  'upstream-e2e',
  'example',
  'end-port',
  'namespaces-by-default-label',
];

const directions: readonly Direction[] = ['ingress', 'egress'];

/** One case: the scenario without its grids, the group and tags that it has in Cyclonus. */
export type CyclonusCase = {
  scenario: Scenario;
  group: keyof typeof groups;
  tags: readonly CyclonusTag[];
  /** The directions that it is about: the base policy isolates for both. */
  about: readonly Direction[];
  /** Whether it is one of the 112 that Cyclonus runs unless told otherwise. */
  isDefault: boolean;
};

// In the order of GenerateAllTestCases.
const groups = {
  target: targetCases,
  rules: ruleCases,
  peers: peerCases,
  ports: portCases,
  example: exampleCases,
  action: actionCases,
  conflict: conflictCases,
  namespace: namespaceCases,
  upstream: upstreamCases,
} satisfies Record<string, () => CyclonusDraft[]>;

/**
 * The 230 cases of Cyclonus by its axes and in its order, with its policies, but for what our world has otherwise:
 * - ports are called `serve-80` and `serve-80-udp`, and nothing serves SCTP, so its rules must open nothing;
 * - an `ipBlock` is about hosts outside the cluster: whether it matches the address of a pod is not specified;
 * - the namespace that comes and goes is called `w`;
 * - a case that would deny nothing has a step before it that does, so that it can fail.
 * @see https://github.com/mattfenwick/cyclonus/tree/main/pkg/generator
 */
export const cyclonusCases = (): CyclonusCase[] => {
  const drafts = Object.entries(groups).flatMap(([group, create]) =>
    create().map((draft) => ({ group: group as keyof typeof groups, ...draft })),
  );
  return drafts.map(({ group, slug, words, tags, ...draft }, index) => {
    const number = String(index + 1).padStart(3, '0');
    const scenario = draftScenario({
      ...draft,
      title: `Cyclonus ${number}: ${words} (${spellTags(tags)})`,
      name: `generated/cyclonus/${number}-${group}-${slug}`,
      file: 'helpers/scenario/generated-cyclonus.ts',
      spec: `https://kubernetes.io/docs/concepts/services-networking/network-policies/#${anchors[group]}`,
    });
    const named = directions.filter((direction) => tags.includes(direction));
    const about = named.length === 0 ? directions : named;
    const isDefault = !tags.some((tag) => excludedByDefault.includes(tag));
    return { scenario, group, tags, about, isDefault };
  });
};

const anchors: Record<keyof typeof groups, string> = {
  target: 'networkpolicy-resource',
  rules: 'default-policies',
  peers: 'behavior-of-to-and-from-selectors',
  ports: 'networkpolicy-resource',
  example: 'networkpolicy-resource',
  action: 'pod-lifecycle',
  conflict: 'the-two-sorts-of-pod-isolation',
  namespace: 'targeting-a-namespace-by-its-name',
  upstream: 'networkpolicy-resource',
};

/** `direction=ingress peer-pods=all-pods,policy-namespace`: the axes with their tags, in the order of the list above. */
const spellTags = (tags: readonly CyclonusTag[]): string =>
  Object.entries(cyclonusTags)
    .map(
      ([axis, all]) => [axis, (all as readonly CyclonusTag[]).filter((tag) => tags.includes(tag))] as const,
    )
    .filter(([, used]) => used.length > 0)
    .map(([axis, used]) => `${axis}=${used.join(',')}`)
    .join(' ');
