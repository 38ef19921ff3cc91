import type { Labels, LabelSelector, LabelSelectorRequirement } from '../kube/types.ts';

/**
 * Whether labels satisfy every part of a selector; the empty selector matches everything.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export const matchesSelector = (selector: LabelSelector, labels: Labels): boolean => {
  for (const key in selector.matchLabels)
    if (!Object.hasOwn(labels, key) || labels[key] !== selector.matchLabels[key]) return false;
  return (selector.matchExpressions ?? []).every((requirement) => satisfies(requirement, labels));
};

/** `pod=b, tier in (a, b), !legacy`; the empty selector is `{}`. */
export const describeSelector = (selector: LabelSelector): string => {
  const parts = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(selector.matchExpressions ?? []).map(describeRequirement),
  ];
  return parts.length === 0 ? '{}' : parts.join(', ');
};

const satisfies = ({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean => {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const isListed = value !== undefined && (values ?? []).includes(value);
  return operator === 'In' ? isListed : !isListed;
};

const describeRequirement = ({ key, operator, values }: LabelSelectorRequirement): string => {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'not in'} (${(values ?? []).join(', ')})`;
};
