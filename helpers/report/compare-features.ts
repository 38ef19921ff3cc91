import { countStatuses, type RunRecord, type Status } from './record.ts';

/** A feature in each run: how many of the cases that need it ended how; null where a run has no such case. */
export type ComparedFeature = { name: string; counts: (Record<Status, number> | null)[] };

/** Plugins x features: what each run showed of each feature, in the order in which the cases name them. */
export const compareFeatures = (records: readonly Pick<RunRecord, 'cases'>[]): ComparedFeature[] => {
  const names = new Set(records.flatMap(({ cases }) => cases.flatMap(({ features }) => features)));
  return [...names].map((name) => ({
    name,
    counts: records.map(({ cases }) => {
      const meant = cases.filter(({ features }) => features.includes(name));
      return meant.length === 0 ? null : countStatuses(meant);
    }),
  }));
};

/** How the cases of a feature ended, `1 fail, 11 pass`, and what that comes to: the worst of it. */
export const describeFeature = (
  counts: Readonly<Record<Status, number>> | null,
): { status: Status; words: string } | undefined => {
  if (counts === null) return undefined;
  const present = (['error', 'fail', 'skip', 'pass'] as const).filter((status) => counts[status] > 0);
  const [status = 'skip'] = present;
  return { status, words: present.map((each) => `${counts[each]} ${each}`).join(', ') };
};
