import { describe, readTexts } from './reading.ts';
import type { ContainerPort } from '../kube/world.ts';
import type { Path } from '../kube/yaml.ts';
import type { Complain, Fields } from './reading.ts';
import type { PodId, ScenarioPod } from './scenario.ts';

/**
 * Ports that a pod may have in the network of its node, where all lanes and the node's own services share them: below
 * are the privileged ones, above those that agents take for their UDP probes, node ports (30000 to 32767) and the
 * kernel's ephemeral ports (32768 to 60999).
 */
const lowest = 1024;
const highest = 19_999;

/**
 * Reads `hostNetwork: true`. Such a pod has the addresses of the node that it names, and no ports but those it asks for.
 * `ports` are those that were read for it.
 */
export const readHostNetwork = (
  fields: Fields,
  ports: readonly ContainerPort[],
  path: Path,
  complain: Complain,
): Pick<ScenarioPod, 'hostNetwork'> => {
  const { hostNetwork, node, addressOf } = fields;
  if (hostNetwork === undefined) return {};
  const place = [...path, 'hostNetwork'];
  if (hostNetwork !== true) {
    complain(place, `wanted \`true\` (or nothing: a network of its own), got ${describe(hostNetwork)}`);
    return { hostNetwork: true };
  }
  if (node === undefined)
    complain(place, 'a pod in the host network is its node: say which with `node`', 'key');
  if (addressOf !== undefined)
    complain([...path, 'addressOf'], 'a pod in the host network has the addresses of its node', 'key');
  for (const { protocol, port } of ports.filter(({ port }) => port < lowest || port > highest))
    complain(
      [...path, 'ports'],
      `${protocol}/${port} cannot be had in the host network: wanted ${lowest} to ${highest}, which no node hands out by itself`,
      'key',
    );
  return { hostNetwork: true };
};

/** Two pods of one node cannot listen on the same port of it. */
export const refuseSharedPorts = (pods: readonly ScenarioPod[], complain: Complain): void => {
  const hosts = pods.filter(({ hostNetwork }) => hostNetwork === true);
  for (const [index, { id, node, ports }] of hosts.entries())
    for (const { protocol, port } of ports) {
      const first = hosts
        .slice(0, index)
        .find(
          (other) =>
            other.node === node && other.ports.some((own) => own.protocol === protocol && own.port === port),
        );
      if (first !== undefined)
        complain(['pods', id, 'ports'], `${first.id} has ${protocol}/${port} of node ${node} already`, 'key');
    }
};

/** Reads `readiness: TCP/80`: a port on which the pod listens, where the kubelet asks whether it is ready. */
export const readReadiness = (
  value: unknown,
  ports: readonly ContainerPort[],
  path: Path,
  complain: Complain,
): Pick<ScenarioPod, 'readiness'> => {
  if (value === undefined) return {};
  const port = Number(typeof value === 'string' ? /^TCP\/(\d{1,5})$/.exec(value)?.[1] : undefined);
  if (ports.some((own) => own.protocol === 'TCP' && own.port === port))
    return { readiness: { protocol: 'TCP', port } };
  complain(path, `wanted a TCP port on which the pod listens, like TCP/80, got ${describe(value)}`);
  return {};
};

/** Reads `ready: x/d` of a step: pods that exist after it and that the kubelet probes. */
export const readReady = (
  value: unknown,
  path: Path,
  pods: readonly ScenarioPod[],
  complain: Complain,
): PodId[] =>
  readTexts(value, path, complain, 'names of pods').filter((id) => {
    const pod = pods.find((candidate) => candidate.id === id);
    if (pod === undefined) complain(path, `\`${id}\` is not a pod that exists at this step`);
    else if (pod.readiness === undefined)
      complain(path, `the kubelet does not probe ${id}: give it a \`readiness\``);
    return pod?.readiness !== undefined;
  });
