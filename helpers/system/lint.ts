import { formatProblem, type Problem } from '../errors.ts';
import { idOf } from '../kube/world.ts';
import { judgeAt } from './judge.ts';
import { describeLink, modes, namesOf, objectsOf, type System, type SystemRelease } from './system.ts';

/** The ids of all pods of all releases, in a fixed order. */
export const podsOf = ({ releases }: Pick<System, 'releases'>): string[] => [
  ...new Set(
    releases
      .flatMap(({ deliveries }) => [...deliveries.values()])
      .flatMap(objectsOf)
      .flatMap(({ pods }) => pods.map(idOf))
      .toSorted(),
  ),
];

/**
 * What is wrong with a system whose files were read: names that nothing stands for, waiting in a circle, and releases
 * that are wrong by themselves: a needed connection that is closed, or a closed one that is open, when all components
 * have come to a release.
 */
export const lintSystem = (system: System): Problem[] => {
  const order = podsOf(system);
  const problems = system.releases.flatMap((release) => {
    const found = [...danglingIn(release), ...circlesIn(release), ...duplicatesIn(release)];
    return found.length > 0 ? found : contradictionsIn(release, order);
  });
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
};

const danglingIn = ({ name, deliveries }: SystemRelease): Problem[] => {
  const all = [...deliveries.values()];
  const parts = all.flatMap(objectsOf);
  const namespaces = new Set(
    parts.flatMap((objects) => objects.namespaces.map((namespace) => namespace.name)),
  );
  const pods = new Set(parts.flatMap((objects) => objects.pods.map(idOf)));
  return all.flatMap((delivery) => {
    const { file, component, after, links } = delivery;
    const homes = objectsOf(delivery).flatMap(({ pods, services, policies }) => [
      ...pods.map(({ namespace }) => namespace),
      ...services.map(({ namespace }) => namespace),
      ...policies.map(({ metadata }) => metadata.namespace ?? 'default'),
    ]);
    const homeless = [...new Set(homes)].filter((namespace) => !namespaces.has(namespace));
    return [
      ...after
        .filter((other) => !deliveries.has(other) || other === component)
        .map((other) => ({ file, message: `\`after\`: release ${name} has no other component ${other}` })),
      ...homeless.map((namespace) => ({ file, message: `release ${name} has no namespace ${namespace}` })),
      ...links.flatMap((link) =>
        [link.from, link.to]
          .filter((id) => !pods.has(id))
          .map((id) => ({ file, line: link.line, message: `release ${name} has no pod ${id}` })),
      ),
    ];
  });
};

const circlesIn = ({ name, deliveries }: SystemRelease): Problem[] => {
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (component: string, way: readonly string[]): void => {
    if (way.includes(component)) {
      const circle = [...way.slice(way.indexOf(component)), component].join(' after ');
      problems.push({ file: deliveries.get(component)?.file ?? '', message: `release ${name}: ${circle}` });
      return;
    }
    if (done.has(component)) return;
    for (const other of deliveries.get(component)?.after ?? []) visit(other, [...way, component]);
    done.add(component);
  };
  for (const component of deliveries.keys()) visit(component, []);
  return problems;
};

/** Objects that two components bring, or one for one mode and for both: nobody could say which holds. */
const duplicatesIn = ({ name, deliveries }: SystemRelease): Problem[] =>
  modes.flatMap((mode) => {
    const first = new Map<string, string>();
    return [...deliveries.values()].flatMap(({ file, objects, only }) =>
      [...namesOf(objects), ...namesOf(only[mode])].flatMap((id) => {
        const other = first.get(id);
        first.set(id, other ?? file);
        return other === undefined
          ? []
          : [{ file, message: `release ${name}: ${id} is there twice, first in ${other}` }];
      }),
    );
  });

const contradictionsIn = ({ name, deliveries }: SystemRelease, order: readonly string[]): Problem[] =>
  modes.flatMap((mode) => {
    const placement = { deliveries, modeOf: () => mode };
    return [...deliveries.values()].flatMap(({ links }) =>
      links.flatMap((link): Problem[] => {
        const flaw = judgeAt(link, placement, order);
        if (flaw === undefined) return [];
        const message = `release ${name}, ${mode}: ${describeLink(link)} is ${flaw.kind === 'loss' ? 'to be open, and closed' : 'to be closed, and open'}: ${flaw.reason}`;
        return [{ file: link.file, line: link.line, message }];
      }),
    );
  });
