import { wrapLines } from '../../report/text.ts';
import { escapeXml, formatAttributes, type Attributes } from '../../report/xml.ts';
import { findingIds, type FindingId } from '../../system/findings.ts';
import type { Triage, TriagedFinding } from '../../system/triage.ts';
import type { AuditHeading } from './audit-text.ts';

type Case = {
  namespace: string;
  id: FindingId;
  findings: readonly TriagedFinding[];
  skipped: string | undefined;
};

/**
 * The audit as JUnit XML: a testsuite for each namespace, a testcase for each kind of finding. An open error is a
 * `<failure>`; what is allowed, or in the baseline, `<skipped>`; warnings and notes pass, and stand in `<system-out>`.
 */
export const formatAuditJunit = ({ namespaces, findings }: Triage, heading: AuditHeading): string => {
  const names = [...namespaces.map(({ name }) => name), ...findings.map(({ namespace }) => namespace)];
  const suites = [...new Set(names)].map((namespace) => ({
    namespace,
    cases: findingIds.map((id): Case => {
      const own = findings.filter((finding) => finding.namespace === namespace && finding.id === id);
      return { namespace, id, findings: own, skipped: own.length > 0 ? undefined : notAsked(id, heading) };
    }),
  }));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${formatAttributes({ name: 'netpol system audit', ...countsOf(suites.flatMap(({ cases }) => cases)) })}>`,
    ...suites.flatMap(({ namespace, cases }) => [
      `  <testsuite${formatAttributes({ name: namespace, ...countsOf(cases) })}>`,
      ...cases.flatMap(formatCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
};

/** Why nobody looked for findings of a kind. */
const notAsked = (id: FindingId, { mode, hasExpectedLabels }: AuditHeading): string | undefined => {
  if (id === 'missing-label' && !hasExpectedLabels) return 'no label was expected';
  if (id === 'restrictive-without-permissive' && mode !== 'unrestricted') return 'not asked for this mode';
  if (id === 'permissive-in-restricted-mode' && mode !== 'restricted') return 'not asked for this mode';
  return undefined;
};

const formatCase = (one: Case): string[] => {
  const { namespace, id, findings } = one;
  const [first] = findings;
  const attributes = {
    classname: namespace,
    name: id,
    ...(first?.file !== undefined && { file: first.file, line: first.line }),
    time: '0.000',
  };
  const result = formatResult(one);
  if (result === undefined) return [`    <testcase${formatAttributes(attributes)}/>`];
  return [`    <testcase${formatAttributes(attributes)}>`, `      ${result}`, '    </testcase>'];
};

const formatResult = (one: Case): string | undefined => {
  const { findings, skipped } = one;
  const failing = findings.filter(isFailure);
  const text = (list: readonly TriagedFinding[]): string => escapeXml(list.flatMap(describe).join('\n'));
  const [first] = failing;
  if (first !== undefined) {
    const message = `${first.object}: ${first.message}`;
    return `<failure${formatAttributes({ message, type: first.id })}>${text(failing)}</failure>`;
  }
  if (isSkipped(one)) return `<skipped${formatAttributes({ message: skipped ?? whyPassed(findings) })}/>`;
  if (findings.length === 0) return undefined;
  return `<system-out>${text(findings)}</system-out>`;
};

const isFailure = ({ status, severity }: TriagedFinding): boolean =>
  status === 'open' && severity === 'error';

const isSkipped = ({ findings, skipped }: Case): boolean =>
  skipped !== undefined || (findings.length > 0 && findings.every(({ status }) => status !== 'open'));

const whyPassed = (findings: readonly TriagedFinding[]): string =>
  [
    ...new Set(
      findings.map((finding) =>
        finding.status === 'allowed' ? `allowed: ${finding.reason}` : 'in the baseline',
      ),
    ),
  ].join('; ');

const describe = ({ severity, object, message, next, file, line }: TriagedFinding): string[] =>
  wrapLines(
    [
      `${severity}: ${object}`,
      `  ${message}`,
      `  next: ${next}`,
      ...(file === undefined ? [] : [`  ${file}:${line}`]),
    ].join('\n'),
    110,
  );

const countsOf = (cases: readonly Case[]): Attributes => ({
  tests: cases.length,
  failures: cases.filter(({ findings }) => findings.some(isFailure)).length,
  errors: 0,
  skipped: cases.filter((one) => !one.findings.some(isFailure) && isSkipped(one)).length,
  time: '0.000',
});
