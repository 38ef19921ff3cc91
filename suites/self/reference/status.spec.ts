import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStatusReporter } from '../../../helpers/reference/status.ts';
import { until } from '../waiting.ts';
import { startServer } from './api-server.ts';
import { admin, cluster, createTierState } from './tier-worlds.ts';
import type { State, StoredAdminPolicy } from '../../../helpers/reference/state.ts';

const stored = (policy: StoredAdminPolicy, uid = 'u', generation = 1): StoredAdminPolicy => ({
  ...policy,
  metadata: { ...policy.metadata, uid, generation },
});
const stateOf = (...adminPolicies: StoredAdminPolicy[]): State => ({ ...createTierState(), adminPolicies });

describe('reference status', () => {
  let rig: Awaited<ReturnType<typeof startServer>>;
  let failures: string[];

  beforeEach(async () => {
    rig = await startServer();
    failures = [];
  });

  afterEach(() => rig.stop());

  const createReporter = (node = 'node0') =>
    createStatusReporter({
      node,
      server: { url: rig.url, token: () => 'secret', authority: () => undefined },
      onFailure: (message) => failures.push(message),
    });

  it('applies a condition of its node to each policy, as a manager of its own', async () => {
    const reporter = createReporter();
    reporter.report(stateOf(stored(admin({}, 'a'), 'u1', 3), stored(cluster({}, 'c'), 'u2')), 1);
    await reporter.idle();
    const group = '/apis/policy.networking.k8s.io';
    const query = '?fieldManager=netpol-reference-node0&force=true';
    expect(rig.patches.map(({ path }) => path)).to.deep.equal([
      `${group}/v1alpha1/adminnetworkpolicies/a/status${query}`,
      `${group}/v1alpha2/clusternetworkpolicies/c/status${query}`,
    ]);
    expect(rig.patches[0]?.type).to.equal('application/apply-patch+yaml');
    const body = JSON.parse(rig.patches[0]?.body ?? '');
    expect(body).to.deep.include({
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'a', uid: 'u1' },
    });
    const [condition] = body.status.conditions;
    expect(condition).to.include({
      type: 'Ready-In-Zone-node0',
      status: 'True',
      reason: 'SetupSucceeded',
      observedGeneration: 3,
    });
    expect(condition.message).to.not.equal('');
    expect(condition.lastTransitionTime).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(failures).to.deep.equal([]);
  });

  it('has a name that the API server takes, however long that of the node is', async () => {
    const reporter = createReporter('n'.repeat(253));
    reporter.report(stateOf(stored(cluster({}))), 1);
    await reporter.idle();
    const manager = new URL(rig.patches[0]?.path ?? '', rig.url).searchParams.get('fieldManager') ?? '';
    expect(manager.length).to.be.within(1, 128);
  });

  it('tells each version of a policy once, and its heir again', async () => {
    const reporter = createReporter();
    const told = async (...policies: StoredAdminPolicy[]): Promise<number> => {
      const before = rig.patches.length;
      reporter.report(stateOf(...policies), 1);
      await reporter.idle();
      return rig.patches.length - before;
    };
    const policy = cluster({});
    expect(await told(stored(policy))).to.equal(1);
    expect(await told(stored(policy), stored(cluster({}, 'other')))).to.equal(1);
    expect(await told(stored(policy, 'u', 2), stored(cluster({}, 'other')))).to.equal(1);
    expect(await told(stored(policy, 'heir'))).to.equal(1);
    expect(await told()).to.equal(0);
    expect(await told(stored(policy, 'heir'))).to.equal(1);
  });

  it('says since when it is so, which a change of the policy does not change', async () => {
    const reporter = createReporter();
    for (const [generation, uid] of [
      [1, 'u'],
      [2, 'u'],
      [1, 'heir'],
    ] as const) {
      reporter.report(stateOf(stored(cluster({}), uid, generation)), generation);
      await reporter.idle();
      // Times are of whole seconds.
      await sleep(1001);
    }
    const [first, changed, heir] = rig.patches.map(
      ({ body }) => JSON.parse(body).status.conditions[0].lastTransitionTime as string,
    );
    expect(changed).to.equal(first);
    expect(heir).to.not.equal(first);
  }).timeout(10_000);

  it('keeps nothing waiting while it is refused, says so, and tries again', async () => {
    rig.status.code = 503;
    const reporter = createReporter();
    reporter.report(stateOf(stored(cluster({}))), 1);
    await until(() => failures.length > 1);
    expect(failures[0]).to.include('status not reported').and.to.include('503');
    expect(failures.join()).to.not.include('secret');
    rig.status.code = 200;
    await reporter.idle();
    expect(rig.patches.length).to.be.greaterThan(2);
  });

  it('leaves alone what is gone, and does the others all the same', async () => {
    rig.missing.add('/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies/gone/status');
    const reporter = createReporter();
    reporter.report(stateOf(stored(cluster({}, 'gone')), stored(cluster({}, 'here'))), 1);
    await reporter.idle();
    expect(rig.patches).to.have.lengthOf(2);
    expect(failures).to.deep.equal([]);
  });
});
