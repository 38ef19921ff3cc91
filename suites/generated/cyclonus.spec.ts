import { drawScenario } from '../../helpers/run/generated.ts';
import { check } from '../../helpers/run/suite.ts';
import { cyclonusCases } from '../../helpers/scenario/generated-cyclonus.ts';

const groups = Object.groupBy(cyclonusCases(), ({ group }) => group);

describe('Cyclonus', () => {
  for (const [group, cases = []] of Object.entries(groups)) {
    describe(group, () => {
      for (const { scenario, about } of cases) it(scenario.title, check(drawScenario(scenario, about)));
    });
  }
});
