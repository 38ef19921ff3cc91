import type { Protocol } from '../kube/types.ts';
import { idOf, type World } from '../kube/world.ts';

/** Whether a component's namespaces admit everybody (`unrestricted`), or only those who need it. */
export const modes = ['unrestricted', 'restricted'] as const;
export type Mode = (typeof modes)[number];

/**
 * A connection between two pods, each `namespace/name`. `needed` must always work, `open` while the namespace that is
 * asked is unrestricted. `closed` must be denied while it is restricted, `always-closed` in both modes.
 */
export type Link = {
  kind: 'needed' | 'open' | 'closed' | 'always-closed';
  from: string;
  to: string;
  protocol: Protocol;
  port: number;
  why: string;
  file: string;
  line: number;
};

/** Objects of one component; `World` without what only the cluster knows. Pods have no addresses yet. */
export type Objects = Pick<World, 'namespaces' | 'pods' | 'services' | 'policies'>;

/** What one component delivers in one release. */
export type Delivery = {
  component: string;
  file: string;
  /** Components that must have come to the release before this one does. */
  after: readonly string[];
  links: readonly Link[];
  objects: Objects;
  /** Objects that are there in one mode only: that of the component whose namespace they are in. */
  only: Readonly<Record<Mode, Objects>>;
};

export type SystemRelease = {
  name: string;
  about: string;
  /** The release that clusters come from; absent for the first. */
  from?: string;
  /** By component, those included that did not change since the release before. */
  deliveries: ReadonlyMap<string, Delivery>;
};

/** Components that come and change from release to release, as `manifests/systems/<name>` describes them. */
export type System = {
  name: string;
  about: string;
  source: string;
  /** Glob of the namespaces that are the system's: `openshift-*`. */
  namespaces: string;
  /** Glob of the namespaces of those who have no rights: what these need everybody may ask. */
  tenants?: string;
  releases: readonly SystemRelease[];
};

/** Where each component is: absent where it is not there yet, or no more. */
export type Placement = {
  deliveries: ReadonlyMap<string, Delivery>;
  modeOf: (component: string) => Mode;
};

/** `openshift-monitoring/prometheus -> openshift-dns/dns TCP/9154` */
export const describeLink = ({
  from,
  to,
  protocol,
  port,
}: Pick<Link, 'from' | 'to' | 'protocol' | 'port'>): string => `${from} -> ${to} ${protocol}/${port}`;

export const namespaceOf = (id: string): string => id.split('/')[0] ?? '';

/** The component that brings a namespace, at this placement. */
export const ownerOf = (namespace: string, { deliveries }: Placement): string | undefined =>
  [...deliveries.values()].find((delivery) =>
    objectsOf(delivery).some(({ namespaces }) => namespaces.some(({ name }) => name === namespace)),
  )?.component;

/** Those for both modes, and those for either. */
export const objectsOf = ({ objects, only }: Delivery): Objects[] => [
  objects,
  ...modes.map((mode) => only[mode]),
];

/** `NetworkPolicy x/p`: what an API server would know each object by. */
export const namesOf = ({ namespaces, pods, services, policies }: Objects): string[] => [
  ...namespaces.map(({ name }) => `Namespace ${name}`),
  ...pods.map((pod) => `Pod ${idOf(pod)}`),
  ...services.map((service) => `Service ${idOf(service)}`),
  ...policies.map(({ metadata }) => `NetworkPolicy ${metadata.namespace ?? 'default'}/${metadata.name}`),
];

/**
 * The world of a placement, or of some namespaces of it. Pods get addresses that only have to be different from each
 * other. `order`: the ids of all pods of the system.
 */
export const worldOf = (
  placement: Placement,
  order: readonly string[],
  isIncluded: (namespace: string) => boolean = () => true,
): World => {
  const world: World = { namespaces: [], pods: [], services: [], policies: [] };
  const add = (
    { namespaces, pods, services, policies }: Objects,
    isMeant: (namespace: string) => boolean,
  ): void => {
    world.namespaces.push(...namespaces.filter(({ name }) => isMeant(name)));
    world.services.push(...services.filter(({ namespace }) => isMeant(namespace)));
    world.policies.push(...policies.filter(({ metadata }) => isMeant(metadata.namespace ?? '')));
    world.pods.push(
      ...pods
        .filter(({ namespace }) => isMeant(namespace))
        .map((pod) => ({ ...pod, addresses: addressesOf(order.indexOf(idOf(pod))) })),
    );
  };
  for (const { objects, only } of placement.deliveries.values()) {
    add(objects, isIncluded);
    for (const mode of modes) add(only[mode], (name) => isIncluded(name) && isInMode(name, mode, placement));
  }
  return world;
};

/** A namespace that nobody brings is in no mode, so that what is only there in one is not there. */
const isInMode = (namespace: string, mode: Mode, placement: Placement): boolean => {
  const owner = ownerOf(namespace, placement);
  return owner !== undefined && placement.modeOf(owner) === mode;
};

const addressesOf = (index: number): string[] => [
  `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
  `fd00:100::${index.toString(16)}`,
];
