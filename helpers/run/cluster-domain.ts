import type { Ground } from './ground.ts';

/**
 * Why the names of Services do not end in `cluster.local` here, in words that fit behind "skipped:", or undefined where
 * they do. One pod asks for the API server by that name; what answers there is no matter.
 */
export const findDomainFlaw = async (
  { prober }: Pick<Ground, 'prober'>,
  pod: string,
): Promise<string | undefined> => {
  const [seen] = await prober.probe(pod, [{ protocol: 'TCP', host: apiServer, port: 443, deadline }]);
  const { outcome, detail = '' } = seen ?? { outcome: 'error' };
  return outcome === 'error' && detail.startsWith('DNS: ')
    ? `no DNS server here knows ${apiServer} (${detail})`
    : undefined;
};

const apiServer = 'kubernetes.default.svc.cluster.local.';
const deadline = 3000;
