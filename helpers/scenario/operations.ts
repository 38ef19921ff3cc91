import { describe, isFields, readFields, refuseUnknownKeys, type Complain, type Fields } from './reading.ts';
import { operations, type Action, type Operation, type OperationLimits, type Step } from './scenario.ts';
import type { Path } from '../kube/yaml.ts';

export type OperationAction = Extract<Action, { verb: Operation }>;

/** Whether something is done to the plugin while its policies must hold. */
export const isOperation = (action: Action): action is OperationAction =>
  (operations as readonly string[]).includes(action.verb);

/** `limits`: what stands beside the verb. */
export type OperationContext = { limits: unknown; complain: Complain };

/** Reads what a step kills, restarts or rolls over, and `limits`, which are 0 where nobody says. */
export const readOperation = (
  verb: Operation,
  value: unknown,
  path: Path,
  { limits, complain }: OperationContext,
): OperationAction => {
  if (value !== 'plugin') complain(path, `wanted \`${verb}: plugin\`, got ${describe(value)}`);
  return { verb, part: 'plugin', limits: readLimits(limits, [...path.slice(0, -1), 'limits'], complain) };
};

/**
 * An operation changes no policy: what must hold during it and after it are the grids of the step before. `written`: that
 * step as it stands in the file.
 */
export const inheritGrids = (
  fields: Fields,
  path: Path,
  written: unknown,
  before: Step | undefined,
  complain: Complain,
): Step['expect'] => {
  if (fields['expect'] !== undefined)
    complain(
      [...path, 'expect'],
      'during an operation the grids of the step before must go on to hold',
      'key',
    );
  const grids = before?.expect ?? [];
  const isWatched = grids.some(
    ({ target, protocol }) => (target === 'pod' || target === 'service') && ['TCP', 'UDP'].includes(protocol),
  );
  // One mistake, one problem: grids that could not be read have been complained about.
  const isMisdrawn = grids.length === 0 && isFields(written) && written['expect'] !== undefined;
  if (!isWatched && !isMisdrawn)
    complain(path, 'the step before an operation must draw a grid of TCP or UDP, which is watched');
  return grids;
};

const readLimits = (value: unknown, path: Path, complain: Complain): OperationLimits => {
  const limits: OperationLimits = { lossMs: 0, leakMs: 0 };
  if (value === undefined) return limits;
  const fields = readFields(value, path, complain, 'limits like { lossMs: 500, leakMs: 0 }') ?? {};
  refuseUnknownKeys(fields, Object.keys(limits), path, complain);
  for (const key of ['lossMs', 'leakMs'] as const) {
    const limit = fields[key] ?? 0;
    if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 0) limits[key] = limit;
    else complain([...path, key], `wanted milliseconds from 0, got ${describe(limit)}`);
  }
  return limits;
};
