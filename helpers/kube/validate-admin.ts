import { findViolations, isObject, listOf, object, oneOf, text } from './checks.ts';
import type { Check, Fields, Violation } from './checks.ts';
import { flawOfCidr, flawOfPortNumber } from './syntax.ts';
import type { Flaw } from './syntax.ts';
import { labelSelector, metadata, numberThat } from './validate.ts';

/**
 * Everything for which an API server with the experimental channel rejects an AdminNetworkPolicy, a
 * BaselineAdminNetworkPolicy (both v1alpha1, release 0.1) or a ClusterNetworkPolicy (v1alpha2, release 0.2); empty where
 * it accepts. Takes any object with one of these kinds. Stricter on purpose: the CRDs say nothing of the keys, values and
 * operators of label selectors.
 * @see https://network-policy-api.sigs.k8s.io/reference/spec/
 */
export const validateAdminPolicy = (value: unknown): Violation[] => {
  const kind = isObject(value) ? String(value['kind']) : '';
  return findViolations(policies[kind] ?? clusterNetworkPolicy, value);
};

const between = (least: number, most: number, noun: string) => (items: unknown[]) =>
  items.length < least || items.length > most
    ? `must have ${least} to ${most} ${noun}, got ${items.length}`
    : undefined;

/** Exactly one field of those that are known. */
const oneField =
  (...names: string[]) =>
  (value: Fields): Flaw => {
    const given = names.filter((name) => value[name] !== undefined && value[name] !== null);
    return given.length === 1
      ? undefined
      : `must have exactly one of ${names.join(', ')}, got ${given.join(', ') || 'none'}`;
  };

const port = numberThat(flawOfPortNumber);

const podsPeer = object({ namespaceSelector: labelSelector, podSelector: labelSelector }, [
  'namespaceSelector',
  'podSelector',
]);

const subject = object({ namespaces: labelSelector, pods: podsPeer }, [], oneField('namespaces', 'pods'));

const domainName = text((name) =>
  /^(\*\.)?([a-z0-9]([-_a-z0-9]*[a-z0-9])?\.)+[a-z0-9]([-_a-z0-9]*[a-z0-9])?\.?$/i.test(name)
    ? undefined
    : `must be a domain name of two labels or more, with '*' only as the first, got ${JSON.stringify(name)}`,
);

const listsWithoutDoubles =
  (most: number, noun: string) =>
  (items: unknown[]): Flaw =>
    between(1, most, noun)(items) ??
    (new Set(items).size < items.length ? 'must not have an entry twice' : undefined);

const cidr = text((value) =>
  value.length > 43 ? `must be at most 43 characters, got ${value.length}` : flawOfCidr(value),
);

const egressPeers = {
  nodes: labelSelector,
  networks: listOf(cidr, listsWithoutDoubles(25, 'networks')),
  domainNames: listOf(domainName, listsWithoutDoubles(25, 'domain names')),
};
const podsFields = { namespaces: labelSelector, pods: podsPeer };
const ingressPeer = object(podsFields, [], oneField(...Object.keys(podsFields)));
const egressPeer = (withNames: boolean): Check => {
  const { domainNames, ...others } = egressPeers;
  const fields = { ...podsFields, ...others, ...(withNames ? { domainNames } : {}) };
  return object(fields, [], oneField(...Object.keys(fields)));
};

const rangeOf = (more: Record<string, Check> = {}, mustRise = false): Check =>
  object({ start: port, end: port, ...more }, ['start', 'end'], ({ start, end }) =>
    mustRise && typeof start === 'number' && typeof end === 'number' && start >= end
      ? `\`start\` ${start} must be less than \`end\` ${end}`
      : undefined,
  );

// Any text is accepted as a protocol in v1alpha1; what is no protocol of ours no rule could mean.
const protocol = oneOf('TCP', 'UDP', 'SCTP');

const adminPort = object(
  { portNumber: object({ protocol, port }, ['port']), portRange: rangeOf({ protocol }), namedPort: text() },
  [],
  oneField('portNumber', 'portRange', 'namedPort'),
);

const destinationPort = object({ number: port, range: rangeOf({}, true) }, [], oneField('number', 'range'));
const transport = object({ destinationPort }, ['destinationPort']);
const adminProtocol = object(
  { tcp: transport, udp: transport, sctp: transport, destinationNamedPort: text() },
  [],
  oneField('tcp', 'udp', 'sctp', 'destinationNamedPort'),
);

type Version = {
  actions: string[];
  /** Rules of a direction, peers and ports of a rule at most. */
  most: number;
  ports: Record<string, Check>;
  isNamed: (port: Fields) => boolean;
  withNames: boolean;
};

const spec = (version: Version, fields: Record<string, Check>, required: string[]): Check => {
  const { actions, most, ports, isNamed, withNames } = version;
  const rule = (peersKey: 'from' | 'to', peer: Check): Check =>
    object(
      {
        name: text((name) =>
          name.length > 100 ? `must be at most 100 characters, got ${name.length}` : undefined,
        ),
        action: oneOf(...actions),
        [peersKey]: listOf(peer, between(1, most, 'peers')),
        ...ports,
      },
      ['action', peersKey],
      (value) =>
        peersKey === 'to' ? flawOfNamedPort(value, Object.keys(ports)[0] ?? '', isNamed) : undefined,
    );
  const rules = (peersKey: 'from' | 'to', peer: Check): Check =>
    listOf(rule(peersKey, peer), between(0, most, 'rules'));
  return object(
    { ...fields, subject, ingress: rules('from', ingressPeer), egress: rules('to', egressPeer(withNames)) },
    [...required, 'subject'],
  );
};

/** A name means something at pods only. */
const flawOfNamedPort = (rule: Fields, portsKey: string, isNamed: Version['isNamed']): Flaw => {
  const listed = (key: string): Fields[] => {
    const list = rule[key];
    return Array.isArray(list) ? list.filter(isObject) : [];
  };
  if (!listed(portsKey).some(isNamed)) return undefined;
  const other = listed('to').flatMap((peer) =>
    Object.keys(egressPeers).filter((key) => peer[key] !== undefined),
  )[0];
  return other === undefined ? undefined : `must not have a named port beside a peer with ${other}`;
};

const portList = (item: Check, most: number): Check => listOf(item, between(1, most, 'entries'));

const v1alpha1 = (actions: string[], withNames: boolean): Version => ({
  actions,
  most: 100,
  ports: { ports: portList(adminPort, 100) },
  isNamed: ({ namedPort }) => namedPort !== undefined,
  withNames,
});

const v1alpha2: Version = {
  actions: ['Accept', 'Deny', 'Pass'],
  most: 25,
  ports: { protocols: portList(adminProtocol, 25) },
  isNamed: ({ destinationNamedPort }) => destinationNamedPort !== undefined,
  withNames: true,
};

const priority = numberThat((value) =>
  Number.isInteger(value) && value >= 0 && value <= 1000 ? undefined : `must be from 0 to 1000, got ${value}`,
);

const policy = (version: string, kind: string, spec: Check, name?: string): Check =>
  object(
    {
      apiVersion: oneOf(`policy.networking.k8s.io/${version}`),
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

const clusterNetworkPolicy = policy(
  'v1alpha2',
  'ClusterNetworkPolicy',
  spec(v1alpha2, { tier: oneOf('Admin', 'Baseline'), priority }, ['tier', 'priority']),
);

const policies: Record<string, Check> = {
  AdminNetworkPolicy: policy(
    'v1alpha1',
    'AdminNetworkPolicy',
    spec(v1alpha1(['Allow', 'Deny', 'Pass'], true), { priority }, ['priority']),
  ),
  BaselineAdminNetworkPolicy: policy(
    'v1alpha1',
    'BaselineAdminNetworkPolicy',
    spec(v1alpha1(['Allow', 'Deny'], false), {}, []),
    'default',
  ),
  ClusterNetworkPolicy: clusterNetworkPolicy,
};
