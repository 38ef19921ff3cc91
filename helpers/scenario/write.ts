import { isDeepStrictEqual } from 'node:util';
import { printGrid } from '../matrix/grid.ts';
import { defaultPodLabels, defaultPorts, isStanding } from './default-world.ts';
import { changeOf, inheritsGrids, isOperation } from './operations.ts';
import { idOfPolicy } from './policies.ts';
import { formatBlock, formatFlow, formatScalar } from './write-yaml.ts';
import type { Policy } from '../kube/types.ts';
import { serviceNameOf, type ContainerPort } from '../kube/world.ts';
import type { Action, ExpectedGrid, Scenario, ScenarioPod, ScenarioService, Step } from './scenario.ts';

/**
 * A scenario as the text of a scenario file: the front matter with its grids drawn, then the policies in the order in
 * which the steps come to them. `readScenario` reads the same scenario from it, but for its lines and columns.
 * @throws RangeError where a policy comes back, after a `delete`, otherwise than it came first: no file can say that
 */
export const formatScenario = (scenario: Scenario): string => {
  const { title, spec, features, property, channel, namespaces, pods, services, steps } = scenario;
  const documents = listDocuments(steps);
  const front = [
    `scenario: ${formatScalar(title)}`,
    `spec: ${formatScalar(spec)}`,
    `features: ${formatFlow(features)}`,
    ...(property === undefined ? [] : [`property: ${property}`]),
    ...(channel === undefined ? [] : [`channel: ${channel}`]),
    ...(namespaces.length === 0 ? [] : ['namespaces:']),
    ...namespaces.map((namespace) => `  ${namespace.name}: ${formatNamespace(namespace)}`),
    ...(pods.length === 0 ? [] : ['pods:']),
    ...pods.map((pod) => `  ${formatScalar(pod.id)}: ${formatPod(pod)}`),
    ...(services.length === 0 ? [] : ['services:']),
    ...services.map((service) => `  ${formatScalar(service.id)}: ${formatFlow(describeService(service))}`),
    'steps:',
    ...steps.flatMap((step) => formatStep(step, documents)),
  ];
  return [front, ...documents.map((policy) => formatBlock(policy))]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('---\n');
};

/** What is rejected, then version 1 of each policy and, where an `update` takes it, the next: a file holds each once. */
const listDocuments = (steps: readonly Step[]): Policy[] => {
  const documents: Policy[] = [];
  const rejected = new Set<Policy>();
  const current = new Map<string, number>();
  for (const action of steps.map(changeOf)) {
    if (action.verb === 'reject')
      for (const { document, flaw } of action.documents) {
        if (!documents.includes(document)) documents.push(document);
        if (flaw === 'document') rejected.add(document);
      }
    if (!('policies' in action)) continue;
    for (const policy of action.policies) {
      const id = idOfPolicy(policy);
      const versions = documents.filter((document) => idOfPolicy(document) === id && !rejected.has(document));
      const version =
        action.verb === 'apply' ? 0 : (current.get(id) ?? 0) + (action.verb === 'update' ? 1 : 0);
      if (versions[version] === undefined) documents.push(policy);
      else if (!isDeepStrictEqual(versions[version], policy))
        throw new RangeError(`policy ${id} has two versions ${version + 1}: a scenario file cannot say so`);
      current.set(id, version);
    }
  }
  return documents;
};

const formatNamespace = ({ name, why, labels, createdLater }: Scenario['namespaces'][number]): string => {
  const own = Object.entries(labels).filter(([key, value]) => key !== 'ns' || value !== name);
  const special = {
    ...(own.length > 0 && { labels: Object.fromEntries(own) }),
    ...(createdLater && { created: 'later' }),
  };
  return formatReason(why, special);
};

/** `why` alone where nothing is special. */
const formatReason = (why: string, special: object): string =>
  Object.keys(special).length === 0 ? formatScalar(why) : formatFlow({ why, ...special });

const formatPod = (pod: ScenarioPod): string => {
  const { id, name, why, labels, ports, node, addresses, createdLater, addressesOf } = pod;
  const { hostNetwork = false, readiness } = pod;
  const standard = addresses === undefined ? defaultPodLabels(name) : {};
  const own = Object.entries(labels).filter(([key, value]) => standard[key] !== value);
  const special = {
    ...(own.length > 0 && { labels: Object.fromEntries(own) }),
    ...(addresses !== undefined && { addresses }),
    ...(!isDeepStrictEqual(ports, hostNetwork ? [] : defaultPorts) && { ports: ports.map(formatPort) }),
    ...((node !== 0 || hostNetwork) && !isStanding(id) && addresses === undefined && { node }),
    ...(hostNetwork && { hostNetwork }),
    ...(readiness !== undefined && { readiness: formatPort(readiness) }),
    ...(createdLater && { created: 'later' }),
    ...(addressesOf !== undefined && { addressOf: addressesOf }),
  };
  return formatReason(why, special);
};

const formatPort = ({ name, protocol, port }: ContainerPort): string =>
  [`${protocol}/${port}`, ...(name === undefined ? [] : [name])].join(' ');

const describeService = (service: ScenarioService): Record<string, unknown> => {
  const { namespace, name, type, selector, ports, externalName } = service;
  if (externalName !== undefined)
    return { type: 'ExternalName', externalName: serviceNameOf({ namespace, name: externalName }) };
  const [{ protocol, port, targetPort } = { protocol: 'TCP', port: 0, targetPort: 0 }] = ports;
  return {
    port,
    ...(protocol !== 'TCP' && { protocol }),
    ...(targetPort !== port && { targetPort }),
    ...(type !== 'ClusterIP' && { type }),
    ...(!isDeepStrictEqual(selector, defaultPodLabels(name)) && { selector }),
  };
};

const formatStep = ({ action, expect, stored, ready }: Step, documents: readonly Policy[]): string[] => {
  const drawn = inheritsGrids(action) ? [] : expect;
  return [
    `  - ${action.verb}: ${formatFlow(objectsOf(action, documents))}`,
    ...formatOutage(action, documents),
    ...formatLimits(action),
    ...(drawn.length === 0 && stored === undefined && ready === undefined ? [] : ['    expect:']),
    ...(ready === undefined ? [] : [`      ready: ${formatFlow(oneOrList(ready))}`]),
    ...(stored === undefined ? [] : ['      stored:']),
    ...(stored ?? []).map(({ id, fields }) => `        ${formatScalar(id)}: ${formatFlow(fields)}`),
    ...drawn.flatMap(formatGrid),
  ];
};

const formatOutage = (action: Action, documents: readonly Policy[]): string[] => {
  if (action.verb !== 'outage' || action.part === 'api-server') return [];
  const nodeOf = `    nodeOf: ${action.nodeOf}`;
  if (action.part === 'node') return [nodeOf];
  const { meanwhile } = action;
  return [nodeOf, `    meanwhile: ${formatFlow({ [meanwhile.verb]: objectsOf(meanwhile, documents) })}`];
};

const formatLimits = (action: Action): string[] =>
  !isOperation(action) || Object.values(action.limits).every((limit) => limit === 0)
    ? []
    : [`    limits: ${formatFlow(action.limits)}`];

const objectsOf = (action: Action, documents: readonly Policy[]): unknown => {
  switch (action.verb) {
    case 'apply':
    case 'update':
    case 'delete':
      return oneOrList(action.policies.map((policy) => nameFor(policy, documents)));
    case 'label':
      return action.labels;
    case 'unlabel':
      return Object.fromEntries(Object.entries(action.keys).map(([id, keys]) => [id, oneOrList(keys)]));
    case 'create':
    case 'remove':
      return oneOrList([...(action.namespaces ?? []), ...action.pods]);
    case 'complete':
      return oneOrList(action.pods);
    case 'kill':
    case 'restart':
    case 'rollover':
    case 'upgrade':
    case 'downgrade':
    case 'outage':
      return action.part;
    case 'churn':
      return { [action.part]: action.count };
    case 'reject':
      return oneOrList([...new Set(action.documents.map(({ document }) => nameFor(document, documents)))]);
  }
};

/** The name alone where it can mean one policy only. */
const nameFor = (policy: Policy, documents: readonly Policy[]): string => {
  const { name } = policy.metadata;
  const id = idOfPolicy(policy);
  return documents.every((other) => other.metadata.name !== name || idOfPolicy(other) === id) ? name : id;
};

const oneOrList = (items: readonly string[]): string | readonly string[] =>
  items.length === 1 && items[0] !== undefined ? items[0] : items;

const formatGrid = ({ key, grid }: ExpectedGrid): string[] => [
  `      ${formatScalar(key)}: |2`,
  ...printGrid(grid)
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`),
];
