import type { Labels, NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import type { Namespace, Pod, Service, World } from '../../../helpers/kube/world.ts';
import type { AuditInput } from '../../../helpers/system/audit-view.ts';
import { audit, type AuditOptions } from '../../../helpers/system/audit.ts';
import type { Finding, FindingId } from '../../../helpers/system/findings.ts';
import type { Source } from '../../../helpers/kube/manifests.ts';

/** Parts of a world in which every namespace is a system's, `os-...`, with the objects in a fixed order. */
export type Part = Partial<Pick<World, 'namespaces' | 'pods' | 'services' | 'policies'>>;

export const namespace = (name: string, labels: Labels = {}): { namespaces: Namespace[] } => ({
  namespaces: [{ name, labels: { ...labels, 'kubernetes.io/metadata.name': name } }],
});

const split = (id: string): { namespace: string; name: string } => {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name };
};

export const pod = (id: string, more: Partial<Pod> = {}): { pods: Pod[] } => ({
  pods: [{ ...split(id), labels: { app: split(id).name }, addresses: [], ports: [], node: '', ...more }],
});

export const service = (id: string, addresses: string[]): { services: Service[] } => ({
  services: [{ ...split(id), type: 'ClusterIP', selector: {}, ports: [], addresses }],
});

export const policy = (
  id: string,
  spec: NetworkPolicySpec,
  labels?: Labels,
): { policies: NetworkPolicy[] } => ({
  policies: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { ...split(id), ...(labels && { labels }) },
      spec,
    },
  ],
});

export const worldOf = (parts: readonly Part[]): World => ({
  namespaces: parts.flatMap(({ namespaces = [] }) => namespaces),
  pods: parts.flatMap(({ pods = [] }) => pods),
  services: parts.flatMap(({ services = [] }) => services),
  policies: parts.flatMap(({ policies = [] }) => policies),
});

export const findingsOf = (
  parts: readonly Part[],
  options: Partial<AuditOptions> & Partial<AuditInput> = {},
): Finding[] => {
  const { isComplete = true, sources, ...others } = options;
  const input = { world: worldOf(parts), isComplete, ...(sources && { sources }) };
  return audit(input, { selectors: ['os-*'], ...others }).findings;
};

export type Options = Parameters<typeof findingsOf>[1];

/** A world that has the finding, the least different one that has not, and where the finding is. */
export type Row = {
  id: FindingId;
  has: readonly Part[];
  hasNot: readonly Part[];
  object: string;
  options?: Options;
  /** Of the near miss, where it is the options that differ. */
  otherwise?: Options;
  says?: RegExp;
};

export const a = namespace('os-a');
export const all = { podSelector: {} };
export const denyAll = policy('os-a/default', { ...all, policyTypes: ['Ingress', 'Egress'] });
export const selected = (app: string) => ({ podSelector: { matchLabels: { app } } });
export const admitting = (from: object[], ports: object[] = []) =>
  policy('os-a/p', { ...all, policyTypes: ['Ingress'], ingress: [{ from, ports }] });
export const sending = (to: object[], ports: object[] = []) =>
  policy('os-a/p', { ...all, policyTypes: ['Egress'], egress: [{ to, ports }] });
export const labelled = (key: string, value: string) => ({ matchLabels: { [key]: value } });
export const host = { hostNetwork: true };
export const metrics = { ports: [{ name: 'metrics', protocol: 'TCP' as const, port: 9000 }] };

export const sources = (...objects: string[]): Map<string, Source> =>
  new Map(
    objects.map((text, index) => {
      const [object = '', file = 'all.yaml'] = text.split(' in ');
      return [object, { file, line: index + 1 }];
    }),
  );
