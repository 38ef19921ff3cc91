import { isDeepStrictEqual } from 'node:util';
import type { Cluster, Lane, ObjectName } from '../cluster/cluster.ts';
import { ClusterError } from '../errors.ts';
import { settleAll } from '../wait.ts';
import type { Labels } from '../kube/types.ts';
import { idOf, isRunning, nameOfPolicy, type World } from '../kube/world.ts';
import type { Teller } from '../probe/monitor.ts';
import { openLinks, type Links } from '../probe/pods.ts';
import type { Prober } from '../probe/sweep.ts';
import {
  defaultNamespaceLabels,
  defaultNodes,
  defaultPodLabels,
  defaultPods,
  isStanding,
  namespaceNameLabel,
  namespaceNames,
} from '../scenario/default-world.ts';
import { labelsNodes } from '../scenario/world.ts';
import type { Scenario, ScenarioNamespace, ScenarioPod } from '../scenario/scenario.ts';

/** A lane with open links, on which scenarios are tried one after the other. Scenarios' short names go in and come out. */
export type Ground = AsyncDisposable & {
  readonly lane: Lane;
  readonly prober: Prober;
  readonly teller: Teller;
  /** The real name of what a scenario calls `x/a`. */
  realName(id: string): ObjectName;
  /** The real name of a namespace or pod id. */
  realId(id: string): string;
  shortId(id: string): string;
  /** Brings the lane into the state in which the scenario begins, and checks that it is. */
  prepare(scenario: Scenario): Promise<World>;
  createPod(pod: ScenarioPod, scenario: Scenario): Promise<void>;
  createNamespace(namespace: ScenarioNamespace): Promise<void>;
  /** Reads the lane, without the pods that have ended, and opens links to the pods that are new in it. */
  refresh(): Promise<World>;
  /** Takes away all that the scenario brought. */
  restore(scenario: Scenario): Promise<void>;
};

/** Opens a lane of its own with the standing pods, and a link to each. `guests`: see `Cluster.openLane`. */
export const openGround = async (
  cluster: Cluster,
  index: number,
  guests?: readonly string[],
): Promise<Ground> => {
  const lane = await cluster.openLane(index, defaultPods, guests);
  try {
    const { pods } = await lane.world();
    return createGround(lane, await openLinks(lane, pods));
  } catch (error) {
    await lane[Symbol.asyncDispose]();
    throw error;
  }
};

/** Deletes every policy that the lane holds. @throws ClusterError */
export const takePoliciesAway = async (lane: Lane): Promise<void> => {
  const { policies, adminPolicies = [] } = await lane.world();
  await settleAll([...policies, ...adminPolicies].map((policy) => lane.deletePolicy(nameOfPolicy(policy))));
};

const createGround = (lane: Lane, links: Links): Ground => {
  const shortNames = new Map(Object.entries(lane.namespaceNames).map(([short, real]) => [real, short]));
  const rename = (id: string, names: (name: string) => string | undefined): string => {
    const [namespace = '', ...rest] = id.split('/');
    return [names(namespace) ?? namespace, ...rest].join('/');
  };
  const realId = (id: string): string => rename(id, (name) => lane.namespaceNames[name]);
  const shortId = (id: string): string => rename(id, (name) => shortNames.get(name));
  const realName = (id: string): ObjectName => {
    const [namespace = '', name = ''] = realId(id).split('/');
    return { namespace, name };
  };

  // What each pod was last seen to have: a later pod may be given the addresses of one that is gone.
  const known = new Map<string, readonly string[]>();

  const follow = async (world: World): Promise<World> => {
    for (const pod of world.pods) known.set(shortId(idOf(pod)), pod.addresses);
    const pods = world.pods.filter(isRunning);
    await links.refresh(pods);
    return { ...world, pods };
  };

  const refresh = async (): Promise<World> => follow(await lane.world());

  const createPod = async (pod: ScenarioPod, { steps }: Scenario): Promise<void> => {
    const { id, labels, ports, node, addresses, addressesOf } = pod;
    const chosen = addressesOf === undefined ? undefined : (known.get(addressesOf) ?? []);
    const completes = steps.some(({ action }) => action.verb === 'complete' && action.pods.includes(id));
    const special = {
      ...(chosen !== undefined && { addresses: chosen }),
      ...(completes && { completes }),
      ...(pod.hostNetwork && { hostNetwork: pod.hostNetwork }),
      ...(pod.readiness && { readiness: pod.readiness }),
    };
    if (addresses === undefined) await lane.createPod({ ...realName(id), labels, ports, node, ...special });
    else await lane.createExternalHost({ ...realName(id), addresses, ports });
  };

  // Namespaces on their way out, which only those wait for who need the name again.
  const leaving = new Map<string, Promise<void>>();

  const createNamespace = async ({ name, labels }: ScenarioNamespace): Promise<void> => {
    await leaving.get(name);
    leaving.delete(name);
    await lane.createNamespace(realId(name), labels);
  };

  const dismissNamespace = async (name: string): Promise<void> => {
    const { gone } = await lane.deleteNamespace(realId(name));
    gone.catch(() => {});
    leaving.set(name, gone);
  };

  const prepare = async (scenario: Scenario): Promise<World> => {
    const found = await lane.world();
    const relabels = [...standAsWritten(lane, realName, scenario, found), ...cleanNodes(lane, scenario)];
    await settleAll(relabels);
    const guests = scenario.namespaces.filter(({ createdLater }) => !createdLater);
    await settleAll(guests.map(createNamespace));
    const missing = scenario.pods.filter(({ id, createdLater }) => !isStanding(id) && !createdLater);
    await settleAll(missing.map((pod) => createPod(pod, scenario)));
    await settleAll(
      scenario.services.map(({ id, ...service }) => lane.createService({ ...service, ...realName(id) })),
    );
    const isAsFound = relabels.length + guests.length + missing.length + scenario.services.length === 0;
    const world = isAsFound ? await follow(found) : await refresh();
    refuseLeftovers(world);
    return world;
  };

  const restore = async (scenario: Scenario): Promise<void> => {
    const { namespaces, policies, adminPolicies = [], pods, services } = await lane.world();
    const guests = new Set([
      ...namespaces.map(({ name }) => shortId(name)).filter(isGuest),
      ...scenario.namespaces.map(({ name }) => name),
    ]);
    // What is in a namespace that goes goes with it.
    const isOurs = (id: string): boolean => !isStanding(id) && !guests.has(id.split('/')[0] ?? '');
    const hosts = [
      ...pods.filter(({ external }) => external === true).map((pod) => shortId(idOf(pod))),
      ...scenario.pods.filter(({ addresses }) => addresses !== undefined).map(({ id }) => id),
    ];
    // Also what the cluster does not list any more (an evicted pod), and what an earlier scenario could not take away.
    const brought = [
      ...pods.filter(({ external }) => external !== true).map((pod) => shortId(idOf(pod))),
      ...scenario.pods.filter(({ addresses }) => addresses === undefined).map(({ id }) => id),
    ];
    await settleAll([
      ...[...policies, ...adminPolicies].map((policy) => lane.deletePolicy(nameOfPolicy(policy))),
      ...services.map(({ namespace, name }) => lane.deleteService({ namespace, name })),
      ...[...new Set(hosts)].map((id) => lane.deleteExternalHost(realName(id))),
      ...[...new Set(brought)].filter(isOurs).map((id) => lane.deletePod(realName(id))),
      ...[...guests].map(dismissNamespace),
      ...cleanNodes(lane, scenario),
    ]);
    await links.refresh(pods.filter((pod) => isRunning(pod) && isStanding(shortId(idOf(pod)))));
  };

  return {
    lane,
    ...speakByShortNames(links, realId, shortId),
    realName,
    realId,
    shortId,
    prepare,
    createPod,
    createNamespace,
    refresh,
    restore,
    [Symbol.asyncDispose]: async () => {
      await links[Symbol.asyncDispose]();
      await lane[Symbol.asyncDispose]();
    },
  };
};

const isGuest = (name: string): boolean => !(namespaceNames as readonly string[]).includes(name);

/** Links to pods that are asked by their short names, and called by them in answers. */
export const speakByShortNames = (
  links: Links,
  realId: Ground['realId'],
  shortId: Ground['shortId'],
): Pick<Ground, 'prober' | 'teller'> => ({
  prober: {
    probe: async (from, probes) => {
      const observations = await links.probe(realId(from), probes);
      return observations.map(({ answeredBy, ...seen }) =>
        answeredBy === undefined ? seen : { ...seen, answeredBy: shortId(answeredBy) },
      );
    },
  },
  teller: { subscribe: (from, ...asked) => links.subscribe(realId(from), ...asked) },
});

/** The changes under way that give every namespace and standing pod the labels that the scenario begins with. */
const standAsWritten = (
  lane: Lane,
  realName: (id: string) => ObjectName,
  scenario: Scenario,
  { namespaces, pods }: World,
): Promise<void>[] => {
  const labelsOf = new Map(pods.map((pod) => [idOf(pod), pod.labels]));
  const missing = defaultPods.map((pod) => realName(idOf(pod))).filter((real) => !labelsOf.has(idOf(real)));
  if (missing[0] !== undefined)
    throw new ClusterError({
      subject: `standing pod ${idOf(missing[0])} is gone`,
      wanted: 'a pod that nobody removes',
    });
  const relabelPods = defaultPods.flatMap(({ namespace, name }) => {
    const id = `${namespace}/${name}`;
    const real = realName(id);
    const wanted = scenario.pods.find((pod) => pod.id === id)?.labels ?? defaultPodLabels(name);
    return areEqualLabels(labelsOf.get(idOf(real)) ?? {}, wanted) ? [] : [lane.labelPod(real, wanted)];
  });
  const relabelNamespaces = namespaceNames.flatMap((short) => {
    const real = lane.namespaceNames[short] ?? short;
    const wanted = { ...defaultNamespaceLabels(short), [namespaceNameLabel]: real };
    const found = namespaces.find(({ name }) => name === real)?.labels ?? {};
    return areEqualLabels(found, wanted) ? [] : [lane.labelNamespace(real, wanted)];
  });
  return [...relabelPods, ...relabelNamespaces];
};

/** Nodes are shared: only a scenario that labels them takes away what it, or one that was cut off, has put there. */
const cleanNodes = (lane: Lane, scenario: Scenario): Promise<void>[] =>
  labelsNodes(scenario) ? defaultNodes.map((_, node) => lane.labelNode(node, {})) : [];

const areEqualLabels = (one: Labels, other: Labels): boolean => isDeepStrictEqual({ ...one }, { ...other });

const refuseLeftovers = ({ policies, adminPolicies = [], pods }: World): void => {
  const left = [...policies, ...adminPolicies].map(({ kind, metadata: { namespace, name } }) =>
    namespace === undefined ? `${kind} ${name}` : `${namespace}/${name}`,
  );
  if (left.length > 0)
    throw new ClusterError({
      subject: 'the lane holds policies before the first step',
      wanted: 'none',
      got: left.join(', '),
    });
  const homeless = pods.filter(({ addresses }) => addresses.length === 0).map(idOf);
  if (homeless.length > 0)
    throw new ClusterError({ subject: 'pods without an address', got: homeless.join(', ') });
};
