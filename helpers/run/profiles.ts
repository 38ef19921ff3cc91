import { profiles, type ProfileName } from '../config.ts';
import { isGenerated } from '../scenario/generated-case.ts';
import { cyclonusCases } from '../scenario/generated-cyclonus.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What scenarios are chosen from. */
type Pool = {
  /** Globs of spec files, below the root. */
  specs: readonly string[];
  /** Which of their scenarios it has. */
  has: (scenario: Scenario) => boolean;
};

/** `about`: in one sentence, for people. */
type Profile = Pool & { about: string };

const drawn = ['network-policy', 'admin', 'operations'].map((suite) => `suites/${suite}/**/*.spec.ts`);
const pairwise = 'suites/generated/pairwise.spec.ts';
const precedence = 'suites/generated/precedence.spec.ts';
const cyclonus = 'suites/generated/cyclonus.spec.ts';
const latency = 'suites/generated/latency.spec.ts';
/** Half a minute and more each, with the cluster for themselves: they run where they are asked for. */
const long = 'operations/cluster/';
const everything = (): boolean => true;

/** What each profile chooses from. */
export const profileOf: Readonly<Record<ProfileName, Profile>> = {
  'hand-drawn': {
    about: 'claims that people wrote and drew, each with the text that it follows from',
    specs: drawn,
    has: ({ name }) => !name.startsWith(long),
  },
  operations: {
    about: 'what holds while the plugin, the API server or what runs beside it comes and goes',
    specs: ['suites/operations/**/*.spec.ts'],
    has: everything,
  },
  'generated-pairwise': {
    about: 'the axes of a NetworkPolicy, crossed so that every two values occur together',
    specs: [pairwise],
    has: everything,
  },
  'generated-precedence': {
    about: 'every action of every tier above every other, for both directions, one change at a time',
    specs: [precedence],
    has: everything,
  },
  'generated-112': {
    about: 'the cases that Cyclonus runs unless told otherwise',
    specs: [cyclonus],
    has: ({ name }) => defaultNames().has(name),
  },
  'generated-all': { about: 'all 230 cases of Cyclonus', specs: [cyclonus], has: everything },
  latency: {
    about:
      'how long changes take until they hold, beside up to 1,000 policies and 200 pods, by probes every 5 ms',
    specs: [latency],
    has: everything,
  },
  all: {
    about: 'all of these but latency',
    specs: [...drawn, pairwise, precedence, cyclonus],
    has: everything,
  },
};

/**
 * Which spec files to load, and which of their scenarios to choose from. Without `asked`: the first profile, and
 * generated cases where a filter says `generated`, `latency`, or something below, so that one which failed is replayed by its name alone.
 */
export const choosePool = (asked: ProfileName | '', filters: readonly string[]): Pool => {
  const named = filters.filter((filter) => /^(generated|latency)(\/|$)/.test(filter));
  const isLong = filters.some((filter) => /^(manifests\/scenarios\/)?operations\b/.test(filter));
  if (asked !== '') return profileOf[asked];
  if (named.length === 0) return isLong ? { specs: drawn, has: everything } : profileOf[profiles[0]];
  return {
    specs: [pairwise, precedence, cyclonus, latency, ...(named.length < filters.length ? drawn : [])],
    has: (scenario) =>
      (!isGenerated(scenario) && scenario.load === undefined) ||
      named.some((filter) => scenario.name.includes(filter)),
  };
};

let known: ReadonlySet<string> | undefined;

const defaultNames = (): ReadonlySet<string> => {
  known ??= new Set(cyclonusCases().flatMap(({ scenario, isDefault }) => (isDefault ? [scenario.name] : [])));
  return known;
};
