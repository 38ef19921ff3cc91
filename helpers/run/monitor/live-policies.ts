import type { Cluster } from '../../cluster/cluster.ts';
import { ClusterError, UsageError } from '../../errors.ts';
import type { Labels } from '../../kube/types.ts';
import { idOf, isRunning, type Pod, type World } from '../../kube/world.ts';
import { buildMatrix, cellOf, formatProbeKind, type Expectation } from '../../matrix/matrix.ts';
import type { Oracle } from '../../model/oracle.ts';
import type { StepRecord } from '../../report/record.ts';
import { matchesGlob } from '../../system/glob.ts';
import { visitor } from '../../system/wants.ts';
import type { WantedGrid } from '../expected.ts';
import {
  isolatedEnds,
  liveOracle,
  openGroundInPlace,
  proveInPlace,
  type GroundInPlace,
} from '../system/in-place.ts';
import { portsMentioned } from '../known-ports.ts';
import type { Patience } from '../observe.ts';

/** So many pods are stood in for at most: each asks all others at each of their ports. */
const mostPods = 12;

/**
 * Labels that controllers give to each pod, or to each generation of them.
 * @see https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
const generatedLabels = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'controller-uid',
  'batch.kubernetes.io/job-completion-index',
]);

/** A pod as those who write policies know it: one for all that its controller makes. */
type Workload = Pick<Pod, 'namespace' | 'name' | 'labels' | 'ports'> & { id: string };

/**
 * The workloads in the namespaces that these globs name, one pod for each, those of each namespace in turn. Pods of the
 * host network, which no NetworkPolicy holds for, and pods that have ended are left out. Their ports are those that they
 * declare, and as nobody has to, those that Services and policies know of.
 */
export const listWorkloads = (world: World, selectors: readonly string[]): Workload[] => {
  const meant = world.pods.filter(
    (pod) =>
      isRunning(pod) &&
      pod.hostNetwork !== true &&
      // Our own visitor has this name.
      idOf(pod) !== visitor.id &&
      selectors.some((selector) => matchesGlob(selector, pod.namespace)),
  );
  const alike = Map.groupBy(meant, ({ namespace, labels }) =>
    [namespace, ...Object.entries(lastingLabels(labels)).map(String).toSorted()].join(' '),
  );
  const names = new Set<string>();
  const workloads = [...alike.values()].map(([pod]): Workload => {
    const { namespace, labels, ports } = pod!;
    let name = nameOfWorkload(pod!);
    while (names.has(`${namespace}/${name}`)) name += 'x';
    names.add(`${namespace}/${name}`);
    return {
      ...{ id: `${namespace}/${name}`, namespace, name, labels: lastingLabels(labels) },
      ports: distinctPorts([...ports, ...portsMentioned(pod!, world)]),
    };
  });
  const byNamespace = [...Map.groupBy(workloads, ({ namespace }) => namespace).values()];
  return byNamespace
    .flatMap((own) => own.map((workload, turn) => ({ workload, turn })))
    .toSorted((one, other) => one.turn - other.turn)
    .map(({ workload }) => workload);
};

/** Those of all containers of a pod as one container may have them. The agent serves no SCTP. */
const distinctPorts = (ports: Pod['ports']): Pod['ports'] => {
  const served = ports.filter(({ protocol }) => protocol !== 'SCTP');
  const isFirst =
    (key: (port: Pod['ports'][number]) => string | undefined) =>
    (port: Pod['ports'][number], index: number): boolean =>
      key(port) === undefined || served.findIndex((other) => key(other) === key(port)) === index;
  const isNew = isFirst(({ protocol, port }) => `${protocol}/${port}`);
  const isNamed = isFirst(({ name }) => name);
  return served.flatMap((each, index) => {
    const { name: _, ...nameless } = each;
    return isNew(each, index) ? [isNamed(each, index) ? each : nameless] : [];
  });
};

const lastingLabels = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !generatedLabels.has(key)));

/**
 * `dns` of `dns-7c65d6cfc9-x2x4b`, `db` of `db-0`, `agent` of `agent-x2x4b`: what controllers add has no vowels.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
 */
const nameOfWorkload = ({ name, labels }: Pod): string => {
  if (labels['statefulset.kubernetes.io/pod-name'] === name) return name.replace(/-\d+$/, '');
  const stem = name.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}$/, '');
  const hash = `-${labels['pod-template-hash']}`;
  return stem.endsWith(hash) ? stem.slice(0, -hash.length) : stem;
};

/**
 * Probe pods in place for the workloads of these namespaces, and a visitor in a namespace of our own.
 * @throws UsageError where there is no workload, ClusterError; nothing is left behind then
 */
export const standInForWorkloads = async (
  cluster: Cluster,
  selectors: readonly string[],
  note: (line: string) => void,
): Promise<GroundInPlace> => {
  if (cluster.live === undefined)
    throw new ClusterError({ subject: 'no live policies', got: 'the cluster was made for this run' });
  const workloads = listWorkloads(await cluster.live.world(), selectors);
  if (workloads.length === 0)
    throw new UsageError({
      subject: `no pod that policies hold for in a namespace like ${selectors.join(' or ')}`,
      next: '`kubectl get pods --all-namespaces`, and another `--selector`',
    });
  const chosen = workloads.slice(0, mostPods);
  const left = workloads.slice(mostPods);
  note(`standing in for ${chosen.map(({ id }) => id).join(', ')}`);
  if (left.length > 0) note(`and not for ${left.map(({ id }) => id).join(', ')}: ${mostPods} are the most`);
  const silent = chosen.filter(({ ports }) => ports.length === 0);
  if (silent.length > 0)
    note(`nobody asks ${silent.map((workload) => workload.id).join(', ')}: no object tells at which port`);
  const { id, namespace, name } = visitor;
  return openGroundInPlace(cluster, [...chosen, { id, namespace, name, labels: {}, ports: [] }]);
};

/**
 * Proves that everybody reaches everybody else just as the policies say, and gives what they say. What they leave open is
 * not asked, and closed doors of pods that nothing reaches are taken out, as they say nothing.
 * @throws AssertionError where it is not so, ProbeError where that could not be told
 */
export const proveLive = async (
  ground: GroundInPlace,
  patience: Patience,
  records: StepRecord[],
  note: (line: string) => void,
): Promise<WantedGrid[]> => {
  const grids = drawGrids(ground, await liveOracle(ground));
  await proveInPlace(grids, ground, patience, records);
  const isolated = isolatedEnds(records);
  if (isolated.size === 0) return grids;
  note(
    `not watched are closed doors of ${[...isolated].join(', ')}: nothing shows that the network reaches them`,
  );
  return grids.map(({ kind, want }) => {
    const isTold = (id: string): boolean => !isolated.has(`${id} ${formatProbeKind(kind).split(' ')[0]}`);
    const keep = (from: string, to: string): Expectation =>
      cellOf(want, from, to) === 'deny' && !(isTold(from) && isTold(to)) ? 'ignored' : cellOf(want, from, to);
    return { kind, want: buildMatrix(want.rows, want.columns, keep) };
  });
};

const drawGrids = ({ world, families, shortId }: GroundInPlace, oracle: Oracle): WantedGrid[] => {
  const ids = world.pods.map((pod) => shortId(idOf(pod)));
  const doors = world.pods.flatMap((pod) =>
    pod.ports.map(({ protocol, port }) => ({ to: shortId(idOf(pod)), protocol, port })),
  );
  return [...Map.groupBy(doors, ({ protocol, port }) => `${protocol}/${port}`).values()].flatMap((alike) =>
    families.map((family): WantedGrid => {
      const { protocol, port } = alike[0]!;
      const columns = [...new Set(alike.map(({ to }) => to))];
      const want = buildMatrix(ids, columns, (from, to): Expectation => {
        if (from === to) return 'ignored';
        const { verdict } = oracle.explain(from, to, protocol, port, family);
        return verdict === 'undefined' ? 'ignored' : verdict;
      });
      return { kind: { target: 'pod', protocol, port, family }, want };
    }),
  );
};
