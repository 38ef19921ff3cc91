import { expect } from 'chai';
import type { LabelSelector } from '../../../helpers/kube/types.ts';
import { describeSelector, matchesSelector } from '../../../helpers/model/matching.ts';

const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  values?: string[],
) => ({
  matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
});

describe('label selectors', () => {
  const labels = { pod: 'a', empty: '' };
  const rows: [string, LabelSelector, boolean][] = [
    ['the empty selector matches', {}, true],
    ['an equal label matches', { matchLabels: { pod: 'a' } }, true],
    ['another value does not match', { matchLabels: { pod: 'b' } }, false],
    ['an absent label does not match', { matchLabels: { tier: 'a' } }, false],
    ['an absent label is not the empty value', { matchLabels: { tier: '' } }, false],
    ['the empty value matches the empty value', { matchLabels: { empty: '' } }, true],
    ['names that objects inherit are no labels', expression('constructor', 'Exists'), false],
    ['In matches a listed value', expression('pod', 'In', ['b', 'a']), true],
    ['In does not match an unlisted value', expression('pod', 'In', ['b']), false],
    ['In does not match an absent label', expression('tier', 'In', ['a']), false],
    ['NotIn does not match a listed value', expression('pod', 'NotIn', ['a']), false],
    ['NotIn matches an unlisted value', expression('pod', 'NotIn', ['b']), true],
    ['NotIn matches an absent label', expression('tier', 'NotIn', ['a']), true],
    ['Exists matches whatever the value', expression('empty', 'Exists'), true],
    ['Exists does not match an absent label', expression('tier', 'Exists'), false],
    ['DoesNotExist matches an absent label', expression('tier', 'DoesNotExist'), true],
    ['DoesNotExist does not match the empty value', expression('empty', 'DoesNotExist'), false],
    ['all parts must match', { matchLabels: { pod: 'a' }, ...expression('pod', 'NotIn', ['a']) }, false],
  ];
  for (const [claim, selector, wanted] of rows)
    it(claim, () => {
      expect(matchesSelector(selector, labels)).to.equal(wanted);
    });

  it('are described as people write them', () => {
    const matchExpressions = [
      ...expression('tier', 'In', ['x', 'y']).matchExpressions,
      ...expression('old', 'DoesNotExist').matchExpressions,
    ];
    expect(describeSelector({ matchLabels: { pod: 'a' }, matchExpressions })).to.equal(
      'pod=a, tier in (x, y), !old',
    );
    expect(describeSelector({})).to.equal('{}');
  });
});
