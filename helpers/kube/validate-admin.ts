import { findViolations, isObject, listOf, mapOf, numberThat, object, oneOf, text } from './checks.ts';
import type { Check, Fields, Violation } from './checks.ts';
import { adminGroup, isAdminKind, policyResources, type AdminKind } from './policy-kinds.ts';
import { flawOfCanonicalCidr, flawOfPortNumber, type Flaw } from './syntax.ts';
import type { Channel } from './types.ts';
import { labelSelector, metadata } from './validate.ts';

/** `leniently`: accepts all that the API server accepts, also what can mean nothing. */
export type AdminValidation = { channel?: Channel; leniently?: boolean };

/**
 * Everything for which an API server rejects an AdminNetworkPolicy, a BaselineAdminNetworkPolicy (both v1alpha1, release
 * 0.1) or a ClusterNetworkPolicy (v1alpha2, release 0.2) under strict field validation; empty where it accepts. Takes any
 * object with one of these kinds. Stricter on purpose, unless it is told otherwise: the CRDs say nothing of the keys, values
 * and operators of label selectors, and v1alpha1 nothing of protocols.
 * @see https://network-policy-api.sigs.k8s.io/reference/spec/
 */
export const validateAdminPolicy = (
  value: unknown,
  { channel = 'experimental', leniently = false }: AdminValidation = {},
): Violation[] => {
  const kind = isObject(value) ? value['kind'] : undefined;
  const policies = (leniently ? accepted : meaningful)[channel];
  return findViolations(policies[isAdminKind(kind) ? kind : 'ClusterNetworkPolicy'], value);
};

const between = (least: number, most: number, noun: string) => (items: unknown[]) =>
  items.length < least || items.length > most
    ? `must have ${least} to ${most} ${noun}, got ${items.length}`
    : undefined;

/** Exactly one field of those that are known. */
const oneFieldOf = (fields: Record<string, Check>): Check =>
  object(fields, [], (value) => {
    const names = Object.keys(fields);
    const given = names.filter((name) => value[name] !== undefined && value[name] !== null);
    return given.length === 1
      ? undefined
      : `must have exactly one of ${names.join(', ')}, got ${given.join(', ') || 'none'}`;
  });

const port = numberThat(flawOfPortNumber);

// As both releases have it, with A-z where A-Z was meant:
// https://github.com/kubernetes-sigs/network-policy-api/pull/391
const domainPattern =
  /^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

const domainName = text((name) =>
  domainPattern.test(name)
    ? undefined
    : `must be a domain name of two labels or more, with '*' only as the first, got ${JSON.stringify(name)}`,
);

const listsWithoutDoubles =
  (most: number, noun: string) =>
  (items: unknown[]): Flaw =>
    between(1, most, noun)(items) ??
    (new Set(items).size < items.length ? 'must not have an entry twice' : undefined);

const cidr = text((value) =>
  value.length > 43 ? `must be at most 43 characters, got ${value.length}` : flawOfCanonicalCidr(value),
);

const networks = listOf(cidr, listsWithoutDoubles(25, 'networks'));
const domainNames = listOf(domainName, listsWithoutDoubles(25, 'domain names'));

const rangeOf = (more: Record<string, Check> = {}, mustRise = false): Check =>
  object({ start: port, end: port, ...more }, ['start', 'end'], ({ start, end }) =>
    mustRise && typeof start === 'number' && typeof end === 'number' && start >= end
      ? `\`start\` ${start} must be less than \`end\` ${end}`
      : undefined,
  );

/** The parts of which the CRDs of a channel say less than can mean something. */
type Loose = { channel: Channel; selector: Check; protocol: Check };

const anyText = text();
const anySelector = object({
  matchLabels: mapOf(
    () => undefined,
    () => undefined,
  ),
  matchExpressions: listOf(
    object({ key: anyText, operator: anyText, values: listOf(anyText) }, ['key', 'operator']),
  ),
});

const adminPort = ({ protocol }: Loose, names: Record<string, Check>): Check =>
  oneFieldOf({
    portNumber: object({ protocol, port }, ['port']),
    portRange: rangeOf({ protocol }),
    ...names,
  });

const destinationPort = oneFieldOf({ number: port, range: rangeOf({}, true) });
const transport = object({ destinationPort }, ['destinationPort']);
const adminProtocol = oneFieldOf({
  tcp: transport,
  udp: transport,
  sctp: transport,
  destinationNamedPort: text(),
});

type Version = Loose & {
  actions: string[];
  /** Rules of a direction, peers and ports of a rule at most. */
  most: number;
  ports: Record<string, Check>;
  isNamed: (port: Fields) => boolean;
  /** The selectors that a choice of pods must have. */
  selectors: string[];
  withNames: boolean;
};

const spec = (version: Version, fields: Record<string, Check>, required: string[]): Check => {
  const { channel, selector, actions, most, ports, isNamed, selectors, withNames } = version;
  const isExperimental = channel === 'experimental';
  const pods = {
    namespaces: selector,
    pods: object({ namespaceSelector: selector, podSelector: selector }, selectors),
  };
  const beyondPods = {
    networks,
    ...(isExperimental ? { nodes: selector } : {}),
    ...(isExperimental && withNames ? { domainNames } : {}),
  };
  const rules = (peersKey: 'from' | 'to', peers: Record<string, Check>): Check => {
    const rule = object(
      {
        name: text((name) =>
          name.length > 100 ? `must be at most 100 characters, got ${name.length}` : undefined,
        ),
        action: oneOf(...actions),
        [peersKey]: listOf(oneFieldOf(peers), between(1, most, 'peers')),
        ...ports,
      },
      ['action', peersKey],
      (value) =>
        isExperimental && peersKey === 'to'
          ? flawOfNamedPort(value, Object.keys(ports)[0] ?? '', isNamed, Object.keys(beyondPods))
          : undefined,
    );
    return listOf(rule, between(0, most, 'rules'));
  };
  return object(
    {
      ...fields,
      subject: oneFieldOf(pods),
      ingress: rules('from', pods),
      egress: rules('to', { ...pods, ...beyondPods }),
    },
    [...required, 'subject'],
  );
};

/** A name means something at pods only. */
const flawOfNamedPort = (
  rule: Fields,
  portsKey: string,
  isNamed: Version['isNamed'],
  beyondPods: string[],
): Flaw => {
  const listed = (key: string): Fields[] => {
    const list = rule[key];
    return Array.isArray(list) ? list.filter(isObject) : [];
  };
  if (!listed(portsKey).some(isNamed)) return undefined;
  const other = listed('to').flatMap((peer) =>
    beyondPods.filter((key) => isObject(peer[key]) || Array.isArray(peer[key])),
  )[0];
  return other === undefined ? undefined : `must not have a named port beside a peer with ${other}`;
};

const portList = (item: Check, most: number): Check => listOf(item, between(1, most, 'entries'));

const v1alpha1 = (loose: Loose, actions: string[], withNames: boolean): Version => ({
  ...loose,
  actions,
  most: 100,
  ports: {
    ports: portList(adminPort(loose, loose.channel === 'experimental' ? { namedPort: anyText } : {}), 100),
  },
  isNamed: ({ namedPort }) => typeof namedPort === 'string',
  selectors: ['namespaceSelector', 'podSelector'],
  withNames,
});

const v1alpha2 = (loose: Loose): Version => ({
  ...loose,
  actions: ['Accept', 'Deny', 'Pass'],
  most: 25,
  ports: { protocols: portList(adminProtocol, 25) },
  isNamed: ({ destinationNamedPort }) => typeof destinationNamedPort === 'string',
  selectors: ['podSelector'],
  withNames: true,
});

const priority = numberThat((value) =>
  Number.isInteger(value) && value >= 0 && value <= 1000 ? undefined : `must be from 0 to 1000, got ${value}`,
);

const policy = (kind: AdminKind, spec: Check, name?: string): Check =>
  object(
    {
      apiVersion: oneOf(`${adminGroup}/${policyResources[kind].version}`),
      kind: oneOf(kind),
      metadata,
      spec,
      status: () => undefined,
    },
    ['apiVersion', 'kind', 'metadata', 'spec'],
    ({ metadata }) =>
      name !== undefined && isObject(metadata) && metadata['name'] !== name
        ? `metadata.name must be ${name}, as there is but one ${kind}`
        : undefined,
  );

const policiesOf = (loose: Loose): Readonly<Record<AdminKind, Check>> => ({
  AdminNetworkPolicy: policy(
    'AdminNetworkPolicy',
    spec(v1alpha1(loose, ['Allow', 'Deny', 'Pass'], true), { priority }, ['priority']),
  ),
  BaselineAdminNetworkPolicy: policy(
    'BaselineAdminNetworkPolicy',
    spec(v1alpha1(loose, ['Allow', 'Deny'], false), {}, []),
    'default',
  ),
  ClusterNetworkPolicy: policy(
    'ClusterNetworkPolicy',
    spec(v1alpha2(loose), { tier: oneOf('Admin', 'Baseline'), priority }, ['tier', 'priority']),
  ),
});

const channelsOf = (parts: Omit<Loose, 'channel'>) => ({
  standard: policiesOf({ ...parts, channel: 'standard' }),
  experimental: policiesOf({ ...parts, channel: 'experimental' }),
});

const meaningful = channelsOf({ selector: labelSelector, protocol: oneOf('TCP', 'UDP', 'SCTP') });
const accepted = channelsOf({ selector: anySelector, protocol: anyText });
