import { expect } from 'chai';
import { defaults } from '../../../helpers/config.ts';
import { UsageError } from '../../../helpers/errors.ts';
import type { Family } from '../../../helpers/kube/world.ts';
import { skipReason } from '../../../helpers/run/skip-reason.ts';
import { gridsFor } from '../../../helpers/run/expected.ts';
import { silenceAfter, type GridSeen } from '../../../helpers/run/observe.ts';
import { chooseProvider } from '../../../helpers/run/providers.ts';
import { exitCodeOf } from '../../../helpers/report/record.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

const scenarios = await loadShipped();
const named = (part: string): Scenario => {
  const found = scenarios.find(({ name }) => name.includes(part));
  if (found === undefined) throw new Error(`no scenario ${part}`);
  return found;
};
const context = (families: Family[], lacks = {}): Parameters<typeof skipReason>[1] => ({
  families,
  lacks,
});

describe('skipReason', () => {
  it('runs on both families and on one', () => {
    const scenario = named('default-deny-ingress');
    expect(skipReason(scenario, context(['IPv4', 'IPv6']))).to.equal(undefined);
    expect(skipReason(scenario, context(['IPv4']))).to.equal(undefined);
  });

  it('skips a scenario all of whose denials are about a family that the cluster lacks', () => {
    const scenario = named('ip-block/one-family-only');
    expect(skipReason(scenario, context(['IPv4', 'IPv6']))).to.equal(undefined);
    const reasons = (['IPv4', 'IPv6'] as const).map((family) => skipReason(scenario, context([family])));
    expect(reasons.some((reason) => reason?.includes('a family that this cluster lacks'))).to.equal(true);
  });

  it('gives the reason of a missing capability', () => {
    const lacks = { external: 'no hosts outside', 'service-names': 'no DNS' };
    expect(skipReason(named('ingress-except'), context(['IPv4'], lacks))).to.equal('no hosts outside');
    expect(skipReason(named('services/by-name'), context(['IPv4'], lacks))).to.equal('no DNS');
    const chosen = { 'chosen-address': 'addresses come as they come' };
    expect(skipReason(named('address-reused-by-peer'), context(['IPv4'], chosen))).to.equal(
      'addresses come as they come',
    );
    expect(skipReason(named('same-node-and-other'), context(['IPv4'], { 'two-nodes': 'one node' }))).to.equal(
      'one node',
    );
    const nodes = { 'host-network': 'no host network', kubelet: 'no kubelet', 'two-nodes': 'one node' };
    expect(skipReason(named('nodes/host-network-subject'), context(['IPv4'], nodes))).to.equal(
      'no host network',
    );
    const oneNode = { 'two-nodes': 'one node' };
    expect(skipReason(named('nodes/host-network-subject'), context(['IPv4'], oneNode))).to.equal('one node');
    expect(skipReason(named('nodes/kubelet-probes'), context(['IPv4'], nodes))).to.equal('no kubelet');
    expect(skipReason(named('services/node-port'), context(['IPv4'], nodes))).to.equal('one node');
  });
});

describe('skipReason of policies of the admin tiers', () => {
  const lacksExperimental = { 'experimental-channel': 'the CRDs are of the standard channel' };
  const lacksStandard = { 'standard-channel': 'the CRDs are of the experimental channel' };

  it('is the channel of the CRDs that has not the fields that they use', () => {
    const names = named('admin/domain-names/name-without-address');
    expect(skipReason(names, context(['IPv4'], lacksExperimental))).to.match(/of the standard channel/);
    expect(skipReason(names, context(['IPv4'], lacksStandard))).to.equal(undefined);
    const plain = named('admin/lifecycle/delete-frees');
    expect(skipReason(plain, context(['IPv4'], lacksExperimental))).to.equal(undefined);
  });

  it('is the channel that an API scenario does not hold for, whatever it has refused', () => {
    const standard = named('admin/api/cluster-standard-channel');
    expect(skipReason(standard, context(['IPv4'], lacksStandard))).to.match(/of the experimental channel/);
    expect(skipReason(standard, context(['IPv4'], lacksExperimental))).to.equal(undefined);
    const both = named('admin/api/cluster-tiers-and-priorities');
    expect(skipReason(both, context(['IPv4'], { ...lacksStandard }))).to.equal(undefined);
  });
});

describe('skipReason of a scenario that asks the API server', () => {
  it('is what the cluster lacks, and never that no grid is drawn', () => {
    expect(skipReason(named('api/end-port'), context(['IPv6'], { api: 'no API' }))).to.equal('no API');
    expect(skipReason(named('api/end-port'), context(['IPv6']))).to.equal(undefined);
  });
});

describe('gridsFor', () => {
  it('asks a grid without a family over every family that the cluster has', () => {
    const [step] = named('default-deny-ingress').steps;
    const keys = gridsFor(step?.expect ?? [], ['IPv4', 'IPv6']).map(({ kind }) => kind.family);
    expect(new Set(keys)).to.deep.equal(new Set(['IPv4', 'IPv6']));
  });
});

describe('silenceAfter', () => {
  const seen = (milliseconds: number): GridSeen[] => [
    {
      kind: { target: 'pod', family: 'IPv4', protocol: 'TCP', port: 80 },
      want: { rows: ['x/a'], columns: ['x/b'], cells: ['allow'] },
      got: { rows: ['x/a'], columns: ['x/b'], cells: [{ outcome: 'connected', milliseconds }] },
      comparison: { differing: [], unknown: [], uncharacterised: [] },
    },
  ];

  it('follows the slowest answer, within bounds', () => {
    expect(silenceAfter(seen(1), { shortestSilence: 50 })).to.equal(50);
    expect(silenceAfter(seen(40), { shortestSilence: 50 })).to.equal(200);
    expect(silenceAfter(seen(900), { shortestSilence: 50 })).to.equal(1000);
  });
});

describe('exitCodeOf', () => {
  const code = (pass: number, fail: number, error: number, aborted?: string): number =>
    exitCodeOf({ counts: { pass, fail, error, skip: 1 }, ...(aborted !== undefined && { aborted }) });

  it('is 0 only where something passed and nothing is red', () => {
    expect(code(1, 0, 0)).to.equal(0);
    expect(code(0, 0, 0), 'only skips').to.equal(2);
  });

  it('lets what could not be told win over what failed', () => {
    expect(code(1, 1, 0)).to.equal(1);
    expect(code(1, 1, 1)).to.equal(2);
    expect(code(1, 0, 0, 'interrupted')).to.equal(2);
  });
});

describe('chooseProvider', () => {
  it('never leaves a cluster that was named for another one', async () => {
    expect((await chooseProvider({ ...defaults, context: 'mine' })).provider).to.equal('existing');
    expect((await chooseProvider({ ...defaults, cluster: 'mine' })).provider).to.equal('kind');
    const refused = chooseProvider({ ...defaults, provider: 'kind', kubeconfig: 'mine' });
    expect(await refused.catch((error: unknown) => error)).to.be.instanceOf(UsageError);
  });
});
