import { availableParallelism } from 'node:os';
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../config.ts';
import { BaselineError, messageOf } from '../errors.ts';
import { addressOf, families, type Family, idOf } from '../kube/world.ts';
import { countOf } from '../report/text.ts';
import { settleAll } from '../wait.ts';
import { defaultPods } from '../scenario/default-world.ts';
import type { CheckContext } from './check.ts';
import { findDomainFlaw } from './cluster-domain.ts';
import { findEchoFlaw } from './echo.ts';
import { openGround, type Ground } from './ground.ts';
import { secondsSince } from './words.ts';

/** The open lanes of a cluster, and what a check needs to know of it. */
export type Lanes = AsyncDisposable & { readonly grounds: readonly Ground[]; readonly context: CheckContext };

/**
 * Opens the lanes of a started cluster. Disposing closes them and stops the cluster.
 * @throws ClusterError where the standing pods do not come up; then everything is undone
 */
export const openLanes = async (
  cluster: Cluster,
  config: LaneOptions,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<Lanes> => {
  const lanes = chooseLanes(cluster, config);
  const grounds: Ground[] = [];
  let common: Family[] = [];
  let echoFlaw: string | undefined;
  let hostFlaw: string | undefined;
  let domainFlaw: string | undefined;
  const close = async (): Promise<void> => {
    try {
      await settleAll(grounds.map(async (ground) => ground[Symbol.asyncDispose]()));
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
  };
  try {
    const began = performance.now();
    log(`starting ${countOf(lanes, 'lane')} of 9 pods`);
    const opened = await Promise.allSettled(
      Array.from({ length: lanes }, (_, index) => openGround(cluster, index, config.guests)),
    );
    for (const result of opened) if (result.status === 'fulfilled') grounds.push(result.value);
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    log(`${countOf(lanes, 'lane')} of 9 pods ready in ${secondsSince(began)}`);
    common = await familiesOf(grounds);
    hostFlaw = await grounds[0]?.lane.hostNetworkFlaw();
    const [asking] = defaultPods.map(idOf);
    if (grounds[0] !== undefined && asking !== undefined) {
      echoFlaw = await findEchoFlaw(grounds[0], asking, common);
      if (cluster.lacks['service-names'] === undefined) domainFlaw = await findDomainFlaw(grounds[0], asking);
    }
  } catch (error) {
    await close().catch((second: unknown) => log(`while cleaning up: ${messageOf(second)}`));
    throw error;
  }
  const context = {
    lacks: {
      ...cluster.lacks,
      ...(echoFlaw !== undefined && { icmp: echoFlaw }),
      ...(domainFlaw !== undefined && { 'cluster-domain': domainFlaw }),
      ...(hostFlaw !== undefined && { 'host-network': hostFlaw }),
    },
    operatePlugin: cluster.operatePlugin,
    outage: cluster.outage,
    families: common,
    patience: { ...patienceFor(cluster, config), signal },
  };
  return { grounds, context, [Symbol.asyncDispose]: close };
};

/**
 * What decides how many lanes are opened: how many the user asked for (0: we choose), and for how many scenarios; and
 * the namespaces that these bring, where they are not the usual ones.
 */
export type LaneOptions = Pick<Config, 'lanes' | 'settleBudgetMs'> & {
  scenarios?: number;
  guests?: readonly string[] | undefined;
};

/** A lane takes as long to open as some scenarios take: fewer than this do not pay for another one. */
const scenariosPerLane = 8;

/** Most of a scenario is waiting, for pods and for silence: two lanes keep a core busy. */
export const chooseLanes = (
  { maximumLanes }: Pick<Cluster, 'maximumLanes'>,
  { lanes, scenarios = Number.POSITIVE_INFINITY }: Pick<LaneOptions, 'lanes' | 'scenarios'>,
): number => {
  const fitting = Math.min(4, 2 * availableParallelism());
  const wanted =
    lanes === 0 ? Math.min(fitting, Math.ceil(scenarios / scenariosPerLane)) : Math.min(lanes, scenarios);
  return Math.max(1, Math.min(maximumLanes, wanted));
};

/** How a cluster is waited for, unless the user says otherwise. */
export const patienceFor = (
  { environment }: Cluster,
  { settleBudgetMs }: Pick<Config, 'settleBudgetMs'>,
): Omit<CheckContext['patience'], 'signal'> =>
  environment.provider === 'lab'
    ? {
        budget: settleBudgetMs || 5000,
        baseline: 15_000,
        hold: 60,
        stillHold: 300,
        atWork: 0,
        firstSilence: 20,
        shortestSilence: 50,
        interval: 20,
        watchInterval: 20,
        errorInterval: 0,
      }
    : {
        budget: settleBudgetMs || 15_000,
        baseline: 30_000,
        hold: 140,
        stillHold: 1000,
        atWork: 0,
        firstSilence: 100,
        shortestSilence: 150,
        interval: 70,
        watchInterval: 40,
        errorInterval: 1100,
      };

/**
 * The families that the pods really have: what the nodes say is not always what the plugin gives.
 * @throws BaselineError where some standing pods have a family and others not: nothing could be said about it
 */
const familiesOf = async (grounds: readonly Ground[]): Promise<Family[]> => {
  const worlds = await Promise.all(grounds.map(({ lane }) => lane.world()));
  const pods = worlds.flatMap((world) => world.pods);
  return families.filter((family) => {
    const without = pods.filter((pod) => addressOf(pod, family) === undefined);
    if (without.length === 0 || without.length === pods.length) return without.length === 0;
    throw new BaselineError({
      subject: `${without.length} of ${pods.length} standing pods have no ${family} address`,
      wanted: 'all of them or none',
      got: `none at ${without.map(idOf).join(', ')}`,
    });
  });
};
