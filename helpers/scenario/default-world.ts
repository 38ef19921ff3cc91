import type { Labels } from '../kube/types.ts';
import { idOf, type ContainerPort, type Namespace, type Node } from '../kube/world.ts';
import type { ScenarioPod } from './scenario.ts';

/** The label that the API server puts on every namespace. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name';

/** The namespaces that every scenario has, by the names that it calls them. */
export const namespaceNames = ['x', 'y', 'z'] as const;

/** The namespaces that a scenario may have besides, each with a real name in every lane. */
export const guestNamespaceNames = ['w'] as const;

/** The group of hosts outside the cluster in names like `external/a`. */
export const externalGroup = 'external';

/** The ports of every pod that does not ask for others. Port names are unique in a pod, so UDP has names of its own. */
export const defaultPorts: readonly ContainerPort[] = [
  { name: 'serve-80', protocol: 'TCP', port: 80 },
  { name: 'serve-81', protocol: 'TCP', port: 81 },
  { name: 'serve-80-udp', protocol: 'UDP', port: 80 },
  { name: 'serve-81-udp', protocol: 'UDP', port: 81 },
];

type StandingPod = {
  namespace: string;
  name: string;
  labels: Labels;
  ports: ContainerPort[];
  node: number;
};

// Every namespace spans both nodes, and so does every pair of namespaces.
const places: Readonly<Record<string, number>> = {
  'x/a': 0,
  'x/b': 1,
  'x/c': 0,
  'y/a': 1,
  'y/b': 0,
  'y/c': 1,
  'z/a': 0,
  'z/b': 1,
  'z/c': 0,
};

/** The fleet that stands in every lane before the first scenario and that scenarios only relabel. */
export const defaultPods: readonly StandingPod[] = Object.entries(places).map(([id, node]) => {
  const [namespace, name] = id.split('/') as [string, string];
  return { namespace, name, labels: defaultPodLabels(name), ports: [...defaultPorts], node };
});

/** Whether a pod of this id (`x/a`) stands in every lane. Such a pod can be relabelled, but not created, moved or removed. */
export const isStanding = (id: string): boolean => Object.hasOwn(places, id);

/** A standing pod in a scenario that changes nothing of it. */
export const standingPod = (pod: StandingPod, why: string): ScenarioPod => ({
  ...pod,
  id: idOf(pod),
  why,
  createdLater: false,
});

/** The host outside the cluster that scenarios call `external/NAME`. */
export const outsidePod = (name: string, addresses: readonly string[], why: string): ScenarioPod => ({
  id: `${externalGroup}/${name}`,
  namespace: externalGroup,
  name,
  why,
  labels: {},
  ports: [...defaultPorts],
  node: 0,
  addresses: [...addresses],
  createdLater: false,
});

/** The labels that a pod has besides those that a scenario gives it. */
export function defaultPodLabels(name: string): Labels {
  return { pod: name };
}

/** The labels of a namespace; the API server adds the second one on a cluster. */
export const defaultNamespaceLabels = (name: string): Labels => ({ ns: name, [namespaceNameLabel]: name });

export const defaultNamespaces: readonly Namespace[] = namespaceNames.map((name) => ({
  name,
  labels: defaultNamespaceLabels(name),
}));

/** The nodes by the names that scenarios call them. Their addresses are pretended. */
export const defaultNodes: readonly Required<Node>[] = [0, 1].map((index) => ({
  name: `node${index}`,
  labels: { 'kubernetes.io/hostname': `node${index}`, 'kubernetes.io/os': 'linux' },
  addresses: [`172.18.0.${index + 2}`, `fd00:172:18::${index + 2}`],
}));
