import type { World } from '../kube/world.ts';
import { cellOf, formatProbeKind, type ProbeKind } from '../matrix/matrix.ts';
import { stretchesOf, type Run, type Window } from '../matrix/timeline.ts';
import type { Watch } from '../probe/monitor.ts';
import type { FlowRecord } from '../report/monitor-record.ts';
import { targetFor, type WantedGrid } from './expected.ts';
import type { Ground } from './ground.ts';

/** A flow under watch, and how the asked pods ask themselves, where no policy reaches. */
export type MonitoredFlow = Omit<FlowRecord, 'stretches'> & { watch: Watch; alive: readonly Watch[] };

/** Whether a monitor can ask for cells of this kind over and over: an echo is a process each, a lookup asks others. */
const isMonitored = ({ target, protocol, traffic }: ProbeKind): boolean =>
  (target === 'pod' || target === 'service') &&
  (protocol === 'TCP' || protocol === 'UDP') &&
  (traffic === undefined || traffic === 'silent');

/**
 * The flows of every cell of TCP and UDP that is wanted open or closed: by new connections, and where it is open also
 * over one that lasts. The world is the one that the grids are about.
 */
export const planFlows = (grids: readonly WantedGrid[], world: World, ground: Ground): MonitoredFlow[] => {
  const selves = new Map<string, Watch>();
  const self = (kind: ProbeKind, { pod, port }: { pod: string; port: number }): Watch => {
    const key = `${kind.family} ${kind.protocol} ${port} ${pod}`;
    const host = kind.family === 'IPv4' ? '127.0.0.1' : '::1';
    const watch = selves.get(key) ?? { from: pod, request: requestOf(kind, host, port) };
    selves.set(key, watch);
    return watch;
  };
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
          const flow = { from, to, probe: formatProbeKind(kind), want: wanted };
          const watch: Watch = {
            from,
            request: requestOf(kind, host, kind.port),
            ...(kind.target === 'pod' && { answerer: ground.realId(to) }),
          };
          const alive = servers(to).map((server) => self(kind, server));
          return [
            { ...flow, connection: 'new', watch, alive },
            ...(wanted === 'allow'
              ? [
                  {
                    ...flow,
                    connection: 'lasting' as const,
                    watch: { ...watch, lives: true as const },
                    alive,
                  },
                ]
              : []),
          ];
        }),
      );
    });
};

/** Each thing that must be asked for these flows, once. */
export const watchesOf = (flows: readonly MonitoredFlow[]): Watch[] => [
  ...new Set(flows.flatMap(({ watch, alive }) => [watch, ...alive])),
];

/** What each flow was over a window, in milliseconds since its begin. */
export const recordFlows = (
  flows: readonly MonitoredFlow[],
  runsOf: (watch: Watch) => readonly Run[],
  window: Window,
): FlowRecord[] =>
  flows.map(({ watch, alive, ...flow }) => ({
    ...flow,
    stretches: stretchesOf(
      flow.want,
      runsOf(watch),
      alive.map((each) => runsOf(each)),
      window,
    ).map((stretch) => ({
      ...stretch,
      from: round(stretch.from - window.from),
      to: round(stretch.to - window.from),
    })),
  }));

const requestOf = ({ protocol, family }: ProbeKind, host: string, port: number): Watch['request'] => ({
  protocol,
  host,
  port,
  family: family === 'IPv4' ? 4 : 6,
});

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
