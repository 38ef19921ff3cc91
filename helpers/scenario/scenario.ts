import type { Channel, Labels, Policy, Protocol } from '../kube/types.ts';
import type { ContainerPort, Family } from '../kube/world.ts';
import type { Position } from '../matrix/grid.ts';
import type { Expectation, Matrix, ProbeProtocol, Target, Traffic } from '../matrix/matrix.ts';
import type { Feature } from './features.ts';
import type { Property } from './properties.ts';

/** `namespace/name` with the short names of the file. */
export type PodId = string;

/** A namespace beside x, y and z. */
export type ScenarioNamespace = {
  name: string;
  /** Why the scenario needs this namespace. */
  why: string;
  /** All of its labels but the one that the API server sets. */
  labels: Labels;
  /** The namespace does not exist before a step creates it. */
  createdLater: boolean;
};

export type ScenarioPod = {
  id: PodId;
  namespace: string;
  name: string;
  /** Why the scenario needs this pod. */
  why: string;
  labels: Labels;
  ports: ContainerPort[];
  /** The node, 0 or 1: the standing fleet's place, or the one that the scenario asks for (0 unless it does). */
  node: number;
  /** Present only for a host outside the cluster: one of each family. */
  addresses?: string[];
  /** Present only for a pod in the network of its node, whose addresses it has. */
  hostNetwork?: true;
  /** The kubelet asks the pod here whether it is ready. */
  readiness?: { protocol: 'TCP'; port: number };
  /** The pod does not exist before a step creates it. */
  createdLater: boolean;
  /** The pod is created with the very addresses that this one had, which is gone or has completed by then. */
  addressesOf?: PodId;
};

export type ScenarioService = {
  id: string;
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'Headless' | 'NodePort';
  selector: Labels;
  ports: { protocol: Protocol; port: number; targetPort: number | string }[];
  /** Of `type: ExternalName`: the headless Service of its namespace that it names, whose type, selector and ports it has here. */
  externalName?: string;
};

export type Action =
  /** `update` is an `apply` of the next document of the same name. */
  | { verb: 'apply' | 'update' | 'delete'; policies: Policy[] }
  /** `labels` are added (or overwritten), `unlabel` names keys to take away. Key: pod id, namespace or node. */
  | { verb: 'label'; labels: Record<string, Labels> }
  | { verb: 'unlabel'; keys: Record<string, string[]> }
  /** Namespaces are created before the pods; one that is removed takes all with it that is in it. */
  | { verb: 'create' | 'remove'; pods: PodId[]; namespaces?: string[] }
  /** The pods' processes end with success; the pods stay as `Succeeded`. */
  | { verb: 'complete'; pods: PodId[] }
  /** The API server must refuse these documents, each as it stands in the file. */
  | { verb: 'reject'; documents: PolicyDocument[] }
  | (Operation & { limits: OperationLimits });

/** What is done to the cluster while its policies must go on to hold. */
export type Operation =
  /**
   * `kill`: all processes of the plugin at once, without a word before. `restart`: all at once, each told to end.
   * `rollover`: one node after the other, as a DaemonSet is updated. `upgrade`, `downgrade`: to the other version that the
   * run knows, and back, in whatever order its manifests say.
   */
  | { verb: 'kill' | 'restart' | 'rollover' | 'upgrade' | 'downgrade'; part: 'plugin' }
  /** The plugin of the node where this pod runs goes without a word, and comes back when `meanwhile` is done. */
  | { verb: 'outage'; part: 'plugin'; nodeOf: PodId; meanwhile: Change }
  /** The node where this pod runs loses its power, and boots again: its pods are there again, often with other addresses. */
  | { verb: 'outage'; part: 'node'; nodeOf: PodId }
  /** Nobody is answered by the API server for 30 s. */
  | { verb: 'outage'; part: 'api-server' }
  /** So many policies, or pods in namespaces of their own, that decide about no pod of the scenario come and go. */
  | { verb: 'churn'; part: 'policies' | 'pods'; count: number };
export const operations = ['kill', 'restart', 'rollover', 'upgrade', 'downgrade', 'outage', 'churn'] as const;

/** A change of objects that can be made while something else goes on. */
export type Change = Extract<Action, { verb: (typeof changes)[number] }>;
export const changes = ['apply', 'update', 'delete', 'label', 'unlabel'] as const;

export type PolicyDocument = {
  /** As it stands in the file: no valid policy, so nothing of it but its namespace and name can be relied on. */
  document: Policy;
  /** Why it must be refused: for itself, or because its namespace is not there at this step. */
  flaw: 'document' | 'namespace';
};

/** Fields that the API server must have stored for a policy, its defaults among them. */
export type StoredFields = { id: string; fields: Record<string, unknown>; line: number };

/** One drawn grid. Without a family in its key it holds for every family that the cluster has. */
export type ExpectedGrid = {
  /** As the file says it: `v6 service TCP/80`. */
  key: string;
  target: Target;
  protocol: ProbeProtocol;
  /** 0 for ICMP, 53 for lookups, which are UDP. */
  port: number;
  family?: Family;
  traffic?: Traffic;
  grid: Matrix<Expectation>;
  /** Where each cell stands in the file. */
  cells: Matrix<Position>;
  line: number;
};

export type Step = {
  action: Action;
  expect: ExpectedGrid[];
  /** Only in steps that apply policies, and in scenarios that ask the API server. */
  stored?: StoredFields[];
  /** Pods that the kubelet must find ready, and go on finding ready. */
  ready?: PodId[];
  /**
   * The change is made while flows are probed over and over that are wanted the same before and after: those with an end in
   * these namespaces, as no others depend on it, and some of the others. `by`: who makes it. No scenario file says so: it
   * is a step of an upgrade.
   */
  watch?: { by: string; namespaces: readonly string[]; limits: OperationLimits };
  line: number;
};

/** The longest time for which one flow may be lost or leak meanwhile, in milliseconds. */
export type OperationLimits = { lossMs: number; leakMs: number };

export type Scenario = {
  /** The claim in one sentence, unique. */
  title: string;
  /** `network-policy/peers/pod-and-namespace`: the path below manifests/scenarios without `.yaml`. */
  name: string;
  file: string;
  spec: string;
  features: Feature[];
  /** What its `?` cells, taken together, tell about the plugin. */
  property?: Property;
  /** The only channel of the CRDs for which an API scenario holds; absent: it holds for both. */
  channel?: Channel;
  /** Namespaces beside x, y and z, which every scenario has. */
  namespaces: ScenarioNamespace[];
  pods: ScenarioPod[];
  services: ScenarioService[];
  steps: Step[];
  /** Nothing is drawn, but measured: how long changes take beside so many policies, in a lane of so many pods. */
  load?: { policies: number; pods: number };
};
