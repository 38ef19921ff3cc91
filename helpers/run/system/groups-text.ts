import { formatRows, wrap } from '../../report/text.ts';
import { groupNames, type GroupName, type Groups, type Needs } from '../../system/groups.ts';
import type { Comparison, Published } from '../../system/published.ts';

const abouts: Readonly<Record<GroupName, string>> = {
  default: 'reaches everybody, and is reached by everybody',
  'control-plane': 'reach each other, and nobody else',
};

/** What `system groups` prints: each group with its reasons, then what is not as published. */
export const formatGroups = (
  title: string,
  { namespaces, flows }: Needs,
  {
    groups,
    published,
    differences = [],
    joiners = [],
  }: { groups: Groups; published?: Published } & Partial<Comparison>,
  width: number,
): string =>
  [
    ...wrap(
      `${title}: ${namespaces.length} system namespaces; needs between namespaces: ${flows.length}`,
      width,
      '',
      2,
    ),
    ...groupNames.flatMap((group) => [
      '',
      ...wrap(`${group} (${groups[group].length}): ${abouts[group]}`, width, '', 2),
      ...formatRows(
        groups[group].map(({ namespace, reasons }): [string, string] => [
          namespace,
          describeReasons(reasons),
        ]),
        width,
        2,
      ),
    ]),
    ...(published === undefined
      ? []
      : [
          '',
          ...wrap(
            `${differences.length === 0 ? 'As published' : 'Not as published'}: ${published.source}`,
            width,
            '',
            2,
          ),
          ...differences.flatMap(({ namespace, published, derived, why }) => [
            ...wrap(
              `${namespace}: published in ${published ?? 'neither'}, derived in ${derived ?? 'neither'}`,
              width,
              '  ',
              4,
            ),
            ...wrap(why, width, '    ', 4),
          ]),
          '',
          ...(joiners.length === 0
            ? wrap('The published groups cut nothing that is needed.', width, '', 2)
            : []),
          ...joiners.flatMap(({ namespace, group, flows, isNew }) => [
            ...wrap(
              `${namespace}${isNew ? ', which is new,' : ''} must join ${group}: the published groups cut`,
              width,
              '',
              2,
            ),
            ...flows.flatMap((flow) => wrap(flow, width, '  ', 4)),
          ]),
        ]),
  ].join('\n');

const describeReasons = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first}, and ${others.length} more`;
