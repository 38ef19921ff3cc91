import type { Scenario } from '../../scenario/scenario.ts';
import { formatScenario } from '../../scenario/write.ts';
import {
  dropSteps,
  keepPods,
  keepPolicies,
  squashSteps,
  trimLabels,
  trimPolicies,
  type Cut,
} from './cuts.ts';
import { drawGrids, questionsOf, type Question } from './grids.ts';
import { repair } from './repair.ts';

type ShrinkOptions = {
  /** Whether a scenario still shows the difference. Several may be asked at once. */
  fails: (scenario: Scenario) => Promise<boolean>;
  /** How many to ask at once. */
  width: number;
  /** When to be content with what there is. */
  isOver: () => boolean;
  /** Pods, two by two, whose connections differed: scenarios that keep such ones are asked about first. */
  suspects?: readonly (readonly string[])[];
  /** Whether what matters may be how one step follows another: they are left out, but never put together. */
  keepsOrder?: boolean;
};

/**
 * Makes a failing scenario smaller for as long as it fails: steps, pods, grids, policies, then every part of a policy
 * and label that it can do without. Each of the scenarios is one that a file can hold and that lint accepts.
 * Returns the way from the given one to the smallest, both included.
 */
export const shrink = async (scenario: Scenario, options: ShrinkOptions): Promise<Scenario[]> => {
  const way = [scenario];
  const asked = new Set([textOf(scenario) ?? '']);
  for (let length = 0; length < way.length && !options.isOver();) {
    length = way.length;
    for (const cut of cutsFor(options)) await shrinkBy(cut, way, asked, options);
  }
  return way;
};

type Draft = { scenario: Scenario; questions: readonly Question[] };

const askLess = (scenario: Scenario): Draft[] => {
  const questions = questionsOf(scenario);
  return questions.length < 2 ? [] : questions.map((question) => ({ scenario, questions: [question] }));
};

const keepQuestions =
  (cut: Cut) =>
  (scenario: Scenario): Draft[] =>
    cut(scenario).map((smaller) => ({ scenario: smaller, questions: questionsOf(scenario) }));

const keepSuspects =
  (suspects: readonly (readonly string[])[]): Cut =>
  (scenario) => {
    const rankOf = ({ pods }: Scenario): number =>
      suspects.some((pair) => pair.every((suspect) => pods.some(({ id }) => id === suspect))) ? 1 : 0;
    return keepPods(scenario).toSorted((one, other) => rankOf(other) - rankOf(one));
  };

const cutsFor = ({
  suspects = [],
  keepsOrder = false,
}: ShrinkOptions): ((scenario: Scenario) => Draft[])[] => [
  ...(keepsOrder ? [] : [keepQuestions(squashSteps)]),
  keepQuestions(keepSuspects(suspects)),
  askLess,
  keepQuestions(keepPolicies),
  keepQuestions(dropSteps),
  keepQuestions(trimPolicies),
  keepQuestions(trimLabels),
];

/** Tries one kind of cut, round and round, until none of them fails any more. */
const shrinkBy = async (
  cut: (scenario: Scenario) => Draft[],
  way: Scenario[],
  asked: Set<string>,
  { fails, width, isOver }: ShrinkOptions,
): Promise<void> => {
  let at = 0;
  for (let found = true; found;) {
    found = false;
    const drafts = cut(way.at(-1) as Scenario);
    const order = [...drafts.slice(at), ...drafts.slice(0, at)];
    for (let next = 0; next < order.length && !found && !isOver();) {
      const batch: { scenario: Scenario; place: number }[] = [];
      while (batch.length < width && next < order.length) {
        const smaller = finish(order[next] as Draft, asked);
        if (smaller !== undefined) batch.push({ scenario: smaller, place: (at + next) % drafts.length });
        next += 1;
      }
      const failing = await Promise.all(batch.map(({ scenario }) => fails(scenario)));
      const first = batch[failing.indexOf(true)];
      if (first === undefined) continue;
      way.push(first.scenario);
      at = first.place;
      found = true;
    }
  }
};

/** The scenario of a draft, where it can be one that was not asked before. */
const finish = ({ scenario, questions }: Draft, asked: Set<string>): Scenario | undefined => {
  const smaller = drawGrids(repair(scenario), questions);
  if (smaller === undefined) return undefined;
  const text = textOf(smaller);
  if (text === undefined || asked.has(text)) return undefined;
  asked.add(text);
  return smaller;
};

/** Undefined where a policy comes back in another version than a file can say. */
const textOf = (scenario: Scenario): string | undefined => {
  try {
    return formatScenario(scenario);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
