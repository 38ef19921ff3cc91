import { outcomes, type Observation } from '../matrix/matrix.ts';
import { asRecord } from './greeting.ts';

/** What an agent said of one probe; what is no such thing is an `error`. */
export const toObservation = (result: unknown): Observation => {
  const { outcome, milliseconds, answeredBy, sourceSeen, detail } = asRecord(result) ?? {};
  const known = outcomes.find((name) => name === outcome);
  if (known === undefined || typeof milliseconds !== 'number')
    return {
      outcome: 'error',
      milliseconds: 0,
      detail: `not a result: ${JSON.stringify(result)?.slice(0, 200)}`,
    };
  return {
    outcome: known,
    milliseconds,
    ...(typeof answeredBy === 'string' && { answeredBy }),
    ...(typeof sourceSeen === 'string' && { sourceSeen }),
    ...(typeof detail === 'string' && { detail }),
  };
};
