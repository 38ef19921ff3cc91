import { loadConfig } from '../helpers/config.ts';
import type { Cluster } from '../helpers/cluster/cluster.ts';
import { idOf, type Pod } from '../helpers/kube/world.ts';
import { openLink, type ProbeRequest } from '../helpers/probe/link.ts';
import type { CaseRecord } from '../helpers/report/record.ts';
import { skipReason } from '../helpers/run/skip-reason.ts';
import { openGround } from '../helpers/run/ground.ts';
import { startCluster } from '../helpers/run/providers.ts';
import { selectSuite } from '../helpers/run/selection.ts';
import { createRunName, openSession, type Session } from '../helpers/run/session.ts';
import type { Scenario } from '../helpers/scenario/scenario.ts';

/** One row of BENCHMARKS.md. The limit is a ceiling unless `isFloor`. */
export type Figure = { name: string; value: number; limit: number; unit: string; isFloor?: boolean };

export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const signal = new AbortController().signal;
const settings = { ...loadConfig({}, process.env, undefined), plugin: 'reference' };

/**
 * The lab from nothing: nine pods alone, then with as many lanes as a user gets the scenarios of NetworkPolicy, those of
 * the admin tiers, and the cases of Cyclonus' default set.
 */
export const benchLab = async (): Promise<Figure[]> => {
  const alone = await beginRun('lab', 1);
  await alone.session[Symbol.asyncDispose]();
  await using session = (await beginRun('lab', 0)).session;
  const { lanes } = session;
  const drawn = await runAll(session, 'network-policy');
  const admin = await runAll(session, 'admin');
  const generated = await runAll(session, 'generated-112');
  return [
    { name: 'lab: from nothing to 9 pods ready', value: alone.readySeconds, limit: 1, unit: 's' },
    { name: 'lab: scenario of NetworkPolicy, median', value: medianSeconds(drawn), limit: 0.3, unit: 's' },
    { name: 'lab: the first 40 scenarios of NetworkPolicy', value: drawn.first40, limit: 12, unit: 's' },
    suiteFigure(`lab: all # scenarios of NetworkPolicy, ${lanes} lanes`, drawn, 30),
    suiteFigure(`lab: all # scenarios of the admin tiers, ${lanes} lanes`, admin, 30),
    suiteFigure(`lab: # cases of generated-112, ${lanes} lanes`, generated, 30),
  ];
};

/** A kind cluster from nothing, with as many lanes as a user gets: the same, and one exec a probe beside our streams. */
export const benchKind = async (): Promise<Figure[]> => {
  const run = await beginRun('kind', 0);
  await using session = run.session;
  const { lanes, cluster } = session;
  const drawn = await runAll(session, 'network-policy');
  const admin = await runAll(session, 'admin');
  const generated = await runAll(session, 'generated-112');
  return [
    {
      name: 'kind: from nothing to the first verdict',
      value: run.startSeconds + run.readySeconds + drawn.first,
      limit: 60,
      unit: 's',
    },
    { name: `kind: ${lanes} lanes of 9 pods ready`, value: run.readySeconds, limit: 15, unit: 's' },
    suiteFigure(`kind: all # scenarios of NetworkPolicy, ${lanes} lanes`, drawn, 90),
    suiteFigure(`kind: all # scenarios of the admin tiers, ${lanes} lanes`, admin, 90),
    suiteFigure(`kind: # cases of generated-112, ${lanes} lanes`, generated, 60),
    ...(await benchStreams(cluster, lanes)),
  ];
};

/** The scenarios of NetworkPolicy on one lane, where nothing runs beside them, and on four, on one cluster after the other. */
export const benchLanes = async (): Promise<Figure[]> => {
  const runWith = async (lanes: number): Promise<Ran & Pick<Run, 'readySeconds'>> => {
    const { readySeconds, session } = await beginRun('kind', lanes);
    await using opened = session;
    return { ...(await runAll(opened, 'network-policy')), readySeconds };
  };
  const one = await runWith(1);
  const four = await runWith(4);
  return [
    { name: 'kind: 1 lane of 9 pods ready', value: one.readySeconds, limit: 8, unit: 's' },
    {
      name: 'kind: scenario of NetworkPolicy alone, median',
      value: medianSeconds(one),
      limit: 0.8,
      unit: 's',
    },
    {
      name: `kind: scenarios of NetworkPolicy on 1 lane (${one.seconds.toFixed(1)} s) by 4 lanes (${four.seconds.toFixed(1)} s)`,
      value: one.seconds / four.seconds,
      limit: 2.5,
      unit: 'times',
      isFloor: true,
    },
  ];
};

const medianSeconds = ({ records }: Ran): number =>
  median(records.map(({ durationMs }) => durationMs)) / 1000;

type Run = { session: Session; startSeconds: number; readySeconds: number };

const beginRun = async (provider: 'lab' | 'kind', lanes: number): Promise<Run> => {
  const config = { ...settings, provider, lanes };
  const begin = performance.now();
  const cluster = await startCluster(provider, config, { run: createRunName(), log: () => {}, signal });
  const started = performance.now();
  const session = await openSession(cluster, config, () => {});
  const ready = performance.now();
  return provider === 'lab'
    ? { session, startSeconds: 0, readySeconds: (ready - begin) / 1000 }
    : { session, startSeconds: (started - begin) / 1000, readySeconds: (ready - started) / 1000 };
};

type Ran = { records: CaseRecord[]; seconds: number; first: number; first40: number };

/** A row whose `#` is how many ran. */
const suiteFigure = (name: string, { records, seconds }: Ran, limit: number): Figure => ({
  name: name.replace('#', String(records.length)),
  value: seconds,
  limit,
  unit: 's',
});

const runAll = async (session: Session, what: 'network-policy' | 'admin' | 'generated-112'): Promise<Ran> => {
  const isGenerated = what === 'generated-112';
  const { scenarios } = await selectSuite(isGenerated ? [] : [what], {
    profile: isGenerated ? what : 'hand-drawn',
    features: [],
    skip: [],
  });
  const able = scenarios.filter((scenario: Scenario) => skipReason(scenario, session.context) === undefined);
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  session.schedule(able);
  const ran: Ran = { records: [], seconds: 0, first: 0, first40: 0 };
  for (const scenario of able) {
    ran.records.push((await session.result(scenario)).record);
    if (ran.records.length === 1) ran.first = since();
    if (ran.records.length === 40) ran.first40 = since();
  }
  ran.seconds = since();
  const red = ran.records.filter(({ status }) => status !== 'pass');
  console.error(
    `${what}: ${able.length - red.length} of ${able.length} passed in ${ran.seconds.toFixed(1)} s`,
  );
  for (const { name, status, message } of red) console.error(`${status} ${name}\n${message}`);
  return ran;
};

/** 72 TCP probes among nine pods: one open stream a pod as we do it, and one exec a probe as other suites do. */
const benchStreams = async (cluster: Cluster, index: number): Promise<Figure[]> => {
  await using ground = await openGround(cluster, index);
  const { pods } = await ground.refresh();
  const request = ({ addresses: [host = ''] }: Pod): ProbeRequest => ({
    protocol: 'TCP',
    host,
    port: 80,
    deadline: 2000,
  });
  const rows = pods.map((from) => ({
    from: idOf(from),
    probes: pods.filter((to) => to !== from).map(request),
  }));
  const sweepAll = async (): Promise<number> => {
    const began = performance.now();
    await Promise.all(rows.map(({ from, probes }) => ground.prober.probe(from, probes)));
    return performance.now() - began;
  };
  const ours: number[] = [];
  for (let round = 0; round < 9; round += 1) ours.push(await sweepAll());

  const began = performance.now();
  const each = rows.flatMap(({ from, probes }) => probes.map((probe) => ({ from, probe })));
  // Three at a time: more are slower, as the Kubernetes e2e tests found (kubernetes/kubernetes#97690).
  const worker = async (): Promise<void> => {
    for (let next = each.shift(); next !== undefined; next = each.shift()) {
      const { namespace, name } = ground.realName(next.from);
      await using link = openLink(() => ground.lane.connect({ namespace, name }), next.from);
      await link.probe([next.probe]);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  const theirs = performance.now() - began;
  return [
    {
      name: 'kind: 72 probes by nine streams, beside one exec a probe',
      value: median(ours),
      limit: theirs,
      unit: 'ms',
    },
  ];
};
