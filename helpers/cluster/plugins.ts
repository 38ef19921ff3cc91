import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { builtInPlugins } from '../config.ts';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../errors/closest.ts';
import { mutants } from '../reference/mutants.ts';
import { isDescription, readDescription } from './plugin-description.ts';
import type { Networking, PluginDescription, Wait } from './plugin-description.ts';
import { prepareManifests } from './plugin-install.ts';
import { parseManifests, setEnvironment, workloadsOf, type Manifest } from './plugin-manifests.ts';
import { unknownMutant } from './unknown-mutant.ts';

/** What to install on a kind cluster. */
export type Plugin = {
  name: string;
  /** How the network of the cluster must be; `disableDefaultCNI`: without what the node image brings. */
  network: Networking;
  /** Version and mode, where a description says them. */
  release?: string;
  /** The kinds of policies that its description says it implements. */
  implements?: readonly string[];
  /** The CNI configuration that it writes on each node, where it connects the pods itself and we know it. */
  cniFile?: string;
  /** Bundles of CRDs that it reads, for a cluster that has none of the admin tiers. */
  crdBundles?: readonly string[];
  /** The DaemonSets in its manifests, as `namespace/name`. */
  daemonSets?: readonly string[];
  /** The Deployments in them. */
  deployments?: readonly string[];
  /** Labels for each node, with `${NODE}` for its name. */
  nodeLabels?: Readonly<Record<string, string>>;
  /** What must be ready beside every DaemonSet, and milliseconds that it may take. */
  waits?: readonly Wait[];
  within?: number;
  /** Whether the manifests are somebody's, whose unknown fields are warned of and not refused. */
  isForeign?: boolean;
  /** The manifests as one YAML text; absent where nothing is to be installed. */
  manifests?: (probeImage: string) => Promise<string>;
};

/** Where a plugin is to go. */
type Destination = {
  /** Name of the node with the API server. */
  controlPlane: string;
  signal?: AbortSignal | undefined;
};

const manifestsFolder = fileURLToPath(new URL('../../manifests/plugins/', import.meta.url));
const programFolder = fileURLToPath(new URL('../reference/', import.meta.url));
const disablesDefaultCNI = /^# kind: disableDefaultCNI$/m;

/**
 * `default` installs nothing; `reference`, `none` and `mutant:NAME` are the reference plugin; anything else is a NAME
 * under manifests/plugins or the PATH of a file, of Kubernetes objects or of a description (`plugin: NAME`), which is read
 * whole: what it installs is fetched. NAME/MODE is a mode of a description. A file of Kubernetes objects with the line
 * `# kind: disableDefaultCNI` is a network of its own.
 * @throws UsageError for an unknown plugin or mode; InputError for a file that is not as it must be; EnvironmentError where
 * something cannot be fetched
 */
export const findPlugin = async (name: string, destination: Destination = nowhere): Promise<Plugin> => {
  if (name === 'default') return { name, network: {} };
  if (name === 'reference') return referencePlugin(name, ['--connect']);
  if (name === 'none') return referencePlugin(name, ['--connect', '--enforce=false']);
  if (name.startsWith('mutant:')) {
    const mutant = name.slice('mutant:'.length);
    if (!mutants.some((candidate) => candidate.name === mutant)) throw unknownMutant(mutant);
    return referencePlugin(name, ['--connect', '--mutant', mutant]);
  }
  const { file, mode } = await findFile(name);
  const text = await readFile(file, 'utf8');
  if (isDescription(text)) {
    const description = readDescription(text, file, mode, (modes) => unknownMode(name, mode, modes));
    return describedPlugin(name, description, { file, ...destination });
  }
  if (mode !== undefined) throw unknownMode(name, mode, []);
  const network = { disableDefaultCNI: disablesDefaultCNI.test(text) };
  return { name, network, ...readWorkloads(text, file), manifests: async () => text };
};

const readWorkloads = (text: string, file: string): Pick<Plugin, 'daemonSets' | 'deployments'> => ({
  daemonSets: workloadsOf(text, file, 'DaemonSet'),
  deployments: workloadsOf(text, file, 'Deployment'),
});

const nowhere: Destination = { controlPlane: 'control-plane' };

/** The file that a name stands for: a name under manifests/plugins or a path, and behind a slash perhaps a mode. */
const findFile = async (name: string): Promise<{ file: string; mode: string | undefined }> => {
  const known = (await readdir(manifestsFolder)).filter((file) => file.endsWith('.yaml'));
  const fileOf = (name: string): string | undefined => {
    if (known.includes(`${name}.yaml`)) return `${manifestsFolder}${name}.yaml`;
    return existsSync(name) && statSync(name).isFile() ? name : undefined;
  };
  const slash = name.lastIndexOf('/');
  const whole = fileOf(name);
  const part = slash > 0 ? fileOf(name.slice(0, slash)) : undefined;
  if (whole !== undefined) return { file: whole, mode: undefined };
  if (part !== undefined) return { file: part, mode: name.slice(slash + 1) };
  const names = known.map((file) => file.slice(0, -'.yaml'.length)).filter((name) => name !== 'reference');
  throw new UsageError({
    subject: `unknown plugin ${JSON.stringify(name)}${didYouMean(name, [...builtInPlugins, ...names])}`,
    wanted: `one of ${[...builtInPlugins, 'mutant:NAME', ...names].join(', ')}, or the path of a file`,
    got: 'neither such a name nor such a file',
  });
};

const unknownMode = (name: string, mode = '', modes: readonly string[] = []): UsageError =>
  new UsageError({
    subject: `unknown mode ${JSON.stringify(mode)} in \`--plugin ${name}\``,
    wanted: modes.length === 0 ? 'no mode: it has none' : `one of ${modes.join(', ')}, or no mode`,
  });

const describedPlugin = async (
  name: string,
  description: PluginDescription,
  place: Destination & { file: string },
): Promise<Plugin> => {
  const { plugin, version, mode, network, nodeLabels, crdBundles, waits, within, environment } = description;
  const prepared = await prepareManifests(description, place);
  const text = setEnvironment(prepared, environment, place.file);
  return {
    name,
    release: `${plugin} ${version}${mode === undefined ? '' : `, mode ${mode}`}`,
    implements: description.implements,
    network,
    nodeLabels,
    crdBundles,
    ...readWorkloads(text, place.file),
    waits,
    within,
    isForeign: true,
    manifests: async () => text,
  };
};

/**
 * The version to which a plugin is upgraded, undefined without a name.
 * @throws UsageError for an unknown plugin, and for two that cannot take each other's place; InputError for a file that is
 * not YAML
 */
export const findNextPlugin = async (
  name: string,
  plugin: Plugin,
  destination?: Destination,
): Promise<Plugin | undefined> => {
  if (name === '') return undefined;
  const next = await findPlugin(name, destination);
  const differences = listDifferences(plugin, next);
  if (differences.length === 0) return next;
  throw new UsageError({
    subject: `\`--plugin-next ${name}\` with \`--plugin ${plugin.name}\``,
    wanted:
      'two versions, each with a DaemonSet in its manifests, for the same network and labels of nodes, and no CRDs that only the second one has',
    got: differences.join('; '),
    next: 'name two versions of one plugin, or leave out `--plugin-next`',
  });
};

/** What keeps the second from taking the first one's place on its cluster. */
const listDifferences = (plugin: Plugin, next: Plugin): string[] => {
  const alone = [plugin, next].filter(
    ({ manifests, daemonSets = [] }) => manifests === undefined || daemonSets.length === 0,
  );
  const networkOf = ({ network }: Plugin): object =>
    Object.fromEntries(Object.entries(network).filter(([, value]) => value !== false));
  const networks = [plugin, next].map(networkOf);
  const labels = [plugin, next].map(({ nodeLabels = {} }) => nodeLabels);
  const crds = (next.crdBundles ?? []).filter((name) => plugin.crdBundles?.includes(name) !== true);
  const others: [string, object[]][] = [
    ['networks', networks],
    ['labels of nodes', labels],
  ];
  return [
    ...alone.map(({ name }) => `${name} has no DaemonSet`),
    ...others
      .filter(([, [one, other]]) => !isDeepStrictEqual(one, other))
      .map(([what, two]) => `${what} ${two.map((one) => JSON.stringify(one)).join(' and ')}`),
    ...(crds.length === 0 ? [] : [`CRDs ${crds.join(', ')}`]),
  ];
};

const referencePlugin = (name: string, parameters: string[]): Plugin => ({
  name,
  network: { disableDefaultCNI: true },
  cniFile: '10-netpol-reference.conflist',
  crdBundles: ['v0.1-experimental', 'v0.2-experimental'],
  daemonSets: ['kube-system/netpol-reference'],
  manifests: async (probeImage) => {
    const file = `${manifestsFolder}reference.yaml`;
    const text = (await readFile(file, 'utf8'))
      .replaceAll('${PROBE_IMAGE}', probeImage)
      .replaceAll('${PLUGIN_ARGS}', parameters.join(', '));
    const program = await readProgram();
    const hash = createHash('sha256').update(JSON.stringify(program)).digest('hex').slice(0, 16);
    const objects = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'netpol-reference', namespace: 'kube-system' },
        data: program,
      },
      ...parseManifests(text, file).map((object) => markProgram(object, hash)),
    ];
    return objects.map((object) => stringify(object)).join('---\n');
  },
});

const readProgram = async (): Promise<Record<string, string>> => {
  const files = (await readdir(programFolder)).filter((file) => file.endsWith('.ts')).toSorted();
  const entries = files.map(async (file) => [file, await readFile(`${programFolder}${file}`, 'utf8')]);
  return Object.fromEntries(await Promise.all(entries));
};

// A changed ConfigMap alone restarts nothing.
const markProgram = (object: Manifest, hash: string): Manifest => {
  const template = object.kind === 'DaemonSet' ? object.spec?.template : undefined;
  if (template !== undefined) {
    template.metadata = {
      ...template.metadata,
      annotations: { ...template.metadata?.annotations, 'netpol-conformance/program': hash },
    };
  }
  return object;
};
