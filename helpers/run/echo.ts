import type { Family } from '../kube/world.ts';
import type { ProbeRequest } from '../probe/link.ts';
import type { Ground } from './ground.ts';

/**
 * Why pods here cannot tell anything about ICMP echo, in words that fit behind "skipped:", or undefined where they can.
 * One pod asks itself on its loopback, where no policy reaches; what its stream lost is no reason.
 */
export const findEchoFlaw = async (
  { prober }: Pick<Ground, 'prober'>,
  pod: string,
  families: readonly Family[],
): Promise<string | undefined> => {
  const requests = families.map((family): ProbeRequest => ({
    protocol: 'ICMP',
    port: 0,
    deadline,
    ...loopback[family],
  }));
  const seen = await prober.probe(pod, requests);
  const flaw = seen.find(({ outcome, detail = '' }) =>
    outcome === 'error' ? /\bping\b/.test(detail) : outcome !== 'connected',
  );
  return flaw && `the probe pods cannot send ICMP echo (${flaw.detail ?? 'their loopback is silent'})`;
};

const deadline = 2_000;

const loopback = {
  IPv4: { host: '127.0.0.1', family: 4 },
  IPv6: { host: '::1', family: 6 },
} as const;
