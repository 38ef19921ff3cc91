import { idOfPolicy, withDefaults } from './policies.ts';
import { readFields } from './reading.ts';
import type { Path } from '../kube/yaml.ts';
import type { Complain } from './reading.ts';
import type { Action, Step, StoredFields } from './scenario.ts';

/** Whether a scenario asks the API server what it makes of policies, and not the plugin what it makes of packets. */
export const asksApiServer = (steps: readonly Step[]): boolean =>
  steps.some(({ action, stored }) => action.verb === 'reject' || stored !== undefined);

/**
 * Reads `stored`: for policies that the step applies, fields of the spec that the API server must have stored. Holds
 * them against what the API documents as defaults, so that two voices agree before a cluster is asked.
 */
export const readStored = (
  value: unknown,
  path: Path,
  action: Action,
  complain: Complain,
  lineOf: (path: Path) => number,
): StoredFields[] => {
  if (action.verb !== 'apply') {
    complain(path, '`stored` stands only in a step that applies policies', 'key');
    return [];
  }
  const claims =
    readFields(value, path, complain, 'fields like { deny-all: { policyTypes: [Ingress] } }') ?? {};
  return Object.entries(claims).flatMap(([name, given]) => {
    const policy = action.policies.find((one) => one.metadata.name === name || idOfPolicy(one) === name);
    if (policy === undefined) {
      complain([...path, name], `this step applies no policy \`${name}\``, 'key');
      return [];
    }
    const fields = readFields(given, [...path, name], complain, 'fields of a spec');
    if (fields === undefined) return [];
    if (Object.keys(fields).length === 0) complain([...path, name], 'no field is claimed');
    const missing = findMissing(fields, withDefaults(policy).spec, []);
    if (missing !== undefined)
      complain(
        [...path, name, ...missing.path],
        `by the API's defaults ${idOfPolicy(policy)} has ${JSON.stringify(missing.got) ?? 'nothing'} here`,
      );
    return [{ id: idOfPolicy(policy), fields, line: lineOf([...path, name]) }];
  });
};

/** The first place at which `got` lacks what is wanted; a map may hold more than is wanted, a list may not. */
export const findMissing = (
  wanted: unknown,
  got: unknown,
  path: Path,
): { path: Path; wanted: unknown; got: unknown } | undefined => {
  if (typeof wanted !== 'object' || wanted === null)
    return wanted === got ? undefined : { path, wanted, got };
  const isList = Array.isArray(wanted);
  if (typeof got !== 'object' || got === null || isList !== Array.isArray(got)) return { path, wanted, got };
  if (isList && wanted.length !== (got as unknown[]).length) return { path, wanted, got };
  for (const [key, part] of Object.entries(wanted)) {
    const place = [...path, isList ? Number(key) : key];
    const missing = findMissing(part, (got as Record<string, unknown>)[key], place);
    if (missing !== undefined) return missing;
  }
  return undefined;
};
