import type { Lane, ObjectName } from '../cluster/cluster.ts';
import { ProbeError } from '../errors.ts';
import { idOf, type Pod } from '../kube/world.ts';
import type { Observation } from '../matrix/matrix.ts';
import { openLink, type Link, type ProbeRequest } from './link.ts';
import type { Teller } from './monitor.ts';
import type { Prober } from './sweep.ts';

/** Time that an answer may take beyond the probe's own deadline before its batch counts as lost, in milliseconds. */
const grace = 5000;

/** One open link to each pod of a lane, by real id. Disposing closes the links and nothing else. */
export type Links = Prober &
  Teller &
  AsyncDisposable & {
    /** Opens links to pods that have none and drops those to pods that are gone or have another address now. */
    refresh(pods: readonly Pod[]): Promise<void>;
  };

/** Opens a link to each of these pods. @throws ProbeError where an agent does not say hello */
export const openLinks = async (lane: Pick<Lane, 'connect'>, pods: readonly Pod[]): Promise<Links> => {
  const links = new Map<string, { link: Link; addresses: string }>();

  const open = async (pod: Pod): Promise<void> => {
    const name: ObjectName = { namespace: pod.namespace, name: pod.name };
    const link = openLink(() => lane.connect(name), idOf(pod), { name: idOf(pod), addresses: pod.addresses });
    links.set(idOf(pod), { link, addresses: pod.addresses.join() });
    await link.ready();
  };

  const close = async (id: string): Promise<void> => {
    const found = links.get(id);
    links.delete(id);
    await found?.link[Symbol.asyncDispose]();
  };

  const refresh = async (pods: readonly Pod[]): Promise<void> => {
    const wanted = new Map(pods.map((pod) => [idOf(pod), pod]));
    const stale = [...links].filter(([id, { addresses }]) => wanted.get(id)?.addresses.join() !== addresses);
    await Promise.all(stale.map(([id]) => close(id)));
    await Promise.all([...wanted.values()].filter((pod) => !links.has(idOf(pod))).map(open));
  };

  const probe = async (from: string, probes: readonly ProbeRequest[]): Promise<Observation[]> => {
    const found = links.get(from);
    if (found !== undefined) return found.link.probe(probes, { grace, waits: false });
    return probes.map(() => ({ outcome: 'error', milliseconds: 0, detail: `no link to ${from}` }));
  };

  const subscribe: Teller['subscribe'] = (from, request, take) => {
    const found = links.get(from);
    if (found === undefined) throw new ProbeError({ subject: `no link to ${from}` });
    return found.link.subscribe(request, take);
  };

  const asyncDispose = async (): Promise<void> => {
    await Promise.all([...links.keys()].map(close));
  };

  try {
    await refresh(pods);
  } catch (error) {
    await asyncDispose();
    throw error;
  }
  return { probe, subscribe, refresh, [Symbol.asyncDispose]: asyncDispose };
};
