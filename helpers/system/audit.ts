import { UsageError } from '../errors.ts';
import { createBlockAudit } from './audit-blocks.ts';
import { auditNamespace, type ExpectedLabel } from './audit-namespace.ts';
import { auditPeers } from './audit-peers.ts';
import { auditPolicies } from './audit-policies.ts';
import { createView, type AuditInput } from './audit-view.ts';
import { classOfNamespace, podClassesIn, type NamespaceClass } from './classes.ts';
import { findings as descriptions, severities, type Finding, type Observation } from './findings.ts';
import { matchesGlob } from './glob.ts';
import type { Mode } from './system.ts';

export type AuditOptions = {
  /** Globs of namespace names. */
  selectors: readonly string[];
  expectLabels?: readonly ExpectedLabel[];
  /** Without it nothing is said about whether namespaces should be open. */
  mode?: Mode;
};

export type AuditedNamespace = {
  name: string;
  ingress: NamespaceClass;
  egress: NamespaceClass;
  /** Undefined where the files do not hold them. */
  pods: number | undefined;
  policies: number;
};

export type Audit = { namespaces: AuditedNamespace[]; findings: Finding[] };

/**
 * What a world's NetworkPolicies make of its system namespaces, and what is wrong with them. Nothing is sent or changed.
 * @throws UsageError where a selector matches no namespace: an audit of nothing would be green
 */
export const audit = (input: AuditInput, options: AuditOptions): Audit => {
  const view = createView(input);
  const names = [...view.namespaces.keys()].toSorted();
  const idle = options.selectors.filter((selector) => !names.some((name) => matchesGlob(selector, name)));
  if (idle.length > 0 || options.selectors.length === 0)
    throw new UsageError({
      subject: `no namespace matches \`${idle.join('`, `')}\``,
      wanted: 'globs of namespace names, each of which matches one at least',
      got: `${names.slice(0, 12).join(', ') || 'no namespace'}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`,
      next: "say which are the system's with `--selector GLOB`",
    });
  const chosen = names.filter((name) => options.selectors.some((selector) => matchesGlob(selector, name)));
  const auditBlock = createBlockAudit(view);
  const findings = chosen.flatMap((namespace) =>
    [
      ...auditNamespace(view, namespace, options),
      ...auditPolicies(view, namespace),
      ...auditPeers(view, namespace, auditBlock),
    ].map((observation) => complete(observation, namespace, input)),
  );
  return {
    namespaces: chosen.map((name) => ({
      name,
      ingress: classOfNamespace(podClassesIn(view, name, 'ingress')),
      egress: classOfNamespace(podClassesIn(view, name, 'egress')),
      pods: view.arePodsKnown(name) ? view.podsIn(name).length : undefined,
      policies: view.policiesIn(name).length,
    })),
    findings: findings.toSorted(inOrder),
  };
};

const complete = (
  { at, ...observation }: Observation,
  namespace: string,
  { sources }: AuditInput,
): Finding => {
  const { severity } = descriptions[observation.id];
  const source = sources?.get(at ?? observation.object);
  const place = source && { file: source.file, line: source.line };
  return { ...observation, severity, namespace, ...place };
};

/** By namespace, the worst first. */
const inOrder = (one: Finding, other: Finding): number =>
  one.namespace.localeCompare(other.namespace) ||
  severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
  one.object.localeCompare(other.object) ||
  one.id.localeCompare(other.id) ||
  (one.detail ?? '').localeCompare(other.detail ?? '');
