import { expect } from 'chai';
import type { NetworkPolicy, NetworkPolicySpec } from '../../../helpers/kube/types.ts';
import type { Family, Pod, World } from '../../../helpers/kube/world.ts';
import { parseGrid, printGrid } from '../../../helpers/matrix/grid.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import type { Oracle } from '../../../helpers/model/oracle.ts';

export const policyOf = (id: string, spec: NetworkPolicySpec): NetworkPolicy => {
  const [namespace = '', name = ''] = id.split('/');
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace, name }, spec };
};

/** A pod with TCP and UDP 80 and 81 and addresses 10.0.N.M and fd00::N:M, N and M from its letters. */
export const podOf = (id: string, more: Partial<Pod> = {}): Pod => {
  const [namespace = '', name = ''] = id.split('/');
  const [n, m] = [namespace, name].map((part) => part.charCodeAt(0) - 96);
  return {
    namespace,
    name,
    labels: { pod: name },
    addresses: [`10.0.${n}.${m}`, `fd00::${n}:${m}`],
    ports: [
      { name: 'serve-80', protocol: 'TCP', port: 80 },
      { name: 'serve-81', protocol: 'TCP', port: 81 },
      { name: 'serve-80-udp', protocol: 'UDP', port: 80 },
      { name: 'serve-81-udp', protocol: 'UDP', port: 81 },
    ],
    node: 'node0',
    ...more,
  };
};

export const worldOf = (pods: Pod[], policies: NetworkPolicy[], more: Partial<World> = {}): World => ({
  namespaces: [
    ...new Set(pods.filter(({ external }) => external !== true).map(({ namespace }) => namespace)),
  ].map((name) => ({ name, labels: { ns: name } })),
  pods,
  services: [],
  policies,
  ...more,
});

/** Namespaces x, y, z with pods a, b, c each. */
export const ninePods = ['x', 'y', 'z'].flatMap((namespace) =>
  ['a', 'b', 'c'].map((name) => podOf(`${namespace}/${name}`)),
);

/** Asserts that the oracle draws the same grid. */
export const expectGrid = (
  world: World | Oracle,
  probe: string,
  drawn: string,
  families: readonly Family[] = ['IPv4', 'IPv6'],
): void => {
  const oracle = 'verdict' in world ? world : createOracle(world);
  const parsed = parseGrid(drawn);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { matrix } = parsed.grid;
  const [name, port = 0] = probe.split('/');
  const protocol = (['TCP', 'UDP', 'SCTP', 'ICMP'] as const).find((each) => each === name);
  if (protocol === undefined) throw new Error(probe);
  for (const family of families) {
    const computed = oracle.matrix(protocol, Number(port), family, matrix.rows, matrix.columns);
    expect(printGrid(computed), `${probe} over ${family}`).to.equal(printGrid(matrix));
  }
};
