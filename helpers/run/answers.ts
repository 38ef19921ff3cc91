import { AssertionError } from 'chai';
import { ClusterError } from '../errors.ts';
import type { Policy } from '../kube/types.ts';
import type { AnswerRecord, StepRecord } from '../report/record.ts';
import { countOf } from '../report/text.ts';
import { idOfPolicy } from '../scenario/policies.ts';
import { renamePolicy } from '../scenario/rename.ts';
import type { PolicyDocument, Scenario, Step } from '../scenario/scenario.ts';
import { findMissing } from '../scenario/stored.ts';
import { formatAction } from '../scenario/world.ts';
import { act } from './act.ts';
import type { Ground } from './ground.ts';
import { wordsOfStep } from './judge.ts';

/**
 * Plays a scenario that asks the API server: offers each policy as it stands in the file, and holds the answer, and
 * what was stored, against what the step wants. Records the answers of each step.
 * @throws AssertionError where the API server decided otherwise; ClusterError where it said nothing about a policy
 */
export const checkAnswers = async (
  scenario: Scenario,
  ground: Ground,
  records: StepRecord[],
): Promise<void> => {
  await ground.prepare(scenario);
  for (const [index, step] of scenario.steps.entries()) {
    const { action, line } = step;
    const after = wordsOfStep(step, index);
    const answers: AnswerRecord[] = [];
    records.push({
      ...{ action: formatAction(action), line, settleMs: {}, rounds: 0, retries: 0, grids: [] },
      ...((action.verb === 'apply' || action.verb === 'reject') && { answers }),
    });
    if (action.verb === 'apply')
      for (const policy of action.policies) answers.push(await offer(policy, 'accepted', ground));
    else if (action.verb === 'reject')
      for (const { document, flaw } of action.documents)
        answers.push(await offer(document, 'rejected', ground, flaw));
    else await act(action, scenario, ground);
    judgeAnswers(answers, after);
    await judgeStored(step, after, ground);
  }
};

const offer = async (
  policy: Policy,
  want: AnswerRecord['want'],
  { lane }: Ground,
  flaw?: PolicyDocument['flaw'],
): Promise<AnswerRecord> => {
  const { kind, metadata } = policy;
  const { namespace, name } = metadata;
  // Of an invalid document nothing but its own name and place can be changed.
  const isShared = namespace === undefined && kind !== 'BaselineAdminNetworkPolicy';
  const place = {
    ...(namespace !== undefined && { namespace: lane.namespaceNames[namespace] ?? namespace }),
    ...(isShared && { name: `${lane.prefix}${name}` }),
  };
  const real = { ...policy, metadata: { ...metadata, ...place } };
  const answer = await lane.offerPolicy(real);
  const told = { policy: idOfPolicy(policy), want };
  if (answer.accepted) return { ...told, got: 'accepted' };
  const { status, message } = answer;
  if ((status === 404) !== (flaw === 'namespace'))
    throw new ClusterError({
      subject: `the API server did not judge policy ${idOfPolicy(policy)}`,
      wanted:
        flaw === 'namespace' ? 'to be told that its namespace is not there' : 'a word about the document',
      got: message,
    });
  return { ...told, got: 'rejected', status, message };
};

const judgeAnswers = (answers: readonly AnswerRecord[], after: string): void => {
  const wrong = answers.filter(({ want, got }) => want !== got);
  if (wrong.length === 0) return;
  const lines = wrong.map(
    ({ policy, want, got, message }) =>
      `  ${policy}   want ${want}   got ${got}${message === undefined ? '' : `: ${message}`}`,
  );
  const differ = `${wrong.length} of ${countOf(answers.length, 'answer')} ${wrong.length === 1 ? 'differs' : 'differ'}`;
  throw new AssertionError(`${differ} ${after}\n${lines.join('\n')}`);
};

const judgeStored = async ({ action, stored = [] }: Step, after: string, { lane }: Ground): Promise<void> => {
  if (stored.length === 0 || action.verb !== 'apply') return;
  const { policies, adminPolicies = [] } = await lane.world();
  const lines = stored.flatMap(({ id, fields }) => {
    const sent = action.policies.filter((policy) => idOfPolicy(policy) === id);
    const [real] = sent.map((policy) => idOfPolicy(renamePolicy(policy, lane)));
    const spec = [...policies, ...adminPolicies].find((policy) => idOfPolicy(policy) === real)?.spec;
    const missing = findMissing(fields, spec, []);
    if (missing === undefined) return [];
    const place = ['spec', ...missing.path].join('.');
    return [
      `  ${id} ${place}   want ${JSON.stringify(missing.wanted)}   got ${JSON.stringify(missing.got) ?? 'nothing'}`,
    ];
  });
  if (lines.length > 0)
    throw new AssertionError(
      `${countOf(lines.length, 'policy', 'policies')} stored otherwise ${after}\n${lines.join('\n')}`,
    );
};
