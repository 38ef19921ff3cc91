import { isDeepStrictEqual } from 'node:util';
import type { AdminPolicy, AdminPort, NetworkPolicyPort, NetworkPolicySpec, PolicyType } from './types.ts';

/** The first place where two specs differ. `got` is undefined where the field was lost. */
type SpecDifference = { path: string; wanted: unknown; got: unknown };

/** The first place where two specs differ in what they mean; API defaults and absent empty lists are no difference. */
export const compareSpecs = (wanted: NetworkPolicySpec, got: NetworkPolicySpec): SpecDifference | undefined =>
  findDifference(normalise(wanted), normalise(got), 'spec');

/** The same for the admin tiers, whose CRDs fill in nothing but the protocol TCP of v1alpha1. */
export const compareAdminSpecs = (
  wanted: AdminPolicy['spec'],
  got: AdminPolicy['spec'],
): SpecDifference | undefined => findDifference(normaliseAdmin(wanted), normaliseAdmin(got), 'spec');

// https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec
export const defaultPolicyTypes = ({ egress = [] }: NetworkPolicySpec): PolicyType[] =>
  egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];

const normalise = (spec: NetworkPolicySpec): unknown =>
  withoutEmpty({
    ...withPorts(spec, (port: NetworkPolicyPort) => ({ ...port, protocol: port.protocol ?? 'TCP' })),
    podSelector: spec.podSelector ?? {},
    policyTypes: spec.policyTypes?.length ? spec.policyTypes : defaultPolicyTypes(spec),
  });

const normaliseAdmin = (spec: AdminPolicy['spec']): unknown =>
  withoutEmpty(
    withPorts(spec, (port: AdminPort) => ({
      ...port,
      ...(port.portNumber && { portNumber: { protocol: 'TCP', ...port.portNumber } }),
      ...(port.portRange && { portRange: { protocol: 'TCP', ...port.portRange } }),
    })),
  );

type Rules<Port> = { ingress?: { ports?: Port[] }[]; egress?: { ports?: Port[] }[] };

/** The spec with this done to the ports of all its rules. */
const withPorts = <Port>(spec: Rules<Port>, change: (port: Port) => object): object => {
  const changeRules = (rules: Rules<Port>['ingress']) =>
    rules?.map((rule) => ({ ...rule, ...(rule.ports && { ports: rule.ports.map(change) }) }));
  return { ...spec, ingress: changeRules(spec.ingress), egress: changeRules(spec.egress) };
};

// Empty lists and label maps are left out on the wire; an empty selector is not, and means everything.
const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, part]) =>
      part !== undefined &&
      part !== null &&
      !(Array.isArray(part) && part.length === 0) &&
      !(key === 'matchLabels' && Object.keys(part).length === 0),
  );
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutEmpty(part)]));
};

const findDifference = (wanted: unknown, got: unknown, path: string): SpecDifference | undefined => {
  if (isDeepStrictEqual(wanted, got)) return undefined;
  const [one, other] = [asParts(wanted), asParts(got)];
  if (one === undefined || other === undefined) return { path, wanted, got };
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const step = Array.isArray(wanted) ? `[${key}]` : `.${key}`;
    const difference = findDifference(one[key], other[key], `${path}${step}`);
    if (difference !== undefined) return difference;
  }
  return { path, wanted, got };
};

const asParts = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
