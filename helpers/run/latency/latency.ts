import { AssertionError } from 'chai';
import { BaselineError, ClusterError, ProbeError } from '../../errors.ts';
import { addressOf, nameOfPolicy, type Pod } from '../../kube/world.ts';
import type { Transition, Want } from '../../matrix/transition.ts';
import { now } from '../../probe/clock.ts';
import { startMonitor, type Monitor } from '../../probe/monitor.ts';
import { openLinks } from '../../probe/pods.ts';
import type { StepRecord } from '../../report/record.ts';
import { defaultPodLabels, defaultPorts } from '../../scenario/default-world.ts';
import { buildPolicy, withLabel, type PolicyParts } from '../../scenario/generated-case.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { poll, thenClean } from '../../wait.ts';
import type { CheckContext } from '../check.ts';
import { findPod } from '../find-pod.ts';
import type { Ground } from '../ground.ts';
import { gatherCrowd } from './crowd.ts';
import { askItself, flowsTo, waitUntilWanted, wasLate, type Demand, type WatchedFlows } from './watch.ts';
import { round } from '../words.ts';

/** Between two probes of a flow, in milliseconds: what is measured is known to little more. */
const interval = 5;
/** How often each change of an object is made, and each start of a pod. */
const changes = 10;
const starts = 5;
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
  const place = { ground, context, records };
  const disperse = await gatherCrowd(load, ground, context.patience.signal);
  await thenClean(async () => {
    await measureChanges(place);
    await measureStarts(place);
  }, disperse);
};

const measureChanges = async ({ ground, context, records }: Place): Promise<void> => {
  const { lane, realName, realId } = ground;
  const flows = flowsTo(await findPod(target, ground), askers, context.families);
  const selves = [target, ...askers].map(askItself);
  const isolate = policyOf(ground, 'isolate', { podSelector: withLabel('pod', 'b'), ingress: [] });
  const labels = defaultPodLabels('b');
  await lane.applyPolicy(
    policyOf(ground, 'labelled', { podSelector: withLabel('isolated', 'yes'), ingress: [] }),
  );
  const cycle: [string, Want, () => Promise<void>][] = [
    ['apply policy', 'deny', () => lane.applyPolicy(isolate)],
    ['delete policy', 'allow', () => lane.deletePolicy(nameOfPolicy(isolate))],
    ['label pod', 'deny', () => lane.labelPod(realName(target), { ...labels, isolated: 'yes' })],
    ['unlabel pod', 'allow', () => lane.labelPod(realName(target), labels)],
  ];
  using monitor = await startMonitor(ground.teller, [...flows, ...selves], { interval });
  const watched = { flows, selves, monitor };
  await proveOpen(`${target} before any policy isolates it`, now(), watched, context);
  for (let time = 0; time < changes; time += 1)
    for (const [action, want, change] of cycle) {
      const from = now();
      await change();
      const transitions = await waitUntilWanted({ action, want, since: now() }, watched, context);
      // The silence of a pod that has no processor is no denial.
      if (selves.some((self) => wasLate(self, monitor, from))) continue;
      records.push(recordTransitions(action, want, transitions, monitor));
    }
  for (const [action] of cycle) {
    const timed = records.filter((step) => step.action === action).length;
    if (timed < changes / 2)
      throw new ProbeError({
        subject: `${action}: only ${timed} of ${changes} could be timed`,
        wanted: `pods that answer themselves in time: ${realId(target)} and who asks it`,
        next: 'run it again where less else runs',
      });
  }
};

/**
 * Pods that a policy isolates or admits already when they start, from when their address is told, so that their own start is
 * in the time of those that are admitted. Nobody can ask them before, and they ask nobody before their agent answers us: the
 * resolution of each step says how late that was.
 */
const measureStarts = async (place: Place): Promise<void> => {
  const roles: [string, Want, Partial<PolicyParts>][] = [
    ['isolated', 'deny', { ingress: [], egress: [] }],
    ['admitted', 'allow', { ingress: [{ peers: [{ namespaceSelector: {} }] }] }],
  ];
  for (const [role, want, rules] of roles) {
    // The first pod is there to show that the plugin knows the policy.
    for (let time = 0; time <= starts; time += 1)
      await startPod({ role, want, rules }, time === 0 ? { ...place, records: [] } : place);
  }
};

const startPod = async (
  { role, want, rules }: { role: string; want: Want; rules: Partial<PolicyParts> },
  { ground, context, records }: Place,
): Promise<void> => {
  const { lane, realName, realId, teller } = ground;
  const policy = policyOf(ground, role, { podSelector: withLabel('role', role), ...rules });
  await lane.applyPolicy(policy);
  const labels = { ...defaultPodLabels('late'), role };
  const creating = lane.createPod({ ...realName(late), labels, ports: [...defaultPorts], node: 1 });
  creating.catch(() => {});
  const work = async (): Promise<void> => {
    const { pod, since, unseen } = await waitForAddress(creating, ground, context);
    const asking = askers.map(askItself);
    const inward = flowsTo(pod, askers, context.families);
    using monitor = await startMonitor(teller, [...inward, ...asking], { interval });
    await creating;
    const due = now();
    await using links = await openLinks(lane, [pod]);
    const outward = flowsTo(await findPod(askers[1], ground), [realId(late)], context.families);
    const own = [askItself(realId(late))];
    using ownMonitor = await startMonitor(links, [...outward, ...own], { interval });
    const watched: [string, WatchedFlows][] = [
      ['', { flows: inward, selves: asking, monitor }],
      [', reaching out', { flows: outward, selves: own, monitor: ownMonitor }],
    ];
    for (const [suffix, each] of want === 'deny' ? watched : watched.slice(0, 1)) {
      const action = `start ${role} pod${suffix}`;
      const transitions = await waitUntilWanted({ action, want, since, due }, each, context);
      records.push(recordTransitions(action, want, transitions, each.monitor, unseen));
    }
    if (want === 'allow') return;
    // A denial of what was never open would prove nothing.
    await lane.deletePolicy(nameOfPolicy(policy));
    const opened = now();
    for (const [suffix, each] of watched)
      await proveOpen(`${late}${suffix}, when no policy isolates it any more`, opened, each, context);
    await lane.applyPolicy(policy);
    const closed: Demand = { action: `isolate ${late} again`, want, since: now() };
    for (const [, each] of watched) await waitUntilWanted(closed, each, context);
  };
  await thenClean(work, async () => {
    await creating.catch(() => {});
    await lane.deletePod(realName(late));
  });
};

/** `unseen`: for how long at most the address may have been told before we saw it, in milliseconds. */
const waitForAddress = async (
  creating: Promise<void>,
  { lane, realName }: Ground,
  { families, patience: { signal } }: CheckContext,
): Promise<{ pod: Pod; since: number; unseen: number }> => {
  let asked = now();
  let before = asked;
  const read = async (): Promise<Pod | undefined> => {
    [before, asked] = [asked, now()];
    const pod = await lane.readPod(realName(late));
    return pod !== undefined && families.every((family) => addressOf(pod, family) !== undefined)
      ? pod
      : undefined;
  };
  const failure = async (): Promise<Error> => {
    await creating;
    return new ClusterError({ subject: `the pod ${late} has no address a minute after it was created` });
  };
  const pod = await poll(read, { deadline: 60_000, interval, signal, failure });
  const since = now();
  return { pod, since, unseen: since - before };
};

/** @throws BaselineError where they are not open */
const proveOpen = async (
  what: string,
  since: number,
  watched: WatchedFlows,
  context: CheckContext,
): Promise<void> => {
  try {
    await waitUntilWanted({ action: what, want: 'allow', since }, watched, context);
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    throw new BaselineError({
      subject: `${what}: not open`,
      got: error.message,
      next: 'look for other policies, a firewall or a second engine on this cluster',
    });
  }
};

const policyOf = (
  { realId }: Pick<Ground, 'realId'>,
  name: string,
  parts: Pick<PolicyParts, 'podSelector'> & Partial<PolicyParts>,
) => buildPolicy({ name, namespace: realId('x'), ...parts });

/** `unseen`: what may be added to what is not known, in milliseconds. */
const recordTransitions = (
  action: string,
  want: Want,
  transitions: readonly Transition[],
  monitor: Monitor,
  unseen = 0,
): StepRecord => {
  const ofClocks = [...monitor.clocks().values()].map(({ uncertaintyMs }) => uncertaintyMs);
  const resolution = Math.max(...transitions.map(({ resolution }) => resolution));
  return {
    action,
    line: 1,
    settleMs: { [want]: round(Math.max(...transitions.map(({ stable }) => stable))) },
    firstMs: { [want]: round(Math.min(...transitions.map(({ first }) => first))) },
    resolutionMs: round(resolution + unseen + Math.max(0, ...ofClocks)),
    rounds: 0,
    retries: 0,
    grids: [],
  };
};
