import { parseAllDocuments, type YAMLParseError } from 'yaml';
import { InputError, type Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import { parseDocuments } from '../kube/yaml.ts';

/** A Kubernetes object, as far as we read those of plugins. */
export type Manifest = {
  kind?: string;
  metadata?: { namespace?: string; name?: string };
  spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
};

/** What to do where what a description names is not what it says. */
export const correctDescription =
  'correct the description of the plugin; manifests/plugins/kube-router.yaml is a short example';

/**
 * The objects of a text.
 * @throws InputError where it is not YAML, or holds something else
 */
export const parseManifests = (text: string, file: string): Manifest[] => {
  const documents = parseAllDocuments(text);
  const all = 'empty' in documents ? [] : documents;
  const problems = all.flatMap(({ errors }) => describeErrors(errors, file));
  const objects = all.map((document) => document.toJS() as unknown).filter((object) => object !== null);
  if (objects.length === 0) problems.push({ file, message: 'holds no Kubernetes object' });
  for (const object of objects) {
    if (typeof object === 'object' && object !== null && 'kind' in object && 'apiVersion' in object) continue;
    problems.push({
      file,
      message: 'holds a document that is not a Kubernetes object (no apiVersion and kind)',
    });
  }
  if (problems.length > 0)
    throw new InputError(
      'The manifests of the plugin cannot be used',
      problems,
      'correct the file: `kubectl apply --dry-run=client -f FILE` reads it as kubectl does',
    );
  return objects as Manifest[];
};

/** What a YAML parser found wrong, with the place and without the lines around it. */
export const describeErrors = (errors: readonly YAMLParseError[], file: string): Problem[] =>
  errors.map(({ message, linePos }) => ({
    file,
    ...(linePos === undefined ? {} : { line: linePos[0].line, column: linePos[0].col }),
    message: message.split('\n')[0] ?? message,
  }));

/**
 * The DaemonSets, or Deployments, in a text of manifests, as `namespace/name`.
 * @throws InputError as `parseManifests` does
 */
export const workloadsOf = (text: string, file: string, wanted: 'DaemonSet' | 'Deployment'): string[] =>
  parseManifests(text, file)
    .filter(({ kind }) => kind === wanted)
    .map(nameOf);

/**
 * Gives the containers of workloads, by `namespace/name`, more variables, or others. A text from which nothing is asked
 * comes back verbatim.
 * @throws InputError where there is no such workload, or a document that cannot be written again
 */
export const setEnvironment = (
  text: string,
  environment: Readonly<Record<string, Readonly<Record<string, string>>>>,
  file: string,
): string => {
  const wanted = Object.entries(environment);
  if (wanted.length === 0) return text;
  // Read as Kubernetes reads it: what is written again must mean the same.
  const { documents, problems: flaws } = parseDocuments(text, file);
  // Lines of what is installed, not of the description.
  if (flaws.length > 0)
    throw new InputError(
      'The manifests of the plugin cannot be used',
      flaws.map(({ message }) => ({
        file,
        message: `what it installs is not YAML as Kubernetes reads it: ${message}`,
      })),
      correctDescription,
    );
  const objects = documents.map(({ value }) => value);
  const problems = wanted.flatMap(([name, variables]) => {
    const found = objects.filter(
      (object) => isObject(object) && isWorkload(object) && nameOf(object) === name,
    );
    for (const object of found)
      for (const container of containersOf(object)) container.env = withVariables(container.env, variables);
    return found.length > 0
      ? []
      : [{ file, message: `environment: nothing that is installed is called ${name}` }];
  });
  if (problems.length > 0)
    throw new InputError('The plugin is not what its description says', problems, correctDescription);
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
};

const nameOf = ({ metadata }: Manifest): string => `${metadata?.namespace ?? 'default'}/${metadata?.name}`;

const isWorkload = ({ kind = '' }: Manifest): boolean =>
  ['DaemonSet', 'Deployment', 'StatefulSet'].includes(kind);

type Variable = { name: string; value?: string; valueFrom?: object };
type Container = { env?: Variable[] };

const containersOf = (object: unknown): Container[] =>
  (object as { spec?: { template?: { spec?: { containers?: Container[] } } } }).spec?.template?.spec
    ?.containers ?? [];

const withVariables = (
  before: readonly Variable[] = [],
  variables: Readonly<Record<string, string>>,
): Variable[] => [
  ...before.filter(({ name }) => !Object.hasOwn(variables, name)),
  ...Object.entries(variables).map(([name, value]) => ({ name, value })),
];
