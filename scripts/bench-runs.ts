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
 * The lab from nothing: nine pods alone, then with as many lanes as a user gets all hand-drawn scenarios and the cases
 * of Cyclonus' default set.
 */
export const benchLab = async (): Promise<Figure[]> => {
  const alone = await beginRun('lab', 1);
  await alone.session[Symbol.asyncDispose]();
  await using session = (await beginRun('lab', 0)).session;
  const { lanes } = session;
  const drawn = await runAll(session, 'hand-drawn');
  const generated = await runAll(session, 'generated-112');
  return [
    { name: 'lab: from nothing to 9 pods ready', value: alone.readySeconds, limit: 1, unit: 's' },
    { name: 'lab: hand-drawn scenario, median', value: medianSeconds(drawn), limit: 0.3, unit: 's' },
    { name: 'lab: the first 40 hand-drawn scenarios', value: drawn.first40, limit: 12, unit: 's' },
    {
      name: `lab: all ${drawn.records.length} hand-drawn scenarios, ${lanes} lanes`,
      value: drawn.seconds,
      limit: 40,
      unit: 's',
    },
    {
      name: `lab: ${generated.records.length} cases of generated-112, ${lanes} lanes`,
      value: generated.seconds,
      limit: 30,
      unit: 's',
    },
  ];
};

/** A kind cluster from nothing, with as many lanes as a user gets: the same, and one exec a probe beside our streams. */
export const benchKind = async (): Promise<Figure[]> => {
  const run = await beginRun('kind', 0);
  await using session = run.session;
  const { lanes, cluster } = session;
  const drawn = await runAll(session, 'hand-drawn');
  const generated = await runAll(session, 'generated-112');
  return [
    {
      name: 'kind: from nothing to the first verdict',
      value: run.startSeconds + run.readySeconds + drawn.first,
      limit: 60,
      unit: 's',
    },
    { name: `kind: ${lanes} lanes of 9 pods ready`, value: run.readySeconds, limit: 15, unit: 's' },
    {
      name: `kind: all ${drawn.records.length} hand-drawn scenarios, ${lanes} lanes`,
      value: drawn.seconds,
      limit: 90,
      unit: 's',
    },
    {
      name: `kind: ${generated.records.length} cases of generated-112, ${lanes} lanes`,
      value: generated.seconds,
      limit: 60,
      unit: 's',
    },
    ...(await benchStreams(cluster, lanes)),
  ];
};

/** The hand-drawn scenarios on one lane, where nothing runs beside them, and on four, on one cluster after the other. */
export const benchLanes = async (): Promise<Figure[]> => {
  const runWith = async (lanes: number): Promise<Ran & Pick<Run, 'readySeconds'>> => {
    const { readySeconds, session } = await beginRun('kind', lanes);
    await using opened = session;
    return { ...(await runAll(opened, 'hand-drawn')), readySeconds };
  };
  const one = await runWith(1);
  const four = await runWith(4);
  return [
    { name: 'kind: 1 lane of 9 pods ready', value: one.readySeconds, limit: 8, unit: 's' },
    {
      name: 'kind: hand-drawn scenario alone, median',
      value: medianSeconds(one),
      limit: 0.8,
      unit: 's',
    },
    {
      name: `kind: hand-drawn scenarios on 1 lane (${one.seconds.toFixed(1)} s) by 4 lanes (${four.seconds.toFixed(1)} s)`,
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

const runAll = async (session: Session, profile: 'hand-drawn' | 'generated-112'): Promise<Ran> => {
  const { scenarios } = await selectSuite([], { profile, features: [], skip: [] });
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
    `${profile}: ${able.length - red.length} of ${able.length} passed in ${ran.seconds.toFixed(1)} s`,
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
