import { AssertionError, expect } from 'chai';
import { ClusterError } from '../../../helpers/errors.ts';
import type { PolicyAnswer } from '../../../helpers/kube/policies.ts';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { World } from '../../../helpers/kube/world.ts';
import type { StepRecord } from '../../../helpers/report/record.ts';
import { checkAnswers } from '../../../helpers/run/answers.ts';
import type { Ground } from '../../../helpers/run/ground.ts';
import { loadScenarios } from '../../../helpers/scenario/load.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { thrownBy } from '../thrown.ts';

const named = async (name: string): Promise<Scenario> => {
  const [scenario] = await loadScenarios(`network-policy/api/${name}.yaml`);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
};
const refusal = (status: number): PolicyAnswer => ({
  accepted: false,
  status,
  message: `HTTP ${status}: no`,
});

/** A ground whose API server answers as told, and stores what it accepts, changed by `keep`. */
const groundOf = (
  answer: (policy: NetworkPolicy) => PolicyAnswer,
  keep = (policy: NetworkPolicy): NetworkPolicy => policy,
): { ground: Ground; offered: NetworkPolicy[] } => {
  const offered: NetworkPolicy[] = [];
  const policies: NetworkPolicy[] = [];
  const lane = {
    namespaceNames: { x: 'real-x', y: 'real-y', w: 'real-w' },
    offerPolicy: async (document: object) => {
      const policy = document as NetworkPolicy;
      offered.push(policy);
      const given = answer(policy);
      if (given.accepted) policies.push(keep(policy));
      return given;
    },
    world: async (): Promise<World> => ({ namespaces: [], pods: [], services: [], policies }),
  };
  const ground = {
    lane,
    prepare: async () => {},
    createNamespace: async () => {},
    shortId: (id: string) => id.replace('real-', ''),
    realId: (id: string) => `real-${id}`,
    realName: () => ({ namespace: '', name: '' }),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a ground that this asks for
  return { ground: ground as unknown as Ground, offered };
};

const isLegal = (policy: NetworkPolicy): boolean =>
  ['end-port-is-port', 'all-ports', 'deny-all'].includes(policy.metadata.name);
const proper = (policy: NetworkPolicy): PolicyAnswer => (isLegal(policy) ? { accepted: true } : refusal(422));

describe('the answers of an API server', () => {
  const run = async (
    name: string,
    answer: (policy: NetworkPolicy) => PolicyAnswer,
    keep?: (policy: NetworkPolicy) => NetworkPolicy,
  ): Promise<{ error: unknown; records: StepRecord[]; offered: NetworkPolicy[] }> => {
    const { ground, offered } = groundOf(answer, keep);
    const records: StepRecord[] = [];
    const scenario = await named(name);
    const error = await checkAnswers(scenario, ground, records).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, records, offered };
  };

  it('are recorded with the words of each refusal, and the documents go out as they stand, but for the namespace', async () => {
    const { error, records, offered } = await run('end-port', proper);
    expect(error).to.equal(undefined);
    expect(records.map(({ action }) => action.split(' ')[0])).to.deep.equal(['reject', 'apply']);
    expect(records[0]?.answers?.[0]).to.deep.equal({
      ...{ policy: 'x/end-port-alone', want: 'rejected', got: 'rejected' },
      ...{ status: 422, message: 'HTTP 422: no' },
    });
    expect(records[1]?.answers?.[0]).to.deep.equal({
      ...{ policy: 'x/end-port-is-port', want: 'accepted', got: 'accepted' },
    });
    expect(offered[0]).to.deep.include({
      metadata: { name: 'end-port-alone', namespace: 'real-x' },
      spec: { podSelector: {}, ingress: [{ ports: [{ endPort: 90 }] }] },
    });
  });

  it('fail the scenario where a wrong policy is accepted', async () => {
    const { error, records } = await run('end-port', () => ({ accepted: true }));
    expect(error).to.be.instanceOf(AssertionError);
    expect(error)
      .to.have.property('message')
      .that.includes('4 of 4 answers differ after step 1 (reject end-port-alone');
    expect(error)
      .to.have.property('message')
      .that.includes('x/end-port-alone   want rejected   got accepted');
    expect(records).to.have.length(1);
  });

  it('fail the scenario where a right policy is refused, with the words', async () => {
    const { error } = await run('end-port', () => refusal(400));
    expect(error).to.be.instanceOf(AssertionError);
    expect(error)
      .to.have.property('message')
      .that.includes('x/all-ports   want accepted   got rejected: HTTP 400: no');
  });

  it('are an error where a document is refused for want of its namespace only', async () => {
    const { error } = await run('end-port', () => refusal(404));
    expect(error).to.be.instanceOf(ClusterError).and.not.instanceOf(AssertionError);
  });

  it('may be that the namespace is not there, where that is the claim, and nothing else then', async () => {
    let isThere = false;
    const byNamespace = (): PolicyAnswer => {
      const answer: PolicyAnswer = isThere ? { accepted: true } : refusal(404);
      isThere = true;
      return answer;
    };
    const stored = (policy: NetworkPolicy): NetworkPolicy => ({
      ...policy,
      spec: { policyTypes: ['Ingress'] },
    });
    expect((await run('missing-namespace', byNamespace, stored)).error).to.equal(undefined);
    expect((await run('missing-namespace', () => refusal(422))).error).to.be.instanceOf(ClusterError);
  });

  it('fail the scenario where something else is stored than the API says', async () => {
    const { error } = await run('missing-namespace', ({ metadata }) =>
      metadata.name ? { accepted: true } : refusal(404),
    );
    expect(error).to.be.instanceOf(AssertionError);
    let isThere = false;
    const { error: second } = await run('missing-namespace', () => {
      const answer: PolicyAnswer = isThere ? { accepted: true } : refusal(404);
      isThere = true;
      return answer;
    });
    expect(second).to.be.instanceOf(AssertionError);
    expect(second)
      .to.have.property('message')
      .that.includes('w/deny-all spec.policyTypes   want ["Ingress"]   got nothing');
  });

  it('let what the API server did not say about a document be an error', async () => {
    const { ground } = groundOf(() => {
      throw new ClusterError({ subject: 'create x/end-port-alone', got: 'HTTP 403 Forbidden' });
    });
    const scenario = await named('end-port');
    expect(await thrownBy(() => checkAnswers(scenario, ground, []))).to.be.instanceOf(ClusterError);
  });
});
