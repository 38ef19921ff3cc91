import type { PluginOperation } from './cluster.ts';

/** The operations that take a plugin to another version. */
export type VersionChange = Extract<PluginOperation, 'upgrade' | 'downgrade' | 'reset'>;

export const isVersionChange = (operation: PluginOperation): operation is VersionChange =>
  operation === 'upgrade' || operation === 'downgrade' || operation === 'reset';

/** The versions to go to, one after the other, so that the change is made from wherever the plugin is. See `PluginOperation`. */
export const wayTo = <Version>(
  change: VersionChange,
  { first, next, current }: { first: Version; next: Version; current: Version },
): Version[] => {
  if (change === 'reset') return current === first ? [] : [first];
  const [from, to] = change === 'upgrade' ? [first, next] : [next, first];
  return current === to ? [from, to] : [to];
};
