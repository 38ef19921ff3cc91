import { UsageError } from '../../errors.ts';
import { idOf, type World } from '../../kube/world.ts';
import { createOracle, type Oracle } from '../../model/oracle.ts';
import type { Verdict } from '../../model/reason.ts';
import { countOf, formatRows, wrap } from '../../report/text.ts';
import { askAlike, cellsBetween, namePorts, type Asked, type GroupCell } from './cells.ts';
import type { ExplainInput } from './input.ts';

/** What is said to all cells of one pair of groups. */
type Answer = { other: Asked; cells: (GroupCell & { verdict: Verdict })[] };

const width = 100;

/** Who reaches this pod, and whom it reaches, by port; whole namespaces by their names. @throws UsageError */
export const explainPod = ({ world }: ExplainInput, id: string, isJson: boolean): string => {
  const pod = world.pods.find((each) => idOf(each) === id && each.addresses.length > 0);
  if (pod === undefined)
    throw new UsageError({
      subject: `\`--pod\`: no pod \`${id}\` with an address`,
      wanted: 'NAMESPACE/POD',
      next: 'kubectl get pods --all-namespaces',
    });
  // The first of those that are alike speaks for them.
  const { groups, pods } = askAlike([
    { ...world, pods: [pod, ...world.pods.filter((each) => each !== pod)] },
  ]);
  const oracle = createOracle({ ...world, pods });
  const [own, ...others] = groups as [Asked, ...Asked[]];
  const answersOf = (cellsWith: (other: Asked) => Iterable<GroupCell>): Answer[] =>
    [own, ...others].map((other) => ({
      other,
      cells: [...cellsWith(other)].map((cell) => judge(oracle, cell)),
    }));
  const incoming = answersOf((other) => cellsBetween(other, own));
  const outgoing = answersOf((other) => cellsBetween(own, other));
  if (isJson)
    return JSON.stringify({ pod: id, reachedBy: listCells(incoming, id), reaches: listCells(outgoing, id) });
  const crowd = countPods(world, id);
  return [
    `who reaches ${id}`,
    ...formatRows(byPort(incoming, own, crowd, id), width, 2),
    '',
    `whom ${id} reaches`,
    ...formatRows(byTarget(outgoing, crowd, id), width, 2),
    '',
    ...wrap(
      'of these pods, at the ports that are declared, or known to a Service or a policy, and at one that stands for all others',
      width,
      '',
      2,
    ),
  ].join('\n');
};

const judge = (oracle: Oracle, cell: GroupCell): GroupCell & { verdict: Verdict } => {
  const { from, to, protocol, port, family } = cell;
  return { ...cell, verdict: oracle.verdict(from, to, protocol, port, family) };
};

/** A row for each port of the pod: who reaches it there. */
const byPort = (
  answers: readonly Answer[],
  own: Asked,
  crowd: ReadonlyMap<string, number>,
  id: string,
): [string, string][] =>
  own.ports.map(({ label }): [string, string] => {
    const groupsWith = (verdict: Verdict): Asked[] =>
      answers
        .filter(({ cells }) => cells.some((cell) => cell.label === label && cell.verdict === verdict))
        .map(({ other }) => other);
    const open = groupsWith('allow');
    const unsure = groupsWith('undefined');
    // Of two families one may be open, and the other not.
    const partly = open.filter((group) =>
      answers.some(
        ({ other, cells }) =>
          other === group && cells.some((cell) => cell.label === label && cell.verdict !== 'allow'),
      ),
    );
    const notes = [
      ...(unsure.length === 0 ? [] : [`perhaps ${nameCrowd(unsure, crowd, id)}: Kubernetes does not say`]),
      ...(partly.length === 0 ? [] : [`over one family only: ${nameCrowd(partly, crowd, id)}`]),
    ];
    return [label, [nameCrowd(open, crowd, id), ...notes].join('; ')];
  });

/** A row for each set of ports: whose they are that the pod reaches. */
const byTarget = (
  answers: readonly Answer[],
  crowd: ReadonlyMap<string, number>,
  id: string,
): [string, string][] => {
  const rows = (['allow', 'undefined'] as const).flatMap((verdict) => {
    const reached = answers.flatMap(({ other, cells }) => {
      const open = cells.filter((cell) => cell.verdict === verdict);
      return open.length === 0 ? [] : [{ other, ports: namePorts(open) }];
    });
    return [...Map.groupBy(reached, ({ ports }) => ports)].map(([ports, alike]): [string, string] => [
      verdict === 'allow' ? ports : `perhaps ${ports}`,
      nameCrowd(
        alike.map(({ other }) => other),
        crowd,
        id,
      ),
    ]);
  });
  return rows.length === 0 ? [['no port', 'of nobody']] : rows;
};

/** How many pods each namespace has, without the one that is asked about. */
const countPods = ({ pods }: World, id: string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const pod of pods)
    if (pod.addresses.length > 0 && idOf(pod) !== id)
      counts.set(pod.namespace, (counts.get(pod.namespace) ?? 0) + 1);
  return counts;
};

const nameCrowd = (groups: readonly Asked[], crowd: ReadonlyMap<string, number>, id: string): string => {
  const members = Map.groupBy(groups, ({ pod }) => pod.namespace);
  const others = (ids: readonly string[]): string[] => ids.filter((each) => each !== id);
  const parts = [...members].flatMap(([namespace, own]) => {
    const all = own.flatMap(({ ids }) => others(ids));
    if (all.length === crowd.get(namespace)) return [`all of ${namespace} (${countOf(all.length, 'pod')})`];
    return own.map(({ ids }) => {
      const [first = '', ...more] = others(ids);
      return more.length === 0 ? first : `${first} (+${more.length} alike)`;
    });
  });
  return parts.length === 0 ? 'nobody' : parts.join(', ');
};

const listCells = (answers: readonly Answer[], id: string): object[] =>
  answers.flatMap(({ other, cells }) =>
    cells.map(({ protocol, port, label, family, verdict }) => ({
      pods: other.ids.filter((each) => each !== id),
      ...{ protocol, port: label.startsWith('other ') ? 'other' : port, family, verdict },
    })),
  );
