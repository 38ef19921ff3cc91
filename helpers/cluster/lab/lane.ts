import { ClusterError } from '../../errors.ts';
import { settleAll } from '../../wait.ts';
import type { AdminPolicy, Labels, NetworkPolicy, PolicyName } from '../../kube/types.ts';
import {
  idOf,
  isAdminPolicy,
  nameOfPolicy,
  type Namespace,
  type Node,
  type Service,
  type World,
} from '../../kube/world.ts';
import { guestNamespaces, type Lane, type PodRequest, type ServiceRequest } from '../cluster.ts';
import { nodes, serviceAddresses } from './addresses.ts';
import type { Holder } from './holder.ts';
import { createMembers } from './members.ts';
import { closeLaneRoutes, openLaneRoutes } from './network.ts';

// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
const nameLabel = 'kubernetes.io/metadata.name';

/** What a lane needs of the lab that it is in. */
type LaneSurroundings = {
  holder: Holder;
  takeLink: () => number;
  takeServiceNumber: () => number | undefined;
  freeServiceNumber: (number: number) => void;
  takeNodePort: () => number | undefined;
  freeNodePort: (port: number) => void;
  /** Lets the plugin know that the world changed. */
  changed: () => void;
  readNodes: () => Node[];
  labelNode: (node: string, labels: Labels) => void;
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

/** An empty lane with a namespace for each of these short names; `open` brings it to life. `guests`: see `Cluster.openLane`. */
export const createLane = (
  index: number,
  names: readonly string[],
  lab: LaneSurroundings,
  guests: readonly string[] = guestNamespaces,
): LabLane => {
  const realName = (name: string): string => `lane${index}-${name}`;
  const namespaces = new Map<string, Namespace>(
    names.map((name) => [
      realName(name),
      { name: realName(name), labels: { ns: name, [nameLabel]: realName(name) } },
    ]),
  );
  const policies = new Map<string, NetworkPolicy>();
  const adminPolicies = new Map<string, AdminPolicy>();
  const services = new Map<string, { service: Service; release: () => void }>();
  const members = createMembers(lab.holder, index, lab.takeLink, lab.changed);

  const allNames = Object.fromEntries([...names, ...guests].map((name) => [name, realName(name)]));

  // Each accepted change is a state of its own for the plugin, as it is an event of its own for those who watch an API.
  const changed = (): Promise<void> => {
    lab.changed();
    return new Promise((resolve) => void setImmediate(resolve));
  };

  const requireNamespace = (name: string): Namespace => {
    const found = namespaces.get(name);
    if (found !== undefined) return found;
    throw new ClusterError({
      subject: `lab: no namespace ${name} in lane ${index}`,
      wanted: [...namespaces.keys()].join(', '),
    });
  };
  const readWorld = (): World => ({
    nodes: lab.readNodes(),
    namespaces: structuredClone([...namespaces.values()]),
    pods: members.pods(),
    services: structuredClone([...services.values()].map(({ service }) => service)),
    policies: structuredClone([...policies.values()]),
    adminPolicies: structuredClone([...adminPolicies.values()]),
  });
  const close = async (): Promise<void> => {
    policies.clear();
    adminPolicies.clear();
    for (const { release } of services.values()) release();
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
    namespaceNames: allNames,
    prefix: realName(''),
    world: async () => readWorld(),
    applyPolicy: async (policy) => {
      const key = keyOf(nameOfPolicy(policy));
      if (isAdminPolicy(policy)) {
        adminPolicies.set(key, structuredClone(policy));
      } else {
        requireNamespace(policy.metadata.namespace ?? '');
        policies.set(key, structuredClone(policy));
      }
      await changed();
    },
    deletePolicy: async (name) => {
      if (policies.delete(keyOf(name)) || adminPolicies.delete(keyOf(name))) await changed();
    },
    offerPolicy: async () => {
      throw new ClusterError({ subject: 'the lab has no API server', next: 'run with `--provider kind`' });
    },
    createNamespace: async (name, labels) => {
      if (namespaces.has(name) || !Object.values(allNames).includes(name))
        throw new ClusterError({
          subject: `lab: cannot create namespace ${name}`,
          wanted: 'a namespace of this lane that does not exist',
        });
      namespaces.set(name, { name, labels: { ...labels, [nameLabel]: name } });
      await changed();
    },
    deleteNamespace: async (name) => {
      const gone = Promise.resolve();
      if (!namespaces.has(name)) return { gone };
      for (const [key, { metadata }] of policies) if (metadata.namespace === name) policies.delete(key);
      for (const { service } of [...services.values()].filter(({ service }) => service.namespace === name))
        await lane.deleteService(service);
      const own = members.pods().filter(({ namespace, external }) => namespace === name && !external);
      await settleAll(own.map((pod) => members.remove(pod, 'pod')));
      namespaces.delete(name);
      await lab.updateServices();
      await changed();
      return { gone };
    },
    labelNamespace: async (name, labels: Labels) => {
      requireNamespace(name).labels = { ...labels, [nameLabel]: name };
      await changed();
    },
    labelNode: async (node, labels) => {
      const host = nodes[node % nodes.length];
      if (host === undefined) return;
      lab.labelNode(host.name, { ...host.labels, ...labels });
      await changed();
    },
    labelPod: async (name, labels) => {
      members.label(name, labels);
      await lab.updateServices();
      await changed();
    },
    readPod: async (name) => members.pods().find((pod) => idOf(pod) === idOf(name)),
    createPod: async (request) => {
      requireNamespace(request.namespace);
      await members.createPods([request]);
      await lab.updateServices();
    },
    completePod: async (name) => {
      await members.complete(name);
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
      services.set(idOf(request), buildService(structuredClone(request), lab));
      await lab.updateServices();
    },
    deleteService: async (name) => {
      const found = services.get(idOf(name));
      if (found === undefined) return;
      services.delete(idOf(name));
      await lab.updateServices();
      found.release();
    },
    hostNetworkFlaw: async () => undefined,
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

const keyOf = ({ kind, namespace, name }: PolicyName): string => [kind, namespace ?? '', name].join('/');

/** Gives a Service its addresses and ports of the nodes, until it is released. @throws ClusterError where none is left */
const buildService = (
  request: ServiceRequest,
  lab: LaneSurroundings,
): { service: Service; release: () => void } => {
  if (request.type === 'Headless') return { service: { ...request, addresses: [] }, release: () => {} };
  const number = lab.takeServiceNumber();
  const nodePorts = request.type === 'NodePort' ? request.ports.map(() => lab.takeNodePort()) : [];
  const release = (): void => {
    if (number !== undefined) lab.freeServiceNumber(number);
    for (const port of nodePorts) if (port !== undefined) lab.freeNodePort(port);
  };
  if (number === undefined || nodePorts.includes(undefined)) {
    release();
    throw new ClusterError({ subject: `lab: no address or node port left for service ${idOf(request)}` });
  }
  const ports = request.ports.map((port, index) => {
    const nodePort = nodePorts[index];
    return nodePort === undefined ? port : { ...port, nodePort };
  });
  return { service: { ...request, ports, addresses: serviceAddresses(number) }, release };
};
