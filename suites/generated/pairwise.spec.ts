import { drawScenario } from '../../helpers/run/generated.ts';
import { check } from '../../helpers/run/suite.ts';
import { pairwiseScenarios } from '../../helpers/scenario/generated-pairwise.ts';

describe('Pairs of axes', () => {
  for (const scenario of pairwiseScenarios()) it(scenario.title, check(drawScenario(scenario)));
});
