import { hostname } from 'node:os';
import type { V1Node, V1Pod } from '../kube/client.ts';
import type { Labels, Protocol } from '../kube/types.ts';
import type { Node, Pod } from '../kube/world.ts';
import type { PodRequest } from './cluster.ts';

export const runLabel = 'netpol-conformance/run';
export const laneLabel = 'netpol-conformance/lane';
/** Who made it, so that `netpol clean` can tell a live run from a dead one. */
export const ownerAnnotation = 'netpol-conformance/owner';
/** As owners are named: `host/pid`. */
export const thisProcess = `${hostname()}/${process.pid}`;
export const containerName = 'agent';
export const agentConfigMap = 'netpol-agent';

/** Why no cluster can create a pod with the address of another one. */
export const noChosenAddress = 'a cluster chooses the addresses of its pods itself';

/** Which pods Pod Security admits to a namespace. */
export const admissionLabel = 'pod-security.kubernetes.io/enforce';

const agentCommand = ['node', '/agent/agent.mjs'];
const agentUser = 65532;
/** Both are safe in the sense of Pod Security: low ports, and ICMP echo, without a capability. */
const agentSysctls = [
  { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' },
  { name: 'net.ipv4.ping_group_range', value: `${agentUser} ${agentUser}` },
];

export const namespaceBody = (name: string, labels: Labels) => ({
  metadata: { name, labels, annotations: { [ownerAnnotation]: thisProcess } },
});

/** The labels of a namespace that a scenario does not decide over: ours, and admission to the strictest standard. */
export const ownLabels = (run: string, lane: number): Labels => ({
  [runLabel]: run,
  [laneLabel]: String(lane),
  [admissionLabel]: 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
});

export const probeCommand = [...agentCommand, 'probe'];

/** Tells the container's first process, which is the agent, to end. Every image has Node, not every one has `kill`. */
export const endCommand = ['node', '-e', 'process.kill(1, "SIGTERM")'];

/** A probe pod, admissible under Pod Security `restricted` unless it wants the host network. */
export const podBody = (
  { namespace, name, labels, ports, completes = false, hostNetwork, readiness }: PodRequest,
  image: string,
  host: string,
) => ({
  metadata: { namespace, name, labels },
  spec: {
    // A pod whose process is started again never completes.
    ...(completes ? { restartPolicy: 'Never' } : {}),
    ...(hostNetwork ? { hostNetwork, dnsPolicy: 'ClusterFirstWithHostNet' } : {}),
    // Through the scheduler and not by nodeName, so that quotas, taints and full nodes are said and not hidden.
    nodeSelector: { 'kubernetes.io/hostname': host },
    tolerations: ['control-plane', 'master'].map((role) => ({
      key: `node-role.kubernetes.io/${role}`,
      operator: 'Exists',
      effect: 'NoSchedule',
    })),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 0,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: agentUser,
      runAsGroup: agentUser,
      seccompProfile: { type: 'RuntimeDefault' },
      // That of the node is not ours to change.
      ...(hostNetwork ? {} : { sysctls: agentSysctls }),
    },
    containers: [
      {
        name: containerName,
        image,
        imagePullPolicy: 'IfNotPresent',
        command: [...agentCommand, 'serve', '--name', `${namespace}/${name}`, '--ports', portList(ports)],
        // An exec into the container learns the pod's name from here.
        env: [{ name: 'NETPOL_NAME', value: `${namespace}/${name}` }],
        ports: ports.map(({ name, protocol, port }) => ({
          ...(name === undefined ? {} : { name }),
          protocol,
          containerPort: port,
        })),
        ...(readiness === undefined ? {} : { readinessProbe: probeOf(readiness.port) }),
        resources: { requests: { cpu: '10m', memory: '48Mi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'agent', mountPath: '/agent', readOnly: true }],
      },
    ],
    volumes: [{ name: 'agent', configMap: { name: agentConfigMap } }],
  },
});

/** Once a second, and one failure is enough: what a policy does to the kubelet's probes shows at once. */
const probeOf = (port: number) => ({
  tcpSocket: { port },
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
});

/** The agent serves TCP and UDP; other declared ports are only declared. */
export const portList = (ports: readonly { protocol: Protocol; port: number }[]): string =>
  ports
    .filter(({ protocol }) => protocol !== 'SCTP')
    .map(({ protocol, port }) => `${protocol}/${port}`)
    .join(',');

/** Whether the status of a pod or node says so. */
export const saysReady = (status: V1Pod['status'] | V1Node['status']): boolean =>
  status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** A pod as policies see it, or undefined for one that failed or is about to go. */
export const readPod = ({ metadata, spec, status }: V1Pod): Pod | undefined => {
  if (metadata?.deletionTimestamp !== undefined || status?.phase === 'Failed') return undefined;
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    labels: metadata?.labels ?? {},
    addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
    ports: (spec?.containers ?? [])
      .flatMap(({ ports = [] }) => ports)
      .map(({ name, protocol = 'TCP', containerPort }) => ({
        ...(name === undefined ? {} : { name }),
        protocol: protocol as Protocol,
        port: containerPort,
      })),
    node: spec?.nodeName ?? '',
    ...(spec?.hostNetwork === true ? { hostNetwork: true } : {}),
    ...(spec?.containers.some(({ readinessProbe }) => readinessProbe !== undefined) === true
      ? { ready: saysReady(status) }
      : {}),
    ...(status?.phase === 'Succeeded' ? { phase: 'Succeeded' } : {}),
  };
};

/** The nodes of these `kubernetes.io/hostname`, in that order, with their labels and the addresses that pods reach them at. */
export const readNodes = (nodes: readonly V1Node[], hosts: readonly string[]): Node[] =>
  hosts.flatMap((host) =>
    nodes
      .filter(({ metadata }) => hostnameOf(metadata) === host)
      .map(({ metadata, status }) => ({
        name: metadata?.name ?? '',
        labels: metadata?.labels ?? {},
        addresses: internalAddresses(status),
      })),
  );

export const internalAddresses = (status: V1Node['status']): string[] =>
  (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);

const hostnameOf = (metadata: V1Node['metadata']): string =>
  metadata?.labels?.['kubernetes.io/hostname'] ?? metadata?.name ?? '';

const controlPlaneTaint = /^node-role\.kubernetes\.io\/(control-plane|master)$/;

/**
 * The `kubernetes.io/hostname` of the nodes that probe pods go to, sorted: the workers where there are two, else
 * every node, control plane included. Nodes that are not ready, cordoned or otherwise tainted are left out.
 */
export const chooseNodes = (nodes: readonly V1Node[]): string[] => {
  const usable = nodes.filter(
    ({ spec, status }) =>
      spec?.unschedulable !== true &&
      saysReady(status) &&
      (spec?.taints ?? []).every(
        ({ key, effect }) => effect === 'PreferNoSchedule' || controlPlaneTaint.test(key),
      ),
  );
  const workers = usable.filter(
    ({ metadata }) => !Object.keys(metadata?.labels ?? {}).some((label) => controlPlaneTaint.test(label)),
  );
  return (workers.length >= 2 ? workers : usable).map(({ metadata }) => hostnameOf(metadata)).toSorted();
};
