import { check } from '../../helpers/run/suite.ts';
import { latencyCases } from '../../helpers/scenario/generated-latency.ts';

describe('Time to enforce', () => {
  for (const scenario of latencyCases()) it(scenario.title, check(scenario));
});
