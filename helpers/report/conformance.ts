import { Document, stringify, visit } from 'yaml';
import { sortFeatures, type FeatureLists } from './conformance-features.ts';
import {
  conformanceProfiles,
  levelOf,
  profilesOf,
  type ConformanceProfile,
  type Level,
} from './conformance-profiles.ts';
import { createStatus, type LevelStatus } from './conformance-status.ts';
import type { DeclaredCase, Implementation, RunRecord } from './record.ts';
import { readSettleTimes, type SettleTimes } from './settle-times.ts';
import { aboutOf } from './properties.ts';
import { removeControls } from './text.ts';

/** Upstream's fields of a profile, and below them what only we know. */
type ProfileReport = {
  name: ConformanceProfile;
  standard: LevelStatus;
  /** Absent where the run has no case of this level, as upstream has it. */
  experimental?: LevelStatus & FeatureLists;
  /** Release and channel of the CRD. */
  crd?: string;
  durationMs: number;
  settleMs: { allow?: SettleTimes; deny?: SettleTimes };
};

const noImplementation: Implementation = {
  organization: '',
  project: '',
  url: '',
  version: '',
  contact: [],
  additionalInformation: '',
};

/**
 * The run as the ConformanceReport of network-policy-api, whose fields keep their names and their meaning; fields that
 * upstream does not have stand beside them. Where the two disagree we are stricter: what could not be told counts as
 * `Failed`, and a level of which nothing was proved, or not all was asked, is at most `partial`.
 * https://github.com/kubernetes-sigs/network-policy-api/tree/main/conformance/apis/v1alpha1
 */
export const formatConformance = (record: RunRecord): string => {
  // A list that is used twice must not become an anchor.
  const document = new Document(cleanTexts(createReport(record)), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && !isPlain(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
};

const createReport = (record: RunRecord): Record<string, unknown> => {
  const { run, tool, environment, durationMs, startedAt, aborted, implementation, vacuous } = record;
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'ConformanceReport',
    date: new Date(Date.parse(startedAt) + durationMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    networkPolicyV2APIVersion: readApiVersion(environment.versions),
    implementation: implementation ?? noImplementation,
    profiles: readProfiles(record),
    run: {
      name: run,
      tool: `${tool.name} ${tool.version}`,
      durationMs,
      ...(aborted !== undefined && { aborted }),
      environment,
    },
    properties: record.properties.map(({ cases: _, name, ...told }) => ({
      name,
      about: aboutOf(name),
      ...told,
    })),
    ...(vacuous.length > 0 && { vacuousTests: vacuous.map(({ name }) => name) }),
  };
};

/** What the run says of each kind of policy that it has cases of. */
export const readProfiles = (record: RunRecord): ProfileReport[] =>
  conformanceProfiles.flatMap((profile) => createProfile(profile, record));

const createProfile = (profile: ConformanceProfile, record: RunRecord): ProfileReport[] => {
  const cases = record.cases.filter(({ features, name }) => profilesOf(features, name).includes(profile));
  if (cases.length === 0) return [];
  const vacuous = record.vacuous.map(({ name }) => name);
  const unasked = record.unasked?.filter(({ features }) => profilesOf(features).includes(profile));
  const elsewhere = listElsewhere(record).filter(({ features, name }) =>
    profilesOf(features, name).includes(profile),
  );
  const features = sortFeatures(profile, cases, {
    features: namesIn(record.config.features),
    unasked: [...(unasked ?? []), ...elsewhere].map((each) => each.features),
    vacuous,
  });
  const createLevel = (level: Level): LevelStatus =>
    createStatus(
      cases.filter((entry) => levelOf(entry.features) === level),
      {
        unsupported: features.unsupportedFeatures,
        unasked: unasked
          ?.filter((each) => levelOf(each.features) === level)
          .reduce((sum, each) => sum + each.cases, 0),
        elsewhere: elsewhere.filter((each) => levelOf(each.features) === level).length,
        vacuous,
        aborted: record.aborted,
      },
    );
  const crd = crdOf(profile, record.environment.versions);
  return [
    {
      name: profile,
      standard: createLevel('standard'),
      ...(cases.some((entry) => levelOf(entry.features) === 'experimental') && {
        experimental: { ...createLevel('experimental'), ...features },
      }),
      ...(crd !== undefined && { crd }),
      durationMs: Math.round(cases.reduce((sum, entry) => sum + entry.durationMs, 0)),
      settleMs: readSettleTimes(cases),
    },
  ];
};

/** Cases that other shards were asked. */
const listElsewhere = ({ shard, cases }: RunRecord): readonly DeclaredCase[] => {
  const own = new Set(cases.map(({ name }) => name));
  return (shard?.selection ?? []).filter(({ name }) => !own.has(name));
};

/** Upstream has room for one version: that of the newest kind that is there. Each profile has its own besides. */
const readApiVersion = (versions: Record<string, string>): string =>
  conformanceProfiles
    .toReversed()
    .map((profile) => crdOf(profile, versions))
    .find((crd) => crd !== undefined)
    ?.split(' ')[0] ?? '';

const crdOf = (profile: ConformanceProfile, versions: Record<string, string>): string | undefined =>
  versions[`${profile} CRD`];

/** Names in a setting, which a record holds as any configuration once had it. */
const namesIn = (setting: unknown): string[] =>
  Array.isArray(setting) ? setting.filter((name) => typeof name === 'string') : [];

/** Whether readers of YAML 1.1, as those in Go, and of 1.2 take this text for itself without quotes. */
const isPlain = (text: string): boolean =>
  (['1.1', '1.2'] as const).every(
    (version) => stringify(text, { version, lineWidth: 0, blockQuote: false }) === `${text}\n`,
  );

// Some of these would end a scalar in YAML 1.1, the others may not stand in a stream at all.
const cleanTexts = (value: unknown): unknown => {
  if (typeof value === 'string')
    return removeControls(value)
      .toWellFormed()
      .replaceAll(/[\u2028\u2029]/g, ' ')
      .replaceAll(/[\uFEFF\uFFFE\uFFFF]/g, '');
  if (Array.isArray(value)) return value.map(cleanTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [String(cleanTexts(name)), cleanTexts(part)]),
  );
};
