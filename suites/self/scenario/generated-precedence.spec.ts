import { expect } from 'chai';
import { idOf } from '../../../helpers/kube/world.ts';
import type { Policy } from '../../../helpers/kube/types.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { drawCells, evidenceOf } from '../../../helpers/run/generated.ts';
import {
  precedenceAxes,
  precedenceCases,
  type PrecedenceCase,
} from '../../../helpers/scenario/generated-precedence.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { policiesAt, worldAt } from '../../../helpers/scenario/world.ts';

const cases = precedenceCases();

/** What one layer does in a step, read from its policies again. */
const layersAt = (
  { draft, direction }: PrecedenceCase,
  step: number,
): { networkPolicy: string; baseline: string } => {
  const policies = policiesAt(draft, step);
  const find = (matches: (policy: Policy) => boolean): Policy | undefined => policies.find(matches);
  const isolating = find(({ kind }) => kind === 'NetworkPolicy');
  const last = find(({ metadata }) => metadata.name === 'default');
  const action = last?.spec[direction]?.map((rule) => ('action' in rule ? rule.action : ''))[0] ?? 'none';
  return {
    networkPolicy:
      isolating === undefined ? 'none' : (isolating.spec[direction]?.length ?? 0) > 0 ? 'allow' : 'deny',
    baseline: action === 'Allow' ? 'Accept' : action,
  };
};

/** By the sentence of the API: Admin, then NetworkPolicy, then Baseline, then open. */
const verdictBySentence = (
  first: string,
  second: string,
  networkPolicy: string,
  baseline: string,
): string => {
  const admin = first !== 'none' ? first : second;
  if (admin === 'Accept') return 'allow';
  if (admin === 'Deny') return 'deny';
  if (networkPolicy !== 'none') return networkPolicy;
  return baseline === 'Deny' ? 'deny' : 'allow';
};

describe('the precedence suite', () => {
  it('has every combination of tier and action, for both directions and versions', () => {
    const seen = new Set(
      cases.flatMap((one) =>
        one.draft.steps.slice(0, -3).flatMap((_, step) => {
          const { networkPolicy, baseline } = layersAt(one, step);
          const pods = one.draft.pods.filter(({ id }) => one.peers.includes(id));
          return pods.map(({ labels }) =>
            [
              one.draft.title.split(' first')[0],
              labels['first'],
              labels['second'],
              networkPolicy,
              baseline,
            ].join(),
          );
        }),
      ),
    );
    const { first, second, networkPolicy, baseline } = precedenceAxes;
    const each = first.length * second.length * networkPolicy.length;
    // The Baseline tier of v1alpha1 has no Pass.
    expect(seen.size).to.equal(2 * each * baseline.length + 2 * each * (baseline.length - 1));
  });

  it('expects what the sentence of the API says, in every step', () => {
    for (const one of cases)
      for (const [step] of one.draft.steps.slice(0, -3).entries()) {
        const { networkPolicy, baseline } = layersAt(one, step);
        const oracle = createOracle(worldAt(one.draft, step));
        for (const { id, labels } of one.draft.pods.filter((pod) => one.peers.includes(pod.id))) {
          const [from, to] = one.direction === 'ingress' ? [id, one.subject] : [one.subject, id];
          const wanted = verdictBySentence(
            labels['first'] ?? '',
            labels['second'] ?? '',
            networkPolicy,
            baseline,
          );
          expect(
            oracle.verdict(from, to, 'TCP', 80, 'IPv4'),
            `${one.draft.name} step ${step + 1} ${id}`,
          ).to.equal(wanted);
        }
      }
  });

  it('changes one policy a step, and the policies of the Admin tier change places in the end', () => {
    for (const { draft } of cases) {
      const [, ...changes] = draft.steps.map(({ action }) =>
        'policies' in action ? action.policies.length : 0,
      );
      expect(
        changes.every((count) => count === 1),
        draft.name,
      ).to.equal(true);
      const before = draft.steps.length - 4;
      const verdicts = [before, before + 1].map((step) => {
        const oracle = createOracle(worldAt(draft, step));
        const pods = worldAt(draft, step).pods.map(idOf);
        return (
          pods.map((peer) => oracle.verdict(peer, 'x/a', 'TCP', 80, 'IPv4')).join() +
          pods.map((peer) => oracle.verdict('x/a', peer, 'TCP', 80, 'IPv4')).join()
        );
      });
      expect(verdicts[0], draft.name).to.not.equal(verdicts[1]);
    }
  });

  it('is replayed from the file that lies beside a failure', () => {
    for (const { draft, peers, subject, direction } of cases) {
      const cells = peers.map((peer) => {
        const [from, to] = direction === 'ingress' ? [peer, subject] : [subject, peer];
        return { from, to, protocol: 'TCP' as const, port: 80 };
      });
      const text = evidenceOf(drawCells(draft, cells))['scenario.yaml'] ?? '';
      const { scenario, problems } = readScenario(text, 'scenario.yaml', draft.name);
      expect(problems, draft.name).to.deep.equal([]);
      expect(scenario.steps.map(({ action }) => action)).to.deep.equal(
        draft.steps.map(({ action }) => action),
      );
    }
  });
});
