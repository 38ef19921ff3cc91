import { expect } from 'chai';
import { formatProblem } from '../../../helpers/errors.ts';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import { worldOf } from '../../../helpers/run/fuzz/world.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import type { Scenario, Step } from '../../../helpers/scenario/scenario.ts';
import { formatScenario } from '../../../helpers/scenario/write.ts';
import { formatBlock, formatFlow, formatScalar } from '../../../helpers/scenario/write-yaml.ts';
import { parseDocuments } from '../../../helpers/kube/yaml.ts';
import { sample, scenarioOf } from './sample.ts';

/** All that a scenario says; where it says so is not part of it. */
const withoutPlaces = ({ file: _, name: __, steps, ...rest }: Scenario): unknown => ({
  ...rest,
  steps: steps.map(({ line: _, expect, stored, ...step }) => ({
    ...step,
    ...(stored && { stored: stored.map(({ line: _, ...fields }) => fields) }),
    expect: expect.map(({ line: _, cells: __, ...grid }) => grid),
  })),
});

const readBack = (scenario: Scenario): unknown => {
  const text = formatScenario(scenario);
  const read = readScenario(text, 'written.yaml', 'written');
  expect(read.problems.map(formatProblem), text).to.deep.equal([]);
  return withoutPlaces(read.scenario);
};

const policy = (name: string, spec: NetworkPolicy['spec'] = {}): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'x' },
  spec: { podSelector: {}, ...spec },
});

const step = (verb: 'apply' | 'update' | 'delete', ...policies: NetworkPolicy[]): Step => ({
  action: { verb, policies },
  expect: [],
  line: 1,
});

describe('formatScenario', () => {
  it('writes every shipped scenario so that the same is read again', async () => {
    const scenarios = await loadShipped();
    expect(scenarios.length).to.be.greaterThan(80);
    for (const scenario of scenarios)
      expect(readBack(scenario), scenario.name).to.deep.equal(withoutPlaces(scenario));
  });

  it('writes the channel of the CRDs that a scenario holds for', async () => {
    const [scenario] = (await loadShipped()).filter(({ name }) =>
      name.startsWith('admin/api/cluster-standard-channel'),
    );
    expect(formatScenario(scenario!)).to.match(/^channel: standard$/m);
  });

  it('writes random worlds so that the same is read again', function () {
    this.timeout(30_000);
    for (let index = 0; index < 150; index += 1) {
      const scenario = worldOf(42, index);
      expect(readBack(scenario), scenario.title).to.deep.equal(withoutPlaces(scenario));
    }
  });

  it('keeps text that YAML would take for something else', () => {
    const scenario = scenarioOf(sample);
    const labels = { y: 'on', n: '80', empty: '', 'example.org/off': 'null', date: '2026-01-01' };
    const [first, ...others] = scenario.pods;
    const tricky = {
      ...scenario,
      title: 'yes: {no}, "x" # y',
      pods: [{ ...first!, why: '- it is: [here]', labels: { ...first!.labels, ...labels } }, ...others],
    };
    expect(readBack(tricky)).to.deep.equal(withoutPlaces(tricky));
  });

  it('says the whole name of a policy only where its name alone is ambiguous', () => {
    const elsewhere = { ...policy('admit'), metadata: { name: 'admit', namespace: 'y' } };
    const steps = [step('apply', policy('admit'), elsewhere, policy('other'))];
    const text = formatScenario({ ...scenarioOf(sample), steps });
    expect(text).to.include('- apply: [x/admit, y/admit, other]');
  });

  it('writes each version of a policy once, in the order in which steps come to them', () => {
    const [one, two] = [policy('p', { ingress: [{}] }), policy('p', { egress: [{}] })];
    const steps = [step('apply', one), step('update', two), step('delete', two), step('apply', one)];
    const documents = formatScenario({ ...scenarioOf(sample), steps }).split('---\n');
    expect(documents.length).to.equal(3);
    expect(documents[1]).to.include('ingress');
    expect(documents[2]).to.include('egress');
  });

  it('refuses a policy that comes back otherwise than it came first: no file can say that', () => {
    const [one, two] = [policy('p', { ingress: [{}] }), policy('p')];
    const steps = [step('apply', one), step('delete', one), step('apply', two)];
    expect(() => formatScenario({ ...scenarioOf(sample), steps })).to.throw(RangeError, 'x/p');
  });
});

describe('YAML of scenario files', () => {
  const read = (text: string): unknown => parseDocuments(text, '').documents[0]?.value;

  it('quotes what would be no string, and nothing else', () => {
    for (const text of [
      'y',
      'NO',
      'on',
      '80',
      '0x1',
      '1:30',
      '',
      'null',
      '~',
      '- a',
      'a: b',
      "it's #1",
      '1.5',
    ])
      expect(read(`key: ${formatScalar(text)}`), text).to.deep.equal({ key: text });
    expect(formatScalar('x/a asks')).to.equal('x/a asks');
    expect(formatScalar(80)).to.equal('80');
  });

  it('quotes in a flow map what would end it', () => {
    const value = { why: 'one, two {three}', 'a,b': ['x]', 'y'] };
    expect(read(formatFlow(value))).to.deep.equal(value);
  });

  it('puts small maps on one line and lists of maps below each other', () => {
    const spec = {
      podSelector: { matchLabels: { pod: 'a' } },
      ingress: [{ from: [{ podSelector: {} }] }, {}],
    };
    expect(formatBlock({ spec })).to.deep.equal([
      'spec:',
      '  podSelector: { matchLabels: { pod: a } }',
      '  ingress:',
      '    - from:',
      '        - podSelector: {}',
      '    - {}',
    ]);
  });
});
