import { isFeatureOf, isStandard, type ConformanceProfile } from './conformance-profiles.ts';
import type { CaseRecord } from './record.ts';

/** Experimental features of one profile by what its cases showed; each is in one list, but for `inferredFeatures`. */
export type FeatureLists = {
  /** Upstream's field: all cases that need it passed. */
  supportedFeatures: string[];
  /** Upstream's field: all cases that need it were skipped, by the user or because the cluster lacks something. */
  unsupportedFeatures: string[];
  /** The supported ones that the user did not ask for: their cases showed them. */
  inferredFeatures: string[];
  /** A case that needs it failed. */
  failedFeatures: string[];
  /** No case failed, but some could not be told, were skipped, or were not asked for. */
  untoldFeatures: string[];
};

/** What the user said about features, and what the run cannot tell about them. */
export type Asked = {
  features: readonly string[];
  /** The features of cases that the run was not asked for. */
  unasked: readonly (readonly string[])[];
  /** Names of cases that a plugin which does nothing would pass. */
  vacuous: readonly string[];
};

export const sortFeatures = (
  profile: ConformanceProfile,
  cases: readonly Pick<CaseRecord, 'name' | 'features' | 'status'>[],
  { features, unasked, vacuous }: Asked,
): FeatureLists => {
  const used = [...new Set(cases.flatMap((entry) => entry.features))]
    .filter((feature) => !isStandard(feature) && isFeatureOf(profile, feature))
    .toSorted();
  const casesOf = (feature: string): typeof cases =>
    cases.filter((entry) => entry.features.includes(feature));
  const isUnsupported = (feature: string): boolean =>
    casesOf(feature).every(({ status }) => status === 'skip');
  const unsupported = used.filter(isUnsupported);
  const rest = used.filter((feature) => !unsupported.includes(feature));
  const has = (feature: string, status: CaseRecord['status']): boolean =>
    casesOf(feature).some((entry) => entry.status === status);
  /** A case that was skipped for want of another feature says nothing about this one. */
  const isWhole = (feature: string): boolean =>
    !unasked.some((needed) => needed.includes(feature)) &&
    casesOf(feature).some(({ name, status }) => status === 'pass' && !vacuous.includes(name)) &&
    casesOf(feature).every(
      (entry) => entry.status === 'pass' || entry.features.some((name) => unsupported.includes(name)),
    );
  const failed = rest.filter((feature) => has(feature, 'fail'));
  const supported = rest.filter((feature) => !failed.includes(feature) && isWhole(feature));
  return {
    supportedFeatures: supported,
    unsupportedFeatures: unsupported,
    inferredFeatures: supported.filter((feature) => !features.includes(feature)),
    failedFeatures: failed,
    untoldFeatures: rest.filter((feature) => !failed.includes(feature) && !supported.includes(feature)),
  };
};
