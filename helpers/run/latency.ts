import { BaselineError, ClusterError, ProbeError } from '../errors.ts';
import { idOf, nameOfPolicy, type Family, type Pod } from '../kube/world.ts';
import { transitionOf, type Transition } from '../matrix/transition.ts';
import { now } from '../probe/clock.ts';
import { startMonitor, type Monitor, type Teller, type Watch } from '../probe/monitor.ts';
import { openLinks } from '../probe/pods.ts';
import type { StepRecord } from '../report/record.ts';
import { defaultPodLabels, defaultPorts } from '../scenario/default-world.ts';
import { buildPolicy, withLabel, type PolicyParts } from '../scenario/generated-case.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { poll } from '../wait.ts';
import type { CheckContext } from './check.ts';
import type { Ground } from './ground.ts';
import { round } from './judge.ts';
import { gatherCrowd } from './latency-crowd.ts';
import {
  askItself,
  flowsTo,
  hold,
  promptness,
  waitUntilWanted,
  wasLate,
  type Want,
} from './latency-watch.ts';

/** Between two probes of a flow, in milliseconds: the resolution of what is measured. */
const interval = 5;
/** How often each change of an object is made, and each start of a pod. */
const changes = 10;
const starts = 5;
/** How long the last probes may take to be told, in milliseconds. */
const grace = 3_000;
/** Who asks: one on the node of `target`, and one on another. */
const askers = ['y/a', 'x/c'] as const;
const target = 'x/b';
const late = 'x/late';

type Place = { ground: Ground; context: CheckContext; records: StepRecord[] };

/**
 * Measures on a lane how long it takes, beside so many policies and pods that have nothing to do with it, until the plugin does
 * what a change of an object says: each flow is probed every 5 ms. `records` gets a step for each change. Like kube-burner's
 * `minReady` and `Ready`, `firstMs` is when the first flow was as wanted, and `settleMs` when all were, for good; they count
 * from when the cluster accepted the change, and for a pod that starts from when it was told its address.
 * @see https://kube-burner.github.io/kube-burner/latest/measurements/#network-policy-latency
 * @throws AssertionError where the plugin does not do it within the settle budget, BaselineError, ClusterError, ProbeError
 */
export const measureLatency = async (
  { load = { policies: 0, pods: 0 } }: Pick<Scenario, 'load'>,
  ground: Ground,
  context: CheckContext,
  records: StepRecord[],
): Promise<void> => {
  const { signal } = context.patience;
  await using _ = await gatherCrowd(load, ground, signal);
  const place = { ground, context, records };
  await measureChanges(place);
  await measureStarts(place);
};

const measureChanges = async ({ ground, context, records }: Place): Promise<void> => {
  const { lane, realName, realId, teller } = ground;
  const namespace = realId('x');
  const found = (await lane.world()).pods.find((pod) => idOf(pod) === realId(target));
  if (found === undefined) throw new ClusterError({ subject: `the pod ${target} is gone` });
  const flows = askersOf(found, context.families);
  const selves = [target, ...askers].map(askItself);
  const isolate = buildPolicy({
    name: 'isolate',
    namespace,
    podSelector: withLabel('pod', 'b'),
    ingress: [],
  });
  const labelled = withLabel('isolated', 'yes');
  await lane.applyPolicy(buildPolicy({ name: 'labelled', namespace, podSelector: labelled, ingress: [] }));
  const labels = defaultPodLabels('b');
  const cycle: [string, Want, () => Promise<void>][] = [
    ['apply policy', 'deny', () => lane.applyPolicy(isolate)],
    ['delete policy', 'allow', () => lane.deletePolicy(nameOfPolicy(isolate))],
    ['label pod', 'deny', () => lane.labelPod(realName(target), { ...labels, isolated: 'yes' })],
    ['unlabel pod', 'allow', () => lane.labelPod(realName(target), labels)],
  ];
  using monitor = await startMonitor(teller, [...flows, ...selves], { interval });
  await settleIn(monitor, flows, context);
  let told = 0;
  for (let time = 0; time < changes; time += 1)
    for (const [action, want, change] of cycle) {
      const from = now();
      await change();
      const accepted = now();
      const transitions = await waitUntilWanted(
        { action, want, since: accepted, flows, selves },
        monitor,
        context,
      );
      // The silence of a pod that has no processor is no denial.
      if (selves.some((self) => wasLate(self, monitor, from))) continue;
      told += 1;
      records.push(recordTransitions(action, want, transitions));
    }
  await monitor.stop(grace);
  if (told < (changes * cycle.length) / 2)
    throw new ProbeError({
      subject: `only ${told} of ${changes * cycle.length} changes could be timed`,
      wanted: `pods that answer themselves within ${promptness} ms`,
      next: 'run it again where less else runs',
    });
};

const settleIn = async (
  monitor: Monitor,
  flows: readonly Watch[],
  { patience: { baseline, signal } }: CheckContext,
): Promise<void> => {
  const since = now();
  const areOpen = async (): Promise<true | undefined> =>
    flows.every((flow) => transitionOf('allow', monitor.runsOf(flow), since, hold) !== undefined) ||
    undefined;
  const failure = (): Error =>
    new BaselineError({
      subject: `${target} is not open before any policy isolates it`,
      next: 'look for other policies, a firewall or a second engine on this cluster',
    });
  await poll(areOpen, { deadline: baseline, interval: 20, signal, failure });
};

/**
 * Pods that a policy isolates or admits already when they start. Nobody can ask before the address is told, and the pod itself
 * not before its agent answers us: the resolution of each step says how late that was.
 */
const measureStarts = async (place: Place): Promise<void> => {
  const { lane, realId } = place.ground;
  const roles: [string, Want, Partial<PolicyParts>][] = [
    ['isolated', 'deny', { ingress: [], egress: [] }],
    ['admitted', 'allow', { ingress: [{ peers: [{ namespaceSelector: {} }] }] }],
  ];
  for (const [role, want, rules] of roles) {
    const podSelector = withLabel('role', role);
    await lane.applyPolicy(buildPolicy({ name: role, namespace: realId('x'), podSelector, ...rules }));
    for (let time = 0; time < starts; time += 1)
      try {
        await startPod(role, want, place);
      } finally {
        await lane.deletePod(place.ground.realName(late));
      }
  }
};

const startPod = async (role: string, want: Want, { ground, context, records }: Place): Promise<void> => {
  const { lane, realName, realId, teller } = ground;
  const { signal } = context.patience;
  const labels = { ...defaultPodLabels('late'), role };
  const creating = lane.createPod({ ...realName(late), labels, ports: [...defaultPorts], node: 1 });
  creating.catch(() => {});
  const hasAddress = async (): Promise<Pod | undefined> =>
    (await lane.world()).pods.find((pod) => idOf(pod) === realId(late) && pod.addresses.length > 0);
  const failure = async (): Promise<Error> => {
    await creating;
    return new ClusterError({ subject: `the pod ${late} has no address a minute after it was created` });
  };
  const pod = await poll(hasAddress, { deadline: 60_000, interval: 10, signal, failure });
  const since = now();
  const measure = async (action: string, flows: readonly Watch[], from: Teller): Promise<void> => {
    const selves = [...new Set(flows.map(({ from }) => from))].map(askItself);
    using monitor = await startMonitor(from, [...flows, ...selves], { interval });
    await creating;
    const transitions = await waitUntilWanted({ action, want, since, flows, selves }, monitor, context);
    await monitor.stop(grace);
    records.push(recordTransitions(action, want, transitions));
  };
  const reachOut = async (): Promise<void> => {
    await creating;
    await using links = await openLinks(lane, [pod]);
    const asked = (await lane.world()).pods.find((pod) => idOf(pod) === realId('x/c'));
    const flows = asked === undefined ? [] : flowsTo(asked, [idOf(pod)], context.families);
    await measure(`start ${role} pod, reaching out`, flows, links);
  };
  await Promise.all([
    measure(`start ${role} pod`, askersOf(pod, context.families), teller),
    ...(want === 'deny' ? [reachOut()] : []),
  ]);
};

const askersOf = (pod: Pod, families: readonly Family[]): Watch[] => flowsTo(pod, askers, families);

const recordTransitions = (action: string, want: Want, transitions: readonly Transition[]): StepRecord => ({
  action,
  line: 1,
  settleMs: { [want]: round(Math.max(...transitions.map(({ stable }) => stable))) },
  firstMs: { [want]: round(Math.min(...transitions.map(({ first }) => first))) },
  resolutionMs: round(Math.max(...transitions.map(({ resolution }) => resolution))),
  rounds: 0,
  retries: 0,
  grids: [],
});
