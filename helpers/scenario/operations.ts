import { describe, isFields, readFields, refuseUnknownKeys, type Complain, type Fields } from './reading.ts';
import {
  changes,
  operations,
  type Action,
  type Change,
  type Operation,
  type OperationLimits,
  type ScenarioPod,
  type Step,
} from './scenario.ts';
import type { State } from './state.ts';
import type { Path } from '../kube/yaml.ts';

export type OperationAction = Extract<Action, Operation>;

/** Whether something is done to the cluster while its policies must hold. */
export const isOperation = (action: Action): action is OperationAction =>
  (operations as readonly string[]).includes(action.verb);

/** Whether the plugin goes to another version. */
export const isUpgrade = ({ verb }: Pick<OperationAction, 'verb'>): boolean =>
  verb === 'upgrade' || verb === 'downgrade';

/** Whether pods have other addresses after an action, and none of what reached them before. */
export const restartsNode = (action: Action): action is Extract<OperationAction, { part: 'node' }> =>
  action.verb === 'outage' && action.part === 'node';

/** Whether what must hold after an action are the grids of the step before, because it changes no policy. */
export const inheritsGrids = (action: Action): boolean =>
  isOperation(action) && !(action.verb === 'outage' && action.part === 'plugin');

/** What a step changes of the objects: what an outage has meanwhile, where it has something. */
export const changeOf = ({ action }: Pick<Step, 'action'>): Action =>
  action.verb === 'outage' && action.part === 'plugin' ? action.meanwhile : action;

/** What may stand beside the verb of an operation. */
export const operationKeys = ['limits', 'nodeOf', 'meanwhile'] as const;

/** `beside`: the keys of the step. `readChange`: reads what a verb names, and holds it against what exists. */
export type OperationContext = {
  beside: Fields;
  pods: readonly ScenarioPod[];
  state: State;
  complain: Complain;
  readChange: (verb: Change['verb'], value: unknown, path: Path) => Action;
};

/** Reads to what a step does something, what goes on meanwhile, and `limits`, which are 0 where nobody says. */
export const readOperation = (
  verb: Operation['verb'],
  value: unknown,
  path: Path,
  context: OperationContext,
): OperationAction => {
  const { beside, complain } = context;
  const step = path.slice(0, -1);
  const limits = readLimits(beside['limits'], [...step, 'limits'], complain);
  const isNode = verb === 'outage' && value === 'node';
  const isChanging = verb === 'outage' && !isNode && value !== 'api-server';
  if (!isChanging && !isNode && beside['nodeOf'] !== undefined)
    complain([...step, 'nodeOf'], '`nodeOf` stands only beside `outage: plugin` and `outage: node`', 'key');
  if (!isChanging && beside['meanwhile'] !== undefined)
    complain([...step, 'meanwhile'], '`meanwhile` stands only beside `outage: plugin`', 'key');
  if (verb === 'churn') {
    if (context.pods.some(({ namespace }) => churned.includes(namespace)))
      complain(
        path,
        `what comes and goes does so in ${churned.join(' and ')}, so no pod of the scenario is there`,
      );
    return { verb, ...readChurn(value, path, complain), limits };
  }
  const nodeOf = (): string => readPod(beside['nodeOf'], [...step, 'nodeOf'], context);
  if (isNode) return { verb, part: 'node', nodeOf: nodeOf(), limits };
  if (verb === 'outage' && !isChanging) return { verb, part: 'api-server', limits };
  if (value !== 'plugin') {
    const other = verb === 'outage' ? ', `outage: node` or `outage: api-server`' : '';
    complain(path, `wanted \`${verb}: plugin\`${other}, got ${describe(value)}`);
  }
  if (verb !== 'outage') return { verb, part: 'plugin', limits };
  return {
    verb,
    part: 'plugin',
    nodeOf: nodeOf(),
    meanwhile: readMeanwhile(beside['meanwhile'], [...step, 'meanwhile'], context),
    limits,
  };
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

const mostChurn = 10_000;
/** Namespaces of a lane. */
const churned = ['z', 'w'];

const readChurn = (
  value: unknown,
  path: Path,
  complain: Complain,
): Pick<Extract<Operation, { verb: 'churn' }>, 'part' | 'count'> => {
  const fields = readFields(value, path, complain, 'what comes and goes, like { policies: 1000 }') ?? {};
  refuseUnknownKeys(fields, ['policies', 'pods'], path, complain);
  const [part, second] = (['policies', 'pods'] as const).filter((key) => fields[key] !== undefined);
  if (part === undefined) return { part: 'policies', count: 1 };
  if (second !== undefined) complain(path, 'either policies or pods come and go');
  const count = fields[part];
  if (typeof count === 'number' && Number.isInteger(count) && count > 0 && count <= mostChurn)
    return { part, count };
  complain([...path, part], `wanted a number from 1 to ${mostChurn}, got ${describe(count)}`);
  return { part, count: 1 };
};

const readPod = (value: unknown, path: Path, { pods, state, complain }: OperationContext): string => {
  const pod = pods.find(({ id }) => id === value);
  if (pod === undefined || pod.addresses !== undefined || !state.pods.has(pod.id))
    complain(path, `wanted a pod that runs at this step, whose node is meant, got ${describe(value)}`);
  return String(value);
};

const readMeanwhile = (value: unknown, path: Path, { complain, readChange }: OperationContext): Change => {
  const nothing: Change = { verb: 'delete', policies: [] };
  const fields = readFields(value, path, complain, `a change like { update: deny-all }`);
  if (fields === undefined) return nothing;
  refuseUnknownKeys(fields, changes, path, complain);
  const [verb, second] = changes.filter((verb) => fields[verb] !== undefined);
  if (verb === undefined || second !== undefined) {
    complain(path, `meanwhile one change is made: one of ${changes.join(', ')}`);
    return nothing;
  }
  return readChange(verb, fields[verb], [...path, verb]) as Change;
};
