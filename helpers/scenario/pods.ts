import { isIP } from 'node:net';
import { flawOfLabelName, flawOfPortName } from '../kube/syntax.ts';
import {
  defaultPodLabels,
  defaultPods,
  defaultPorts,
  externalGroup,
  isStanding,
  namespaceNames,
} from './default-world.ts';
import {
  booleanHint,
  describe,
  isFields,
  readCreated,
  readLabels,
  readText,
  readTexts,
  refuseUnknownKeys,
} from './reading.ts';
import { readHostNetwork, readReadiness, refuseSharedPorts } from './nodes.ts';
import { familyOf, idOf } from '../kube/world.ts';
import type { Protocol } from '../kube/types.ts';
import type { ContainerPort } from '../kube/world.ts';
import type { Path } from '../kube/yaml.ts';
import type { Complain, Fields } from './reading.ts';
import type { ScenarioNamespace, ScenarioPod } from './scenario.ts';

/**
 * Reads the `pods` section: `x/a: why it is here`, or a map with `why` and what makes the pod special: `labels` (beside
 * `pod: a`), `node: 0 | 1`, `created: later`, and `ports` like `[TCP/8080 web, UDP/53]` in place of the default ones.
 * `addressOf: x/e`, with `created: later`, gives it the addresses that this pod had. `hostNetwork: true`, with `node`,
 * puts it into the network of its node; `readiness: TCP/80` has the kubelet probe it. `namespaces`: those beside x, y, z.
 * A host outside the cluster is called `external/a` and has `addresses: [203.0.113.10, '2001:db8:113::10']`.
 */
export const readPods = (
  section: Fields,
  complain: Complain,
  namespaces: readonly ScenarioNamespace[] = [],
): ScenarioPod[] => {
  const pods: ScenarioPod[] = [];
  for (const [id, value] of Object.entries(section)) {
    const pod = readPod(id, value, ['pods', id], complain, namespaces);
    if (pod !== undefined) pods.push(pod);
  }
  for (const pod of pods) placeHeir(pod, pods, complain);
  refuseSharedPorts(pods, complain);
  const addresses = pods.flatMap((pod) => (pod.addresses ?? []).map((address) => ({ id: pod.id, address })));
  for (const [index, { id, address }] of addresses.entries()) {
    if (addresses.findIndex((other) => other.address === address) < index) {
      complain(['pods', id, 'addresses'], `address ${address} belongs to two hosts`);
    }
  }
  return pods;
};

/** What a standing pod cannot have. */
const specialKeys = ['ports', 'node', 'created', 'addressOf', 'hostNetwork', 'readiness'];
const podKeys = ['why', 'labels', ...specialKeys];
const externalKeys = ['why', 'addresses', 'ports'];

const readPod = (
  id: string,
  value: unknown,
  path: Path,
  complain: Complain,
  namespaces: readonly ScenarioNamespace[],
): ScenarioPod | undefined => {
  const [namespace = '', name = '', ...rest] = id.split('/');
  const isExternal = namespace === externalGroup;
  const home = namespaces.find((guest) => guest.name === namespace);
  const groups: string[] = [...namespaceNames, ...namespaces.map((guest) => guest.name), externalGroup];
  if (rest.length > 0 || flawOfLabelName(name) !== undefined || !groups.includes(namespace)) {
    complain(path, `pod \`${id}\`: wanted a name like x/a in ${groups.join(', ')}${booleanHint(id)}`, 'key');
    return undefined;
  }
  const fields = isFields(value) ? value : { why: value };
  refuseUnknownKeys(fields, isExternal ? externalKeys : podKeys, path, complain);
  const why = readText(
    fields['why'],
    isFields(value) ? [...path, 'why'] : path,
    complain,
    'why the scenario needs the pod',
  );
  const standing = defaultPods.find((pod) => idOf(pod) === id);
  if (home?.createdLater === true && fields['created'] === undefined)
    complain(path, `namespace ${namespace} is created later: so is ${id}, with \`created: later\``, 'key');
  const heirOf = fields['addressOf'];
  for (const key of standing === undefined ? [] : specialKeys)
    if (fields[key] !== undefined)
      complain(
        [...path, key],
        `${id} stands before every scenario: \`${key}\` needs a pod of another name, such as ${namespace}/d`,
        'key',
      );
  const isHost = standing === undefined && fields['hostNetwork'] === true;
  const readOptional = <Value>(
    key: string,
    absent: Value,
    read: (value: unknown, path: Path, complain: Complain) => Value,
  ): Value => (fields[key] === undefined ? absent : read(fields[key], [...path, key], complain));
  const listening = readOptional('ports', isHost ? [] : [...defaultPorts], readPorts);
  return {
    id,
    namespace,
    name,
    why: why ?? '',
    labels: isExternal ? {} : { ...defaultPodLabels(name), ...readOptional('labels', {}, readLabels) },
    ports: listening,
    node: readOptional('node', standing?.node ?? 0, readNode),
    ...(isExternal && { addresses: readAddresses(fields['addresses'], [...path, 'addresses'], complain) }),
    createdLater: readOptional('created', home?.createdLater === true, readCreated),
    ...(standing === undefined && readHostNetwork(fields, listening, path, complain)),
    ...readReadiness(fields['readiness'], listening, [...path, 'readiness'], complain),
    ...(heirOf !== undefined && {
      addressesOf: readText(heirOf, [...path, 'addressOf'], complain, 'the name of a pod') ?? '',
    }),
  };
};

/** A pod with the addresses of another one stands where that one stood, as addresses belong to nodes. */
const placeHeir = (pod: ScenarioPod, pods: readonly ScenarioPod[], complain: Complain): void => {
  const { id, addressesOf, createdLater, node } = pod;
  if (addressesOf === undefined) return;
  const path = ['pods', id, 'addressOf'];
  const before = pods.find((other) => other.id === addressesOf);
  if (before === undefined) {
    if (addressesOf !== '') complain(path, `\`pods\` has no \`${addressesOf}\``);
  } else if (before === pod || before.addressesOf !== undefined || !isMovable(before))
    complain(path, `${addressesOf} never gives its addresses away: wanted a pod that comes and goes`);
  else if (!createdLater)
    complain(path, `${addressesOf} has these addresses first: ${id} is \`created: later\``);
  else if (node !== 0 && node !== before.node)
    complain(path, `${addressesOf} is on node ${before.node}, and addresses stay on their node`);
  else {
    pod.node = before.node;
    return;
  }
  // One mistake, one problem: no step complains about it again.
  delete pod.addressesOf;
};

const readPorts = (value: unknown, path: Path, complain: Complain): ContainerPort[] => {
  const ports: ContainerPort[] = [];
  const texts = readTexts(value, path, complain, 'ports like [TCP/8080 web, UDP/53]');
  for (const [index, text] of texts.entries()) {
    const match = /^(TCP|UDP)\/(\d+)(?: (\S+))?$/.exec(text);
    const [, protocol, digits, name] = match ?? [];
    const port = Number(digits);
    const nameFlaw = name === undefined ? undefined : flawOfPortName(name);
    const place = Array.isArray(value) ? [...path, index] : path;
    if (match === null || port < 1 || port > 65535) {
      complain(
        place,
        `port \`${text}\`: wanted a protocol (TCP or UDP), a number and perhaps a name, like TCP/8080 web`,
      );
    } else if (nameFlaw !== undefined)
      complain(
        place,
        `port \`${text}\`: \`${name}\` is no port name (at most 15 lower-case letters, digits and single -, one letter at least)`,
      );
    else if (name !== undefined && ports.some((other) => other.name === name))
      complain(place, `two ports are called \`${name}\``);
    else if (ports.some((other) => other.port === port && other.protocol === protocol))
      complain(place, `port ${protocol}/${port} stands here twice`);
    else ports.push({ ...(name !== undefined && { name }), protocol: protocol as Protocol, port });
  }
  return ports;
};

const readNode = (value: unknown, path: Path, complain: Complain): number => {
  if (value === 0 || value === 1) return value;
  complain(path, `wanted node 0 or 1, got ${describe(value)}`);
  return 0;
};

/** Hosts outside the cluster live in ranges for documentation, so that a policy stands in the file as in life. */
const documentation = /^(203\.0\.113\.\d+|2001:db8:113:(0:0:0:|:)[0-9a-f]{1,4}|2001:db8:113::)$/;

const readAddresses = (value: unknown, path: Path, complain: Complain): string[] => {
  const addresses = readTexts(value, path, complain, "addresses like [203.0.113.10, '2001:db8:113::10']");
  for (const address of addresses.filter((text) => isIP(text) === 0 || !documentation.test(text))) {
    complain(path, `address \`${address}\`: wanted one of 203.0.113.0/24 or 2001:db8:113::/64`);
  }
  const families = addresses.map(familyOf);
  if (families.length !== 2 || families[0] === families[1])
    complain(path, 'a host outside the cluster has one IPv4 and one IPv6 address');
  return addresses;
};

/** Whether steps may create and remove the pod. */
export const isMovable = (pod: ScenarioPod): boolean => pod.addresses === undefined && !isStanding(pod.id);
