import type { ContainerPort, Family, World } from '../kube/world.ts';
import type { PolicyAnswer } from '../kube/policies.ts';
import type { AdminPolicy, Labels, Policy, PolicyName } from '../kube/types.ts';

/** What a provider may lack. A scenario that needs a missing one is skipped, with the reason given in `lacks`. */
export type Capability =
  | 'service-names'
  /** Found out by asking a pod: whether the names of Services end in `cluster.local`. */
  | 'cluster-domain'
  | 'external'
  | 'two-nodes'
  /** Found out by asking the API server. */
  | 'host-network'
  | 'kubelet'
  | 'chosen-address'
  /** Labels of nodes: not where the nodes are somebody's. */
  | 'node-labels'
  | 'api'
  /** Found out by asking the API server for their kinds; each as the kind is called. */
  | 'AdminNetworkPolicy'
  | 'BaselineAdminNetworkPolicy'
  | 'ClusterNetworkPolicy'
  /** The channel of the CRDs of these kinds: a cluster lacks the other one. */
  | 'standard-channel'
  | 'experimental-channel'
  /** Policies that select pods beside those of the lanes. */
  | 'cluster-wide'
  /** Killing and restarting the plugin: not where it is somebody's. */
  | 'plugin-operations'
  /** Another version of the plugin: only where the user names one. */
  | 'plugin-upgrade'
  /** Taking the power of a node: only where it is ours. */
  | 'node-operations'
  /** Holding up the API server: only where it is ours. */
  | 'api-server-operations'
  /** Found out by asking a pod. */
  | 'icmp';

/** Namespaces that a lane does not begin with: it has a name for each, so that policies can speak of them. */
export const guestNamespaces: readonly string[] = ['w'];

/** What to create. Namespaces are real names (see `Lane.namespaceNames`). */
export type PodRequest = {
  namespace: string;
  name: string;
  labels: Labels;
  ports: ContainerPort[];
  /** Which of the cluster's probe nodes, counted from 0; a cluster with fewer nodes wraps round. */
  node: number;
  /** Addresses that no pod has now; only where the cluster does not lack `chosen-address`. */
  addresses?: readonly string[];
  /** The pod is going to complete: its process is not started again when it ends. */
  completes?: boolean;
  /** The pod is in the network of its node. Its ports are ports of the node, which all lanes share. */
  hostNetwork?: true;
  /** Where the kubelet asks, every second, whether the pod is ready. */
  readiness?: { protocol: 'TCP'; port: number };
};

/** A host outside the cluster that we make ourselves: reachable at these addresses, one per family at most. */
export type ExternalHostRequest = {
  namespace: string;
  name: string;
  addresses: string[];
  ports: ContainerPort[];
};

/** A Service in front of the pods of its namespace that its selector matches. */
export type ServiceRequest = {
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'Headless' | 'NodePort';
  selector: Labels;
  ports: World['services'][number]['ports'];
  /** Makes it of the type ExternalName: a name for this headless Service of its namespace, whose selector it repeats. */
  externalName?: string;
};

/** Names an object: real namespace and name. */
export type ObjectName = { namespace: string; name: string };

/** One duplex stream of JSON lines to the probe agent of one pod. */
export type AgentStream = {
  /** Writes one line. Writing to a closed stream does nothing: `closed` tells. */
  send(line: string): void;
  /** Called with every whole line that the agent prints. Set once, before the first `send`. */
  onLine(listener: (line: string) => void): void;
  /** Resolves, never rejects, when the stream has ended, with the reason in words (no secrets). */
  closed: Promise<string>;
  close(): void;
};

/**
 * A set of namespaces of its own with its own standing pods. Scenarios run in parallel in different lanes;
 * probes never cross lanes. Every change resolves when the cluster has accepted it, not when it is enforced.
 * @throws ClusterError from every method, when the cluster refuses or fails
 */
export type Lane = AsyncDisposable & {
  readonly index: number;
  /** Real name of each namespace that a scenario calls `x`, `y`, `z`, and of each that it may create. */
  readonly namespaceNames: Readonly<Record<string, string>>;
  /** Stands before the names of cluster-scoped policies, so that no other lane has them. */
  readonly prefix: string;
  /** What the cluster holds in this lane now, with real names; external hosts included as pods with `external: true`. */
  world(): Promise<World>;
  /** Policies of the admin tiers that are not of this run; absent where there can be none. */
  others?(): Promise<AdminPolicy[]>;
  /** Labels of the lane's namespaces that `world` leaves out; absent where there are none. */
  readonly ownLabels?: Labels;
  /** The pod as `world` tells it, without all the others; undefined where it is not there. */
  readPod(name: ObjectName): Promise<World['pods'][number] | undefined>;
  /**
   * Creates the policy or replaces its spec, reads it back, and throws where a field was lost on the way. Those of the
   * admin tiers count for the whole cluster: their names are chosen by the caller so that no other lane has them.
   */
  applyPolicy(policy: Policy): Promise<void>;
  /** Deleting what is not there is no error, here and below. */
  deletePolicy(name: PolicyName): Promise<void>;
  /**
   * Sends a document once, with strict field validation and with nothing filled in. Refused are only documents that
   * the API server itself finds wrong (400, 422), or whose namespace does not exist (404).
   * @throws ClusterError where it said nothing about the document; always, where the cluster lacks `api`
   */
  offerPolicy(document: object): Promise<PolicyAnswer>;
  /** Creates one of the lane's namespaces that does not exist now, with exactly these labels beside the system's. */
  createNamespace(name: string, labels: Labels): Promise<void>;
  /**
   * Resolves when the namespace is told to go and nothing in it is told by `world()` any more. `gone`: it has ended,
   * and can be created again; clusters take seconds for that.
   */
  deleteNamespace(name: string): Promise<{ gone: Promise<void> }>;
  /** Sets exactly these labels, beside those that the system itself puts on every namespace. */
  labelNamespace(name: string, labels: Labels): Promise<void>;
  /** Gives a probe node, counted from 0, exactly these of our own labels (`nodeLabelPrefix`), and leaves all others as they are. */
  labelNode(node: number, labels: Labels): Promise<void>;
  /** Sets exactly these labels. */
  labelPod(name: ObjectName, labels: Labels): Promise<void>;
  /** Resolves when the pod runs, has its addresses and its agent serves. */
  createPod(request: PodRequest): Promise<void>;
  /**
   * Ends the process of a pod that was created to complete. Resolves when the pod has succeeded: it stays, with
   * `phase: 'Succeeded'`, but its addresses may be used again.
   */
  completePod(name: ObjectName): Promise<void>;
  /** Resolves when the pod is gone. */
  deletePod(name: ObjectName): Promise<void>;
  createExternalHost(request: ExternalHostRequest): Promise<void>;
  deleteExternalHost(name: ObjectName): Promise<void>;
  createService(request: ServiceRequest): Promise<void>;
  deleteService(name: ObjectName): Promise<void>;
  /** Why the cluster does not admit pods in the host network here, in words that fit behind "skipped:"; undefined where it does. */
  hostNetworkFlaw(): Promise<string | undefined>;
  /** Opens a new stream to the agent of a pod or external host. */
  connect(name: ObjectName): Promise<AgentStream>;
  /** What helps to understand a red case: file name -> content (objects, plugin log, rules). Never throws, never holds secrets. */
  evidence(): Promise<Record<string, string>>;
};

/** Probe pods in namespaces of other people, beside the pods whose labels they have. Disposing takes them away. */
export type PodsInPlace = AsyncDisposable & {
  /** The real name of a pod that was asked for by this one. */
  realName(name: ObjectName): ObjectName;
  /** All that the policies of the cluster depend on; of the pods ours alone, with real names. */
  world(): Promise<World>;
  connect(name: ObjectName): Promise<AgentStream>;
  /** See `Lane.evidence`; of other people's namespaces no pod but ours. */
  evidence(): Promise<Record<string, string>>;
};

/** Why a plugin is not upgraded, in words that fit behind "skipped:". */
export const noNextPlugin = 'no `--plugin-next` says to which version the plugin is upgraded';

/** What ran, for reports. `versions` holds names like `kubernetes`, `kernel`, `node image`, `plugin`. */
export type Environment = {
  provider: 'lab' | 'kind' | 'existing';
  plugin: string;
  families: readonly Family[];
  nodes: number;
  versions: Record<string, string>;
};

/**
 * What can be done to the plugin. `kill`: all of its processes at once, without a word before. `restart`: all at once,
 * each told to end. `rollover`: one node after the other. `upgrade`, `downgrade`: to the other version, and back; from
 * where it is already, first the other way. `reset`: to the version that the run began with, where it is another.
 */
export type PluginOperation = 'kill' | 'restart' | 'rollover' | 'upgrade' | 'downgrade' | 'reset';

/** What is away: the plugin of a node, the node with all that runs there, or the API server for everybody. */
type Outage = { part: 'plugin' | 'node'; node: string } | { part: 'api-server' };

/** A started cluster. Disposing of it undoes what `start` made and nothing else. */
export type Cluster = AsyncDisposable & {
  readonly environment: Environment;
  /** Missing capability -> the reason, in words that fit behind "skipped:". */
  readonly lacks: Readonly<Partial<Record<Capability, string>>>;
  /** What a program finds in its environment that is to work on this cluster. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
  /**
   * Resolves when new processes of the plugin enforce on every node. Does nothing where there is no plugin.
   * @throws ClusterError where they do not; always, where the cluster lacks `plugin-operations`, or
   * `plugin-upgrade` for those two
   */
  operatePlugin(operation: PluginOperation): Promise<void>;
  /**
   * Puts another plugin in the place of the one that runs, if it is another; pods and policies stay. Resolves when it enforces
   * on every node. Absent where a new cluster takes less time.
   * @throws UsageError for an unknown plugin; ClusterError where it does not get ready
   */
  exchangePlugin?(plugin: string): Promise<void>;
  /**
   * Takes a part away without a word until `meanwhile` is done, at most 90 seconds. Resolves when a new process of the
   * plugin enforces on the node; when our pods serve on the node that boots, whether the plugin enforces there or not; or
   * when the API server and the controllers beside it work again.
   * @throws what `meanwhile` throws; ClusterError where the part does not come back, or the cluster lacks the operations
   */
  outage(what: Outage, meanwhile: () => Promise<void>): Promise<void>;
  /** Lanes that may be open at once. */
  readonly maximumLanes: number;
  /**
   * Opens a lane with its standing pods, all serving. `standing` names namespaces `x`, `y`, `z`; `guests` those that may
   * be created later, `guestNamespaces` where nobody says.
   */
  openLane(index: number, standing: readonly PodRequest[], guests?: readonly string[]): Promise<Lane>;
  /** What is there that is not ours; absent where the cluster was made for the run. */
  readonly live?: {
    /** All that the policies of the cluster depend on. */
    world(): Promise<World>;
    /**
     * Creates pods in namespaces that are there, and those whose namespace is empty in one of ours.
     * @throws UsageError before anything is created, ClusterError
     */
    openPods(pods: readonly PodRequest[]): Promise<PodsInPlace>;
  };
};

/** What every provider needs to start. */
export type StartOptions = {
  /** Marks everything that this run creates: lower-case letters and digits. */
  run: string;
  /** `reference`, `mutant:NAME`, `none`, `default`, NAME or NAME/MODE under manifests/plugins, or a PATH. */
  plugin: string;
  /** The version to which the plugin is upgraded where a scenario does that, by a name of the same kind; empty: none. */
  pluginNext?: string;
  /** One line per change of state, for the terminal. */
  log: (line: string) => void;
};
