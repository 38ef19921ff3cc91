import { BlockList, isIPv4 } from 'node:net';
import { findViolations, isObject, listOf, mapOf, numberThat, object, oneOf, text } from './checks.ts';
import type { Check, Violation } from './checks.ts';
import {
  flawOfCidr,
  flawOfFinalizer,
  flawOfKey,
  flawOfLabelName,
  flawOfLabelValue,
  flawOfPortName,
  flawOfPortNumber,
  flawOfSubdomain,
  isMappedIPv4,
} from './syntax.ts';

/**
 * Everything for which the API server rejects a networking.k8s.io/v1 NetworkPolicy under strict field
 * validation; empty where it accepts. Takes anything. Stricter on purpose, where the server fills in or only warns:
 * `spec` and the name must be there, null is no text (the server reads it as an empty one), and a CIDR must not
 * have leading zeros.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export const validateNetworkPolicy = (value: unknown): Violation[] => findViolations(networkPolicy, value);

const anything: Check = () => undefined;
const labels = mapOf(flawOfLabelValue);

const requirement = object(
  {
    key: text(flawOfKey),
    operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: listOf(text(flawOfLabelValue)),
  },
  ['key', 'operator'],
  ({ operator, values }) => {
    const count = Array.isArray(values) ? values.length : 0;
    if ((operator === 'In' || operator === 'NotIn') && count === 0)
      return `the operator ${operator} needs at least one of \`values\``;
    if ((operator === 'Exists' || operator === 'DoesNotExist') && count > 0)
      return `the operator ${operator} must not have \`values\``;
    return undefined;
  },
);

export const labelSelector = object({ matchLabels: labels, matchExpressions: listOf(requirement) });

const ipBlock: Check = (value, path, report) => {
  object({ cidr: text(flawOfCidr), except: listOf(text(flawOfCidr)) }, ['cidr'])(value, path, report);
  if (!isObject(value) || !Array.isArray(value['except'])) return;
  const { cidr } = value;
  for (const [index, except] of value['except'].entries())
    if (isCidr(cidr) && isCidr(except) && !isStrictlyInside(except, cidr))
      report([...path, 'except', index], `must lie inside cidr ${cidr} and be smaller, got ${except}`);
};

const isCidr = (value: unknown): value is string =>
  typeof value === 'string' && flawOfCidr(value) === undefined;

const isStrictlyInside = (inner: string, outer: string): boolean => {
  const [address = '', bits] = inner.split('/');
  const [network = '', length] = outer.split('/');
  if (meansIPv4(inner) !== meansIPv4(outer) || Number(length) >= Number(bits)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), isIPv4(network) ? 'ipv4' : 'ipv6');
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
};

/** The server takes an IPv4-mapped address for the IPv4 address in it, which no range of IPv6 contains. */
const meansIPv4 = (cidr: string): boolean => {
  const [address = '', bits] = cidr.split('/');
  if (isIPv4(address)) return true;
  return Number(bits) >= 96 && isMappedIPv4(address);
};

const peer = object(
  { podSelector: labelSelector, namespaceSelector: labelSelector, ipBlock },
  [],
  ({ podSelector, namespaceSelector, ipBlock }) => {
    const selectors = [podSelector, namespaceSelector].some((part) => part !== undefined && part !== null);
    const block = ipBlock !== undefined && ipBlock !== null;
    if (selectors && block) return 'must not have ipBlock together with podSelector or namespaceSelector';
    if (selectors || block) return undefined;
    return 'must have podSelector, namespaceSelector or ipBlock (an empty selector is written {})';
  },
);

const portNumber = numberThat(flawOfPortNumber);

const portNumberOrName: Check = (value, path, report) => {
  if (typeof value === 'string') text(flawOfPortName)(value, path, report);
  else portNumber(value, path, report);
};

const port = object(
  { protocol: oneOf('TCP', 'UDP', 'SCTP'), port: portNumberOrName, endPort: portNumber },
  [],
  ({ port, endPort }) => {
    if (endPort === undefined || endPort === null) return undefined;
    if (port === undefined || port === null) return '`endPort` needs `port`';
    if (typeof port === 'string') return '`endPort` needs a numeric `port`, not a name';
    return typeof port === 'number' && typeof endPort === 'number' && endPort < port
      ? `\`endPort\` ${endPort} must not be less than \`port\` ${port}`
      : undefined;
  },
);

const spec = object({
  podSelector: labelSelector,
  policyTypes: listOf(oneOf('Ingress', 'Egress'), (types) =>
    types.length > 2 ? 'must not have more than two entries' : undefined,
  ),
  ingress: listOf(object({ from: listOf(peer), ports: listOf(port) })),
  egress: listOf(object({ to: listOf(peer), ports: listOf(port) })),
});

// The server compares keys of annotations in lower case, those of labels as they are.
const annotations = mapOf(
  () => undefined,
  (key) => flawOfKey(key.toLowerCase()),
);

export const metadata = object(
  {
    name: text(flawOfSubdomain),
    namespace: text(flawOfLabelName),
    labels,
    annotations,
    finalizers: listOf(text(flawOfFinalizer)),
    ...Object.fromEntries(
      ['uid', 'resourceVersion', 'generation', 'generateName', 'creationTimestamp', 'deletionTimestamp']
        .concat(['deletionGracePeriodSeconds', 'selfLink', 'ownerReferences', 'managedFields'])
        .map((key) => [key, anything]),
    ),
  },
  ['name'],
);

const networkPolicy = object(
  { apiVersion: oneOf('networking.k8s.io/v1'), kind: oneOf('NetworkPolicy'), metadata, spec },
  ['apiVersion', 'kind', 'metadata', 'spec'],
);
