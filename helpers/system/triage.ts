import type { AllowEntry } from './allow-list.ts';
import type { Audit } from './audit.ts';
import type { BaselineEntry } from './baseline.ts';
import { findings as descriptions, keyOf, type Finding } from './findings.ts';
import { matchesGlob } from './glob.ts';

/** A finding with what became of it: `allowed` by an entry of the allow-list, `known` from the baseline, or `open`. */
export type TriagedFinding = Finding &
  ({ status: 'open' } | { status: 'known' } | { status: 'allowed'; reason: string; expires?: string });

export type Triage = {
  namespaces: Audit['namespaces'];
  findings: TriagedFinding[];
  /** Whether nothing of severity error is open. */
  isClean: boolean;
};

/**
 * Sorts findings by what a team has decided about them. Entries that have expired hold no more, and they and those that
 * match nothing are findings themselves, which nothing allows.
 */
export const triage = (
  { namespaces, findings }: Audit,
  {
    allow,
    baseline,
    today,
  }: { allow: readonly AllowEntry[]; baseline: readonly BaselineEntry[]; today: string },
): Triage => {
  const isExpired = ({ expires }: AllowEntry): boolean => expires !== undefined && expires < today;
  const valid = allow.filter((entry) => !isExpired(entry));
  const known = new Set(baseline.map(keyOf));
  const used = new Set<AllowEntry>();
  const decided = findings.map((finding): TriagedFinding => {
    const entries = valid.filter((entry) => covers(entry, finding));
    for (const entry of entries) used.add(entry);
    const [entry] = entries;
    if (entry !== undefined) {
      const { reason, expires } = entry;
      return { ...finding, status: 'allowed', reason, ...(expires !== undefined && { expires }) };
    }
    return { ...finding, status: known.has(keyOf(finding)) ? 'known' : 'open' };
  });
  const found = new Set(findings.map(keyOf));
  const stale = [
    ...allow.filter(isExpired).map((entry) => aboutEntry('allow-entry-expired', entry)),
    ...valid.filter((entry) => !used.has(entry)).map((entry) => aboutEntry('allow-entry-unused', entry)),
    ...baseline
      .filter((entry) => !found.has(keyOf(entry)))
      .map((entry) => aboutEntry('baseline-entry-unused', entry)),
  ];
  const all = [...decided, ...stale.map((finding): TriagedFinding => ({ ...finding, status: 'open' }))];
  return {
    namespaces,
    findings: all,
    isClean: !all.some(({ status, severity }) => status === 'open' && severity === 'error'),
  };
};

const covers = ({ id, namespace, object }: AllowEntry, finding: Finding): boolean =>
  id === finding.id &&
  matchesGlob(namespace, finding.namespace) &&
  (object === undefined || [finding.object, nameIn(finding.object)].includes(object));

/** `NetworkPolicy x/p` -> `p` */
const nameIn = (object: string): string => object.replace(/^.*[ /]/, '');

type Stale = 'allow-entry-expired' | 'allow-entry-unused' | 'baseline-entry-unused';

const aboutEntry = (id: Stale, entry: AllowEntry | BaselineEntry): Finding => {
  const { file, line, namespace } = entry;
  const name = `${entry.id} in ${namespace}`;
  const words: Record<Stale, { message: string; next: string }> = {
    'allow-entry-expired': {
      message: `${name} was allowed until ${'expires' in entry ? entry.expires : ''}`,
      next: 'repair what it allows and delete the entry, or give it a new day',
    },
    'allow-entry-unused': {
      message: `${name} is allowed, but there is no such finding`,
      next: 'delete the entry: it would hide the next one',
    },
    'baseline-entry-unused': {
      message: `${name}${'object' in entry ? ` (${entry.object})` : ''} is gone`,
      next: 'write the baseline again with `--write-baseline`, so that it cannot come back unseen',
    },
  };
  const detail = [entry.id, entry.object, 'detail' in entry ? entry.detail : undefined];
  return {
    id,
    severity: descriptions[id].severity,
    namespace,
    object: `${id.startsWith('allow') ? 'allow-list' : 'baseline'} entry`,
    detail: detail.filter((part) => part !== undefined).join(' '),
    ...words[id],
    file,
    line,
  };
};
