import { check } from '../../helpers/run/suite.ts';
import { loadScenarios } from '../../helpers/scenario/load.ts';

const areas = Object.groupBy(await loadScenarios('operations'), ({ name }) =>
  name.split('/').slice(1, -1).join('/'),
);

describe('Operations', () => {
  for (const [area, scenarios = []] of Object.entries(areas)) {
    describe(area, () => {
      for (const scenario of scenarios) it(scenario.title, check(scenario));
    });
  }
});
