import { formatTable, type Section } from '../../report/table.ts';
import { countOf, wrap } from '../../report/text.ts';
import type { AuditedNamespace } from '../../system/audit.ts';
import { namespaceClasses } from '../../system/classes.ts';
import { severities, type Severity } from '../../system/findings.ts';
import type { Triage, TriagedFinding } from '../../system/triage.ts';
import type { Mode } from '../../system/system.ts';

export type AuditHeading = {
  mode: Mode | undefined;
  selectors: readonly string[];
  hasExpectedLabels: boolean;
};

/** What `system audit` prints: a table by class, the open findings by namespace, and how many there are. */
export const formatAudit = (
  { namespaces, findings, isClean }: Triage,
  { mode, selectors }: AuditHeading,
  width: number,
): string => {
  const open = findings.filter(({ status }) => status === 'open');
  const byNamespace = Map.groupBy(open, ({ namespace }) => namespace);
  const heading = `${countOf(namespaces.length, 'namespace')} of ${selectors.join(', ')}${mode === undefined ? '' : `, ${mode} mode`}`;
  return [
    ...wrap(heading, width, '', 2),
    '',
    ...formatTable(sectionsOf(namespaces, byNamespace), ['egress', 'pods', 'policies', 'findings'], width),
    ...[...byNamespace].flatMap(([namespace, group]) => [
      '',
      namespace,
      ...group.flatMap((finding) => formatFinding(finding, width)),
    ]),
    '',
    ...wrap(summarize(findings), width, '', 2),
    ...wrap(
      isClean
        ? 'No finding of severity error is open.'
        : 'Repair them, or put them on an allow-list (`--allow`) with the reason.',
      width,
      '',
      2,
    ),
  ].join('\n');
};

const sectionsOf = (
  namespaces: readonly AuditedNamespace[],
  findings: ReadonlyMap<string, readonly TriagedFinding[]>,
): Section[] =>
  namespaceClasses
    .map((name) => ({ name, members: namespaces.filter(({ ingress }) => ingress === name) }))
    .filter(({ members }) => members.length > 0)
    .map(({ name, members }) => ({
      title: `${name} for ingress (${members.length})`,
      rows: members.map((member) => ({
        name: member.name,
        words: [
          member.egress,
          member.pods === undefined ? '?' : String(member.pods),
          String(member.policies),
          countBySeverity(findings.get(member.name) ?? []) || '-',
        ],
        about: '',
      })),
    }));

const formatFinding = (finding: TriagedFinding, width: number): string[] => {
  const { severity, id, object, message, next, file, line } = finding;
  const indent = 11;
  const place = file === undefined ? [] : [`${' '.repeat(indent)}${file}:${line}`];
  return [
    `  ${severity.padEnd(indent - 2)}${id}  ${object}`,
    ...wrap(message, width, ' '.repeat(indent), indent),
    // Notes are many, and nobody has to do anything about them.
    ...(severity === 'note' ? [] : wrap(`next: ${next}`, width, ' '.repeat(indent), indent + 6)),
    ...place,
  ];
};

const summarize = (findings: readonly TriagedFinding[]): string => {
  const having = (status: TriagedFinding['status']): TriagedFinding[] =>
    findings.filter((finding) => finding.status === status);
  const open = countBySeverity(having('open'));
  return [
    `open: ${open || 'nothing'}`,
    ...(['allowed', 'known'] as const)
      .filter((status) => having(status).length > 0)
      .map(
        (status) =>
          `${status === 'known' ? 'in the baseline' : 'allowed'}: ${countBySeverity(having(status))}`,
      ),
  ].join('; ');
};

const countBySeverity = (findings: readonly TriagedFinding[]): string =>
  severities
    .map((severity): [Severity, number] => [
      severity,
      findings.filter((finding) => finding.severity === severity).length,
    ])
    .filter(([, number]) => number > 0)
    .map(([severity, number]) => countOf(number, severity))
    .join(', ');
