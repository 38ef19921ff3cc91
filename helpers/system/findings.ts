export const severities = ['error', 'warning', 'note'] as const;
export type Severity = (typeof severities)[number];

type Description = { severity: Severity; about: string; source: string };

const enhancement = 'https://github.com/openshift/enhancements/pull/613';
const chapter = 'https://kubernetes.io/docs/concepts/services-networking/network-policies/';
const isolation = `${chapter}#the-two-sorts-of-pod-isolation`;
const resource = `${chapter}#networkpolicy-resource`;
const peers = `${chapter}#behavior-of-to-and-from-selectors`;
const hostNetwork = `${chapter}#networkpolicy-and-hostnetwork-pods`;
const namedPorts = 'https://github.com/openshift/origin/pull/31375';
const api = 'https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/';

const describe =
  (severity: Severity) =>
  (about: string, source: string): Description => ({ severity, about, source });
const error = describe('error');
const warning = describe('warning');
const note = describe('note');

/** Everything that an audit can find. Ids are for good: allow-lists, baselines and dashboards hold them. */
export const findings = {
  'missing-label': error('a namespace lacks a label that it is expected to have', enhancement),
  'undeclared-namespace': warning(
    'the files use a namespace without declaring it, so its labels are not known',
    enhancement,
  ),
  'implicitly-open-ingress': error(
    'no policy isolates for ingress: whoever adds the first one closes the namespace to everybody else',
    enhancement,
  ),
  'implicitly-open-egress': note('no policy isolates for egress', enhancement),
  'empty-namespace-without-policy': note('no policy, and no pod yet that one could isolate', enhancement),
  'default-for-egress-only': error(
    'the default policy isolates for egress only, and pods are open for ingress',
    isolation,
  ),
  'default-for-ingress-only': note(
    'the default policy isolates for ingress only, and pods are open for egress',
    isolation,
  ),
  'no-default-ingress-policy': error(
    'there are ingress policies, but none for every pod: the next pod is open',
    enhancement,
  ),
  'no-default-egress-policy': warning(
    'there are egress policies, but none for every pod: the next pod is open',
    enhancement,
  ),
  'restrictive-without-permissive': error(
    'unrestricted mode: pods are isolated, and no policy admits everybody to every pod',
    enhancement,
  ),
  'permissive-in-restricted-mode': error(
    'restricted mode: a policy admits everybody on every port',
    enhancement,
  ),
  'deny-admits-everything': error(
    'a policy that is called deny has an empty rule, which admits everything',
    `${chapter}#default-policies`,
  ),
  'allow-admits-nothing': warning(
    'a policy that is called allow isolates for a direction without any rule, which denies all of it',
    `${chapter}#default-policies`,
  ),
  'rules-without-policy-type': error(
    'rules of a direction that `policyTypes` leaves out: nobody obeys them',
    resource,
  ),
  'duplicate-policy': warning('two policies of a namespace say the same', isolation),
  'policy-selects-no-pod': warning('a policy selects no pod', resource),
  'policy-selects-only-host-network': warning(
    'a policy selects only pods in the host network, for which its effect is undefined',
    hostNetwork,
  ),
  'host-network-pods': note(
    'pods in the host network, which policies of the namespace select without a defined effect',
    hostNetwork,
  ),
  'peer-matches-no-namespace': warning('a namespaceSelector matches no namespace', peers),
  'peer-matches-no-pod': note('the selectors of a peer match no pod', peers),
  'peer-matches-only-host-network': warning(
    'a peer matches only pods in the host network, which plugins need not recognize',
    hostNetwork,
  ),
  'named-port': note('a port by its name: some plugins resolve names late or wrongly', namedPorts),
  'named-port-of-no-pod': error('a port name that no pod of the rule has', api),
  'named-port-of-other-protocol': error(
    'a port name that pods of the rule have, but with another protocol',
    api,
  ),
  'ip-block-of-pods': warning('an ipBlock holds addresses of pods, for which its effect is undefined', peers),
  'ip-block-of-services': warning(
    'an ipBlock for egress holds addresses of Services, which plugins may see before or after they are rewritten',
    peers,
  ),
  'ip-block-of-everybody': note(
    'an ipBlock of every address: whether pods are among them is undefined',
    peers,
  ),
  'client-maintained-policy': warning(
    'a policy is maintained by a client that it admits, not by the owner of its namespace',
    enhancement,
  ),
  'allow-entry-expired': error('an entry of the allow-list has expired', enhancement),
  'allow-entry-unused': warning('an entry of the allow-list matches no finding', enhancement),
  'baseline-entry-unused': note('an entry of the baseline matches no finding', enhancement),
} as const satisfies Record<string, Description>;

export type FindingId = keyof typeof findings;

export const findingIds = Object.keys(findings) as FindingId[];

export const isFindingId = (text: unknown): text is FindingId =>
  typeof text === 'string' && Object.hasOwn(findings, text);

/** One thing that is wrong with one object. */
export type Finding = {
  id: FindingId;
  severity: Severity;
  namespace: string;
  /** `NetworkPolicy x/p`, `Namespace x` */
  object: string;
  /** What in the object, where an object can have several of the id: `ingress port TCP/metrics`. */
  detail?: string;
  message: string;
  next: string;
  file?: string;
  line?: number;
};

/** A finding without what follows from its id and its object. */
export type Observation = Omit<Finding, 'severity' | 'namespace' | 'file' | 'line'> & {
  /** The object whose place in the files is shown, where it is another one. */
  at?: string;
};

/** What makes two findings the same in two audits. Messages may name pods, which come and go. */
export const keyOf = ({ id, object, detail = '' }: Pick<Finding, 'id' | 'object' | 'detail'>): string =>
  `${id} ${object} ${detail}`;
