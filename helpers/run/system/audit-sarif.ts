import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findingIds, findings as descriptions, keyOf } from '../../system/findings.ts';
import type { Triage, TriagedFinding } from '../../system/triage.ts';

/**
 * The audit as SARIF 2.1.0, for code scanning. What is allowed, or in the baseline, is there as suppressed.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export const formatSarif = ({ findings }: Triage, version: string): string => {
  const rules = findingIds.map((id) => {
    const { about, severity, source } = descriptions[id];
    return {
      id,
      shortDescription: { text: about },
      helpUri: source,
      defaultConfiguration: { level: severity },
    };
  });
  const driver = {
    name: 'netpol-conformance',
    version,
    informationUri: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/',
    rules,
  };
  const run = {
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    results: findings.map(resultOf),
  };
  const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, null, 2)}\n`;
};

const resultOf = (finding: TriagedFinding): object => {
  const { id, severity, object, message, next, file, line } = finding;
  return {
    ruleId: id,
    ruleIndex: findingIds.indexOf(id),
    level: severity,
    message: { text: `${object}: ${message}. Next: ${next}.` },
    locations: [
      {
        ...(file !== undefined && {
          physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line ?? 1 } },
        }),
        logicalLocations: [{ fullyQualifiedName: object, kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'netpolFinding/v1': createHash('sha256').update(keyOf(finding)).digest('hex') },
    ...suppressionOf(finding),
  };
};

const suppressionOf = (finding: TriagedFinding): object => {
  if (finding.status === 'open') return {};
  const justification = finding.status === 'allowed' ? finding.reason : 'in the baseline';
  return { suppressions: [{ kind: 'external', status: 'accepted', justification }] };
};

/** Relative where the file was named so: consumers look for it below the root of the repository. */
const uriOf = (file: string): string =>
  isAbsolute(file)
    ? pathToFileURL(file).href
    : file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
