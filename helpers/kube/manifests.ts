import { InputError, type Problem } from '../errors.ts';
import { describe, findViolations, isObject, type Check, type Violation } from './checks.ts';
import { checks, readNamespace, readNode, readPod, readService } from './objects.ts';
import type { NamespaceObject, NodeObject, PodObject, ServiceObject } from './objects.ts';
import type { AdminPolicy, NetworkPolicy } from './types.ts';
import { findRuleLines, type RuleLines } from './rule-lines.ts';
import { validateAdminPolicy } from './validate-admin.ts';
import { validateNetworkPolicy } from './validate.ts';
import { isWorkload, readTemplate } from './workloads.ts';
import type { Pod, World } from './world.ts';
import { parseDocuments, type ParsedDocument, type Path } from './yaml.ts';

export type Manifests = {
  world: World;
  /** Objects of other kinds, which say nothing to the model: `apps/v1 Deployment` -> how many. */
  ignored: Record<string, number>;
  /** Where each object stands, by its name: `Pod x/a`, `Namespace x`. */
  sources: ReadonlyMap<string, Source>;
  /** The pods that workloads will make; none where nobody asked for them. */
  templates: Pod[];
};

export type Source = { file: string; line: number; rules?: RuleLines };

/**
 * Builds a world from plain Kubernetes manifests, as `kubectl get -o yaml` prints them or people write them:
 * documents and Lists of Namespaces, Nodes, Pods, Services, NetworkPolicies, and policies of the admin tiers. A namespace
 * that is used but not declared exists without labels of its own. Pods that have ended are left out. With `templates` the
 * pods of workloads are read too, beside the world.
 * @throws InputError with every problem of every file
 */
export const readManifests = (
  files: readonly { file: string; text: string }[],
  options: { templates?: boolean } = {},
): Manifests => {
  const problems: Problem[] = [];
  const items = files.flatMap(({ file, text }) => {
    const parsed = parseDocuments(text, file);
    problems.push(...parsed.problems);
    return listItems(parsed.documents, file, problems);
  });
  const manifests = readItems(items, problems, options);
  if (problems.length > 0) {
    const order = files.map(({ file }) => file);
    throw new InputError(
      'Some manifests cannot be used',
      sortProblems(problems, order),
      'correct them: `kubectl apply --dry-run=server -f FILE` says what an API server refuses',
    );
  }
  addUndeclaredNamespaces(manifests);
  return manifests;
};

/** The same of documents that were parsed, without namespaces that are not declared. What is wrong goes to `problems`. */
export const readObjects = (
  documents: readonly ParsedDocument[],
  file: string,
  problems: Problem[],
): Manifests => readItems(listItems(documents, file, problems), problems);

/** Each object of a List as a document of its own, that knows its place in the file. */
export const splitLists = (documents: readonly ParsedDocument[]): ParsedDocument[] =>
  documents.flatMap((document) =>
    unfold(document.value, []).map(({ value, path }) => ({
      value,
      positionOf: (inner) => document.positionOf([...path, ...inner]),
      keyPositionOf: (inner) => document.keyPositionOf([...path, ...inner]),
    })),
  );

const readItems = (
  items: readonly Item[],
  problems: Problem[],
  { templates: isReadingTemplates = false } = {},
): Manifests => {
  const templates: Pod[] = [];
  const sources = new Map<string, Source>();
  const ignored: Record<string, number> = {};
  const world: World = { namespaces: [], pods: [], services: [], policies: [] };
  for (const item of items) {
    const kind = kindOf(item.value);
    if (kind === undefined) {
      item.complain([], `must be a Kubernetes object with apiVersion and kind, got ${describe(item.value)}`);
    } else if (kind.endsWith(' List')) {
      item.complain(['items'], 'items: must be a list');
    } else if (isReadingTemplates && isWorkload(kind)) {
      const read = readTemplate(kind, item.value);
      if ('pod' in read) templates.push(read.pod);
      else isFree(item, read.violations);
    } else if (!Object.hasOwn(readers, kind)) {
      ignored[kind] = (ignored[kind] ?? 0) + 1;
    } else {
      const read = readers[kind];
      const before = problems.length;
      const name = read?.(item, world);
      if (name === undefined || problems.length > before) continue;
      const place = clusterScoped.test(kind) ? '' : `${namespaceOf(item.value)}/`;
      const id = `${kind.replace(/.* /, '')} ${place}${name}`;
      const first = sources.get(id);
      if (first !== undefined)
        item.complain([], `${id} is there twice, first in ${first.file}:${first.line}`);
      else sources.set(id, sourceOf(item, kind));
    }
  }
  return { world, ignored, sources, templates };
};

const sourceOf = ({ value, file, lineOf }: Item, kind: string): Source => {
  const source = { file, line: lineOf([]) };
  return kind.endsWith('Policy') ? { ...source, rules: findRuleLines(value, lineOf) } : source;
};

/** By files in this order, then by lines. */
export const sortProblems = (problems: readonly Problem[], order: readonly string[]): Problem[] =>
  problems.toSorted(
    (a, b) =>
      order.indexOf(a.file) - order.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );

type Item = {
  value: unknown;
  file: string;
  lineOf: (path: Path) => number;
  complain: (path: Path, message: string) => void;
};

const listItems = (documents: readonly ParsedDocument[], file: string, problems: Problem[]): Item[] =>
  documents.flatMap((document) =>
    unfold(document.value, []).map(({ value, path }) => itemAt(document, value, path, file, problems)),
  );

const itemAt = (
  document: ParsedDocument,
  value: unknown,
  path: Path,
  file: string,
  problems: Problem[],
): Item => ({
  value,
  file,
  lineOf: (inner) => document.positionOf([...path, ...inner]).line,
  complain: (inner, message) => {
    problems.push({ file, ...document.keyPositionOf([...path, ...inner]), message });
  },
});

/** The objects in a List. The items of a typed list (PodList) need not repeat their kind. */
const unfold = (value: unknown, path: Path): { value: unknown; path: Path }[] => {
  if (!isObject(value) || typeof value['kind'] !== 'string' || !Array.isArray(value['items']))
    return [{ value, path }];
  const { apiVersion } = value;
  if (!value['kind'].endsWith('List')) return [{ value, path }];
  const kind = value['kind'].slice(0, -'List'.length);
  return value['items'].flatMap((item: unknown, index: number) =>
    unfold(isObject(item) && kind !== '' ? { apiVersion, kind, ...item } : item, [...path, 'items', index]),
  );
};

const kindOf = (value: unknown): string | undefined => {
  if (!isObject(value)) return undefined;
  const { apiVersion, kind } = value;
  return typeof apiVersion === 'string' && typeof kind === 'string' ? `${apiVersion} ${kind}` : undefined;
};

/** Adds an object to the world and returns its name; complains and returns undefined where it is wrong. */
type Reader = (item: Item, world: World) => string | undefined;

const reader =
  <Read extends { metadata: { name: string; namespace?: string } }>(
    check: Check,
    add: (value: Read, world: World) => void,
  ): Reader =>
  (item, world) => {
    if (!isFree(item, findViolations(check, item.value))) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the check has just proved it
    const value = item.value as Read;
    add(value, world);
    return value.metadata.name;
  };

const isFree = ({ complain }: Item, violations: readonly Violation[]): boolean => {
  for (const { path, message } of violations) complain(path, message);
  return violations.length === 0;
};

const readPolicy: Reader = (item, world) => {
  // Kubernetes 1.24 to 1.27 printed a `status`.
  const { status: _, ...value }: Record<string, unknown> = isObject(item.value) ? item.value : {};
  if (!isFree(item, validateNetworkPolicy(value))) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the validation has just proved it
  const policy = value as NetworkPolicy;
  world.policies.push({ ...policy, metadata: { ...policy.metadata, namespace: namespaceOf(policy) } });
  return policy.metadata.name;
};

const readAdminPolicy: Reader = (item, world) => {
  if (!isFree(item, validateAdminPolicy(item.value))) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the validation has just proved it
  const policy = item.value as AdminPolicy;
  world.adminPolicies = [...(world.adminPolicies ?? []), policy];
  return policy.metadata.name;
};

const namespaceOf = (value: unknown): string => {
  const metadata = isObject(value) && isObject(value['metadata']) ? value['metadata'] : {};
  return typeof metadata['namespace'] === 'string' ? metadata['namespace'] : 'default';
};

const readers: Record<string, Reader> = {
  'v1 Namespace': reader<NamespaceObject>(checks.namespace, (value, world) => {
    world.namespaces.push(readNamespace(value));
  }),
  'v1 Node': reader<NodeObject>(checks.node, (value, world) => {
    world.nodes = [...(world.nodes ?? []), readNode(value)];
  }),
  'v1 Pod': reader<PodObject>(checks.pod, (value, world) => {
    if (value.status?.phase !== 'Succeeded' && value.status?.phase !== 'Failed')
      world.pods.push(readPod(value));
  }),
  'v1 Service': reader<ServiceObject>(checks.service, (value, world) => {
    if (value.spec?.type !== 'ExternalName') world.services.push(readService(value));
  }),
  'networking.k8s.io/v1 NetworkPolicy': readPolicy,
  'networking.k8s.io/v1beta1 NetworkPolicy': readPolicy,
  'extensions/v1beta1 NetworkPolicy': readPolicy,
  'policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy': readAdminPolicy,
  'policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy': readAdminPolicy,
  'policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy': readAdminPolicy,
};

const clusterScoped = /^v1 (Namespace|Node)$|^policy\.networking\.k8s\.io\//;

const addUndeclaredNamespaces = ({ world, templates }: Pick<Manifests, 'world' | 'templates'>): void => {
  const declared = new Set(world.namespaces.map(({ name }) => name));
  const used = [
    ...world.pods,
    ...templates,
    ...world.policies.map(({ metadata }) => metadata),
    ...world.services,
  ];
  for (const { namespace } of used)
    if (namespace !== undefined && !declared.has(namespace)) {
      declared.add(namespace);
      world.namespaces.push(readNamespace({ metadata: { name: namespace } }));
    }
};
