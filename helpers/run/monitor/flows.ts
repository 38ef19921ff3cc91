import { idOf, type Pod, type World } from '../../kube/world.ts';
import { cellOf, formatProbeKind, type ProbeKind } from '../../matrix/matrix.ts';
import { stretchesOf, type Run, type Window } from '../../matrix/timeline.ts';
import { now } from '../../probe/clock.ts';
import { startMonitor, type Monitor, type Watch } from '../../probe/monitor.ts';
import type { FlowRecord } from '../../report/monitor-record.ts';
import { targetFor, type WantedGrid } from '../expected.ts';
import type { Ground } from '../ground.ts';
import { round } from '../words.ts';

/** A flow under watch, and how the pods at its ends ask themselves, where no policy reaches. */
export type MonitoredFlow = Omit<FlowRecord, 'stretches'> & {
  timing: Timing;
  watch: Watch;
  alive: readonly Watch[];
};

/**
 * In milliseconds: silence for so long is a drop; and where pods at both ends answer themselves so promptly, an exchange
 * takes no longer than that. A closed port needs no pod that has time: the kernel answers for it. TCP repeats after
 * 200 ms what was lost of a connection that lasts, and after a second what should open one.
 */
const timings = {
  datagram: { silence: 2000, promptness: 900, exchange: 1800 },
  handshake: { silence: 900, promptness: 900, exchange: 0 },
  answer: { silence: 900, promptness: 400, exchange: 800 },
  stream: { silence: 190, promptness: 90, exchange: 180 },
} as const;

type Timing = (typeof timings)[keyof typeof timings];

const timingOf = ({ protocol }: ProbeKind, want: string, connection: FlowRecord['connection']): Timing => {
  if (protocol === 'UDP') return timings.datagram;
  if (connection === 'lasting') return timings.stream;
  return want === 'deny' ? timings.handshake : timings.answer;
};

/** The longest that a probe is waited for, in milliseconds. */
export const longestSilence = timings.datagram.silence;
const grades = [...new Set(Object.values(timings).map(({ promptness }) => promptness))].toSorted(
  (a, b) => a - b,
);

/** What was never open cannot last. */
const connections = { allow: ['new', 'lasting'], deny: ['new'] } as const;

/** Whether a monitor can ask for cells of this kind over and over: an echo is a process each, a lookup asks others. */
const isMonitored = ({ target, protocol, traffic }: ProbeKind): boolean =>
  (target === 'pod' || target === 'service') &&
  (protocol === 'TCP' || protocol === 'UDP') &&
  (traffic === undefined || traffic === 'silent');

/**
 * The flows of every cell of TCP and UDP that is wanted open or closed: by new connections, and where it is open also
 * over one that lasts. The world is the one that the grids are about.
 */
export const planFlows = (
  grids: readonly WantedGrid[],
  world: World,
  ground: Pick<Ground, 'realId' | 'shortId'>,
): MonitoredFlow[] => {
  const selves = new Map(world.pods.map((pod) => [ground.shortId(idOf(pod)), askItself(pod, ground)]));
  return grids
    .filter(({ kind }) => isMonitored(kind))
    .flatMap((grid) => {
      const { kind, want } = grid;
      const { hostOf, servers } = targetFor(grid, world, ground);
      return want.rows.flatMap((from) =>
        want.columns.flatMap((to): MonitoredFlow[] => {
          const wanted = cellOf(want, from, to);
          const host = hostOf(from, to);
          if ((wanted !== 'allow' && wanted !== 'deny') || host === undefined) return [];
          const ends = [...new Set([from, ...servers(to).map(({ pod }) => pod)])];
          return connections[wanted].map((connection) => {
            const timing = timingOf(kind, wanted, connection);
            return {
              ...{ from, to, probe: formatProbeKind(kind), want: wanted, connection, timing },
              watch: {
                from,
                request: requestOf(kind, host, timing),
                ...(kind.target === 'pod' && { answerer: ground.realId(to) }),
                ...(connection === 'lasting' && { lives: true }),
              },
              alive: ends.flatMap(
                (pod) => selves.get(pod)?.[kind.protocol === 'UDP' ? 'ofUDP' : 'ofTCP'] ?? [],
              ),
            };
          });
        }),
      );
    });
};

/** Flows under watch. Disposing ends it at once. */
export type FlowWatch = Disposable & {
  /** When it began, by our clock; see `now`. */
  from: number;
  /** What each flow was until then. What was sent in the last second may not be told yet, but after `stop`. */
  flowsUntil(to: number): FlowRecord[];
  /** Sends no more probes, and resolves when the last have told. */
  stop(): Promise<void>;
  clocks: Monitor['clocks'];
};

/** How long the last probes may take to be told, in milliseconds. */
const grace = longestSilence + 3_000;

/**
 * Probes each of these flows at each interval. Pods ask themselves until the last probe of a flow has told: of a silence
 * nothing is known but by how they fare until it ends.
 * @throws ProbeError where a pod does not begin
 */
export const watchFlows = async (
  flows: readonly MonitoredFlow[],
  { teller }: Pick<Ground, 'teller'>,
  interval: number,
): Promise<FlowWatch> => {
  using stack = new DisposableStack();
  const start = async (watches: readonly Watch[]): Promise<Monitor> =>
    stack.use(await startMonitor(teller, watches, { interval }));
  // Each thing that must be asked, once.
  const selves = await start([...new Set(flows.flatMap(({ alive }) => alive))]);
  const probes = await start(flows.map(({ watch }) => watch));
  const owned = stack.move();
  const from = now();
  let aliveUntil: number | undefined;
  return {
    from,
    flowsUntil: (to) =>
      recordFlows(flows, probes.runsOf, selves.runsOf, { from, to, interval, aliveUntil: aliveUntil ?? to }),
    stop: async () => {
      await probes.stop(grace);
      aliveUntil = now();
      await selves.stop(grace);
    },
    clocks: probes.clocks,
    [Symbol.dispose]: () => owned.dispose(),
  };
};

/** What each flow was over a window, in milliseconds since its begin. */
const recordFlows = (
  flows: readonly MonitoredFlow[],
  runsOf: Monitor['runsOf'],
  runsOfSelf: Monitor['runsOf'],
  window: Omit<Window, keyof Timing>,
): FlowRecord[] =>
  flows.map(({ watch, alive, timing, ...flow }) => ({
    ...flow,
    stretches: stretchesOf(
      flow.want,
      runsOf(watch),
      alive.map((each) => gradeRuns(runsOfSelf(each), timing)),
      { ...window, ...timing },
    ).map((stretch) => ({
      ...stretch,
      from: round(stretch.from - window.from),
      to: round(stretch.to - window.from),
    })),
  }));

/** How a pod asks itself for the sake of flows of either protocol: those of UDP need to know of datagrams without room. */
const askItself = (
  pod: Pod,
  ground: Pick<Ground, 'shortId'>,
): Record<'ofTCP' | 'ofUDP', Watch> | undefined => {
  const [port] = pod.ports;
  if (port === undefined) return undefined;
  const request = requestOf({ ...port, family: 'IPv4' }, '127.0.0.1', timings.datagram);
  const ofTCP: Watch = { from: ground.shortId(idOf(pod)), request, lives: true, grades };
  const datagrams = pod.ports.filter(({ protocol }) => protocol === 'UDP').map((each) => each.port);
  return { ofTCP, ofUDP: datagrams.length === 0 ? ofTCP : { ...ofTCP, datagrams } };
};

/** The runs of a pod that asks itself, with errors where it took longer than it may. */
const gradeRuns = (runs: readonly Run[], { promptness }: Timing): Run[] =>
  runs.map((run) =>
    run.outcome === 'connected' && !isPrompt(run, promptness) ? { ...run, outcome: 'error' } : run,
  );

/** Whether a pod that asked itself had its answers within so many milliseconds, one of the grades of the watch. */
export const isPrompt = ({ outcome, detail }: Run, promptness: number): boolean =>
  outcome === 'connected' && Number(detail) <= promptness;

/** What is asked over and over; after so many milliseconds of silence it was dropped. */
export const requestOf = (
  { protocol, port, family }: Pick<ProbeKind, 'protocol' | 'port' | 'family'>,
  host: string,
  { silence }: { silence: number },
): Watch['request'] => ({
  protocol,
  host,
  port,
  family: family === 'IPv4' ? 4 : 6,
  deadline: silence,
});
