import { expect } from 'chai';
import type { Lane } from '../../../helpers/cluster/cluster.ts';
import { standing } from './kind-probes.ts';
import { thrownBy } from '../thrown.ts';

/**
 * Goes through all that comes and goes in a lane of a real cluster, and leaves a namespace behind that the lane must
 * take with it. `owned` lists the namespaces that carry the label of the run.
 */
export const comeAndGo = async (lane: Lane, owned: () => Promise<string>): Promise<void> => {
  const w = lane.namespaceNames['w'] ?? '';
  const job = { namespace: w, name: 'job' };
  const policy = (name: string, port: object): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: w },
    spec: { podSelector: {}, ingress: [{ ports: [port] }] },
  });
  expect(await lane.offerPolicy(policy('early', {}))).to.include({ accepted: false, status: 404 });

  await lane.createNamespace(w, { ns: 'w', team: 'blue' });
  expect(await owned()).to.include(w);
  await lane.createPod({ ...standing[0]!, ...job, completes: true });
  expect(await lane.offerPolicy(policy('right', { port: 80 }))).to.deep.equal({ accepted: true });
  expect(await lane.offerPolicy(policy('wrong', { endPort: 80 }))).to.include({
    accepted: false,
    status: 422,
  });
  expect(await lane.offerPolicy(policy('unknown', { prot: 80 }))).to.include({
    accepted: false,
    status: 400,
  });
  await thrownBy(() => lane.offerPolicy(policy('right', { port: 80 })));
  const { namespaces, policies } = await lane.world();
  expect(namespaces.find(({ name }) => name === w)?.labels).to.include({ ns: 'w', team: 'blue' });
  expect(policies.map(({ metadata, spec }) => [metadata.name, spec.policyTypes])).to.deep.equal([
    ['right', ['Ingress']],
  ]);

  const before = (await lane.world()).pods.find(({ namespace }) => namespace === w);
  expect(before).to.have.property('addresses').that.has.length(2);
  expect(before).to.not.have.property('phase');
  await lane.completePod(job);
  const after = (await lane.world()).pods.find(({ namespace }) => namespace === w);
  expect(after).to.deep.include({ labels: before?.labels, phase: 'Succeeded' });

  const { gone } = await lane.deleteNamespace(w);
  const left = await lane.world();
  expect(left.policies).to.deep.equal([]);
  expect(left.pods.map(({ namespace }) => namespace)).to.not.include(w);
  await gone;
  expect(await owned()).to.not.include(w);
  await lane.createNamespace(w, { ns: 'w' });
  expect((await lane.world()).namespaces.find(({ name }) => name === w)?.labels).to.not.have.property('team');
};
