import { expect } from 'chai';
import { cyclonusCases, type CyclonusCase } from '../../../helpers/scenario/generated-cyclonus.ts';
import { cyclonusTags } from '../../../helpers/scenario/generated-cyclonus-tags.ts';
import {
  pairwiseAxes,
  pairwiseForbidden,
  pairwiseScenarios,
} from '../../../helpers/scenario/generated-pairwise.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';

const cases = cyclonusCases();
const byDefault = cases.filter(({ isDefault }) => isDefault);

/** How many cases of the default set, and of all, have each tag; counted by running Cyclonus 0.5.6. */
const tagCounts = {
  action: {
    'create-policy': [2, 2],
    'delete-policy': [1, 2],
    'update-policy': [1, 1],
    'create-pod': [1, 1],
    'delete-pod': [1, 1],
    'set-pod-labels': [1, 1],
    'create-namespace': [1, 1],
    'delete-namespace': [1, 1],
    'set-namespace-labels': [1, 1],
  },
  target: { 'target-namespace': [3, 3], 'target-pod-selector': [3, 3] },
  direction: { ingress: [51, 105], egress: [51, 103] },
  rule: {
    'deny-all': [10, 13],
    'allow-all': [6, 7],
    'any-peer': [2, 2],
    'any-port-protocol': [2, 2],
    'multi-peer': [0, 90],
    'multi-port/protocol': [14, 14],
  },
  'peer-pods': {
    'all-pods': [14, 84],
    'pods-by-label': [6, 54],
    'all-namespaces': [10, 58],
    'namespaces-by-label': [6, 54],
    'policy-namespace': [4, 38],
    'namespaces-by-default-label': [0, 2],
  },
  'peer-ipblock': { 'ip-block-no-except': [2, 20], 'ip-block-with-except': [2, 20] },
  port: { 'any-port': [14, 14], 'numbered-port': [28, 40], 'named-port': [24, 25], 'end-port': [0, 12] },
  protocol: { tcp: [16, 20], udp: [16, 20], sctp: [10, 14] },
  miscellaneous: { pathological: [6, 6], conflict: [16, 17], example: [0, 1], 'upstream-e2e': [0, 13] },
};

const groupCounts = {
  target: 6,
  rules: 4,
  peers: 112,
  ports: 70,
  example: 1,
  action: 6,
  conflict: 16,
  namespace: 2,
  upstream: 13,
};

const count = (some: readonly CyclonusCase[], tag: string): number =>
  some.filter(({ tags }) => (tags as readonly string[]).includes(tag)).length;

const refuseDuplicates = (values: readonly string[]): void => {
  expect(values.filter((value, index) => values.indexOf(value) < index)).to.deep.equal([]);
};

describe('the cases of Cyclonus', () => {
  it('are 230, and 112 of them by default', () => {
    expect(cases.length).to.equal(230);
    expect(byDefault.length).to.equal(112);
  });

  it('are as many in each group as Cyclonus has there', () => {
    const groups = Map.groupBy(cases, ({ group }) => group);
    expect(Object.fromEntries([...groups].map(([group, some]) => [group, some.length]))).to.deep.equal(
      groupCounts,
    );
  });

  it('have each tag as often as in Cyclonus, in the default set and in all', () => {
    const counted = Object.entries(cyclonusTags).map(([axis, tags]) => [
      axis,
      Object.fromEntries(tags.map((tag) => [tag, [count(byDefault, tag), count(cases, tag)]])),
    ]);
    expect(Object.fromEntries(counted)).to.deep.equal(tagCounts);
  });

  it('have names and titles of their own, numbered in the order of Cyclonus', () => {
    refuseDuplicates(cases.map(({ scenario }) => scenario.name));
    refuseDuplicates(cases.map(({ scenario }) => scenario.title));
    for (const [index, { scenario }] of cases.entries()) {
      expect(scenario.name.split('/')[2]?.slice(0, 4)).to.equal(`${String(index + 1).padStart(3, '0')}-`);
      expect(scenario.name).to.match(/^generated\/cyclonus\/[a-z0-9-]+$/);
    }
  });

  it('say their tags in the title, each with its axis', () => {
    for (const { scenario, tags } of cases) for (const tag of tags) expect(scenario.title).to.include(tag);
    expect(cases[16]?.scenario.title).to.equal(
      'Cyclonus 017: ingress, pods by label + empty ns (direction=ingress peer-pods=pods-by-label,all-namespaces)',
    );
  });

  it('keep the SCTP ports that Cyclonus writes', () => {
    const policies = JSON.stringify(
      cases.filter(({ tags }) => tags.includes('sctp')).map(({ scenario }) => scenario),
    );
    expect(policies.match(/"protocol":"SCTP"/g)?.length).to.equal(14);
  });
});

const axesOf = ({ title }: Scenario): Record<string, string> =>
  Object.fromEntries(title.split(' ').map((part) => part.split('=') as [string, string]));

describe('the pairwise cases', () => {
  const scenarios = pairwiseScenarios();

  it('spell a value of every axis in their titles', () => {
    for (const scenario of scenarios)
      expect(Object.keys(axesOf(scenario))).to.deep.equal(Object.keys(pairwiseAxes));
  });

  it('have names and titles of their own', () => {
    refuseDuplicates(scenarios.map(({ name }) => name));
    refuseDuplicates(scenarios.map(({ title }) => title));
  });

  it('cover every value, and are at most 70 of 215,040 combinations', () => {
    for (const [axis, values] of Object.entries(pairwiseAxes)) {
      expect([...new Set(scenarios.map((scenario) => axesOf(scenario)[axis] ?? ''))]).to.have.members([
        ...values,
      ]);
    }
    expect(scenarios.length).to.be.within(56, 70);
  });

  it('have none of what is forbidden', () => {
    const isForbidden = (row: Record<string, string>): boolean =>
      pairwiseForbidden.some((rule) =>
        Object.entries(rule).every(([axis, values]) =>
          (values as readonly string[]).includes(row[axis] ?? ''),
        ),
      );
    expect(scenarios.map(axesOf).filter(isForbidden)).to.deep.equal([]);
  });
});
