import type { CaseRecord, StepRecord } from './record.ts';
import { redact } from './redact.ts';
import { countOf, formatSeconds, formatSettle, removeControls, wrap, type Layout } from './text.ts';

/**
 * What became of each step of a case, a line a step, under the line of the case:
 * `step 2 (line 14): apply deny-all, deny in 34 ms, 5 rounds, 2 retries`.
 */
export const formatSteps = ({ steps }: Pick<CaseRecord, 'steps'>, { width }: Layout): string[] =>
  steps.flatMap((step, index) => {
    const text = `step ${index + 1} (line ${step.line}): ${[step.action, ...partsOf(step)].join(', ')}`;
    return wrap(removeControls(redact(text)), width, ' '.repeat(indent), indent + 2);
  });

/** Where the name of a case begins. */
const indent = 6;

const partsOf = ({ settleMs, rounds, retries, operation, answers = [] }: StepRecord): string[] => [
  ...Object.entries(settleMs).map(([verdict, time]) => `${verdict} in ${formatSettle(time)}`),
  ...(rounds > 0 ? [countOf(rounds, 'round'), countOf(retries, 'retry', 'retries')] : []),
  ...(operation === undefined
    ? []
    : [
        `done in ${formatSeconds(operation.toMs - operation.fromMs)}`,
        `${countOf(operation.watched, 'flow')} watched`,
        ...(operation.attempt > 1 ? [`attempt ${operation.attempt}`] : []),
      ]),
  ...answers.map(({ policy, got }) => `${policy} ${got}`),
];
