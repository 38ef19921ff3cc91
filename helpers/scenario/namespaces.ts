import { guestNamespaceNames, namespaceNameLabel, namespaceNames } from './default-world.ts';
import { booleanHint, isFields, readCreated, readLabels, readText, refuseUnknownKeys } from './reading.ts';
import type { Complain, Fields } from './reading.ts';
import type { ScenarioNamespace } from './scenario.ts';

/**
 * Reads the `namespaces` section, for namespaces beside x, y and z: `w: why it is here`, or a map with `why`,
 * `labels` (beside `ns: w`) and `created: later`.
 */
export const readNamespaces = (section: Fields, complain: Complain): ScenarioNamespace[] =>
  Object.entries(section).flatMap(([name, value]) => {
    const path = ['namespaces', name];
    const guests: readonly string[] = guestNamespaceNames;
    if (!guests.includes(name)) {
      const isThere = (namespaceNames as readonly string[]).includes(name);
      const why = isThere ? 'every scenario has it' : `wanted ${guests.join(' or ')}`;
      complain(path, `namespace \`${name}\`: ${why}${booleanHint(name)}`, 'key');
      return [];
    }
    const fields = isFields(value) ? value : { why: value };
    refuseUnknownKeys(fields, ['why', 'labels', 'created'], path, complain);
    const { labels, created } = fields;
    const whyPath = isFields(value) ? [...path, 'why'] : path;
    const own = labels === undefined ? {} : readLabels(labels, [...path, 'labels'], complain);
    if (own[namespaceNameLabel] !== undefined)
      complain(
        [...path, 'labels', namespaceNameLabel],
        `the API server alone sets ${namespaceNameLabel}`,
        'key',
      );
    const createdLater = created !== undefined && readCreated(created, [...path, 'created'], complain);
    return [
      {
        name,
        why: readText(fields['why'], whyPath, complain, 'why the scenario needs the namespace') ?? '',
        labels: { ns: name, ...own },
        createdLater,
      },
    ];
  });
