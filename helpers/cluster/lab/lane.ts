import { ClusterError } from '../../errors.ts';
import type { Labels, NetworkPolicy } from '../../kube/types.ts';
import { idOf, type Namespace, type Service, type World } from '../../kube/world.ts';
import type { Lane, PodRequest } from '../cluster.ts';
import { serviceAddresses } from './addresses.ts';
import type { Holder } from './holder.ts';
import { createMembers } from './members.ts';
import { closeLaneRoutes, openLaneRoutes } from './network.ts';

// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
const nameLabel = 'kubernetes.io/metadata.name';

/** What a lane needs of the lab that it is in. */
export type LaneSurroundings = {
  holder: Holder;
  takeLink: () => number;
  takeServiceNumber: () => number | undefined;
  freeServiceNumber: (number: number) => void;
  /** Lets the plugin know that the world changed. */
  changed: () => void;
  /** Resolves when the nodes translate to the Services as they are now. */
  updateServices: () => Promise<void>;
  evidence: () => Promise<Record<string, string>>;
  /** Called once, when the lane has nothing left. */
  closed: () => void;
};

/** A lane, and its world without a wait. */
export type LabLane = {
  lane: Lane;
  readWorld: () => World;
  open: (standing: readonly PodRequest[]) => Promise<void>;
};

/** An empty lane with a namespace for each of these short names; `open` brings it to life. */
export const createLane = (index: number, names: readonly string[], lab: LaneSurroundings): LabLane => {
  const realName = (name: string): string => `lane${index}-${name}`;
  const namespaces = new Map<string, Namespace>(
    names.map((name) => [
      realName(name),
      { name: realName(name), labels: { ns: name, [nameLabel]: realName(name) } },
    ]),
  );
  const policies = new Map<string, NetworkPolicy>();
  const services = new Map<string, { service: Service; number: number | undefined }>();
  const members = createMembers(lab.holder, index, lab.takeLink, lab.changed);

  const requireNamespace = (name: string): Namespace => {
    const found = namespaces.get(name);
    if (found !== undefined) return found;
    throw new ClusterError({
      subject: `lab: no namespace ${name} in lane ${index}`,
      wanted: [...namespaces.keys()].join(', '),
    });
  };
  const readWorld = (): World => ({
    namespaces: structuredClone([...namespaces.values()]),
    pods: members.pods(),
    services: structuredClone([...services.values()].map(({ service }) => service)),
    policies: structuredClone([...policies.values()]),
  });
  const close = async (): Promise<void> => {
    policies.clear();
    for (const { number } of services.values()) if (number !== undefined) lab.freeServiceNumber(number);
    services.clear();
    await members.removeAll();
    if (!lab.holder.hasEnded()) {
      await lab.updateServices();
      await lab.holder.run(`close lane ${index}`, closeLaneRoutes(index));
    }
    namespaces.clear();
    lab.closed();
  };

  const lane: Lane = {
    index,
    namespaceNames: Object.fromEntries(names.map((name) => [name, realName(name)])),
    world: async () => readWorld(),
    applyPolicy: async (policy) => {
      const { namespace = '', name } = policy.metadata;
      requireNamespace(namespace);
      policies.set(idOf({ namespace, name }), structuredClone(policy));
      lab.changed();
    },
    deletePolicy: async (name) => {
      if (policies.delete(idOf(name))) lab.changed();
    },
    labelNamespace: async (name, labels: Labels) => {
      requireNamespace(name).labels = { ...labels, [nameLabel]: name };
      lab.changed();
    },
    labelPod: async (name, labels) => {
      members.label(name, labels);
      await lab.updateServices();
    },
    createPod: async (request) => {
      requireNamespace(request.namespace);
      await members.createPods([request]);
      await lab.updateServices();
    },
    deletePod: async (name) => {
      await members.remove(name, 'pod');
      await lab.updateServices();
    },
    createExternalHost: (request) => members.createHost(request),
    deleteExternalHost: (name) => members.remove(name, 'external host'),
    createService: async (request) => {
      requireNamespace(request.namespace);
      if (services.has(idOf(request)))
        throw new ClusterError({ subject: `lab: service ${idOf(request)} exists already` });
      const number = request.type === 'ClusterIP' ? lab.takeServiceNumber() : undefined;
      const addresses = number === undefined ? [] : serviceAddresses(number);
      services.set(idOf(request), { service: { ...structuredClone(request), addresses }, number });
      await lab.updateServices();
    },
    deleteService: async (name) => {
      const number = services.get(idOf(name))?.number;
      if (!services.delete(idOf(name))) return;
      await lab.updateServices();
      if (number !== undefined) lab.freeServiceNumber(number);
    },
    connect: (name) => members.agentOf(name).connect(),
    evidence: async () => ({
      ...(await lab.evidence()),
      ...Object.fromEntries(
        Object.entries(members.complaints()).map(([id, text]) => [`agent-${id.replace('/', '-')}.log`, text]),
      ),
    }),
    [Symbol.asyncDispose]: close,
  };

  const open = async (standing: readonly PodRequest[]): Promise<void> => {
    try {
      await lab.holder.run(`open lane ${index}`, openLaneRoutes(index));
      await members.createPods(
        standing.map((request) => ({ ...request, namespace: realName(request.namespace) })),
      );
    } catch (error) {
      await close().catch(() => {});
      throw error;
    }
  };
  return { lane, readWorld, open };
};
