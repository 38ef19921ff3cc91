import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { InputError, UsageError } from '../errors.ts';
import { builtInPlugins } from '../config.ts';
import { mutants } from '../reference/mutants.ts';

/** What to install on a kind cluster. */
export type Plugin = {
  name: string;
  /** Whether the cluster must come without the node image's own network. */
  disableDefaultCNI: boolean;
  /** The CNI configuration that it writes on each node, where it connects the pods itself and we know it. */
  cniFile?: string;
  /** Bundles of CRDs that it reads, for a cluster that has none of the admin tiers. */
  crdBundles?: readonly string[];
  /** The DaemonSets in its manifests, as `namespace/name`. */
  daemonSets?: readonly string[];
  /** The manifests as one YAML text; absent where nothing is to be installed. */
  manifests?: (probeImage: string) => Promise<string>;
};

const manifestsFolder = fileURLToPath(new URL('../../manifests/plugins/', import.meta.url));
const programFolder = fileURLToPath(new URL('../reference/', import.meta.url));
const disablesDefaultCNI = /^# kind: disableDefaultCNI$/m;

/**
 * `default` installs nothing; `reference`, `none` and `mutant:NAME` are the reference plugin; anything else is a NAME
 * under manifests/plugins or the PATH of a file. A file with the line `# kind: disableDefaultCNI` is a network of its own.
 * @throws UsageError for an unknown plugin; InputError for a file that is not YAML
 */
export const findPlugin = async (name: string): Promise<Plugin> => {
  if (name === 'default') return { name, disableDefaultCNI: false };
  if (name === 'reference') return referencePlugin(name, ['--connect']);
  if (name === 'none') return referencePlugin(name, ['--connect', '--enforce=false']);
  if (name.startsWith('mutant:')) {
    const mutant = name.slice('mutant:'.length);
    if (!mutants.some((candidate) => candidate.name === mutant)) {
      const wanted = `one of ${mutants.map(({ name }) => name).join(', ')}`;
      throw new UsageError({
        subject: `unknown mutant ${JSON.stringify(mutant)} in \`--plugin ${name}\``,
        wanted,
      });
    }
    return referencePlugin(name, ['--connect', '--mutant', mutant]);
  }
  const known = (await readdir(manifestsFolder)).filter((file) => file.endsWith('.yaml'));
  const file = known.includes(`${name}.yaml`) ? `${manifestsFolder}${name}.yaml` : name;
  if (!existsSync(file)) {
    const names = known.map((file) => file.slice(0, -'.yaml'.length)).filter((name) => name !== 'reference');
    throw new UsageError({
      subject: `unknown plugin ${JSON.stringify(name)}`,
      wanted: `one of ${[...builtInPlugins, 'mutant:NAME', ...names].join(', ')}, or the path of a manifest`,
      got: 'neither such a name nor such a file',
    });
  }
  const text = await readFile(file, 'utf8');
  const daemonSets = parseManifests(text, file)
    .filter(({ kind }) => kind === 'DaemonSet')
    .map(({ metadata }) => `${metadata?.namespace ?? 'default'}/${metadata?.name}`);
  return { name, disableDefaultCNI: disablesDefaultCNI.test(text), daemonSets, manifests: async () => text };
};

/**
 * The version to which a plugin is upgraded, undefined without a name.
 * @throws UsageError for an unknown plugin, and for two that cannot take each other's place; InputError for a file that is
 * not YAML
 */
export const findNextPlugin = async (name: string, plugin: Plugin): Promise<Plugin | undefined> => {
  if (name === '') return undefined;
  const next = await findPlugin(name);
  const isFit =
    [plugin, next].every(({ manifests, daemonSets = [] }) => manifests && daemonSets.length > 0) &&
    plugin.disableDefaultCNI === next.disableDefaultCNI;
  if (isFit) return next;
  throw new UsageError({
    subject: `\`--plugin-next ${name}\` with \`--plugin ${plugin.name}\``,
    wanted:
      'two versions, each with a DaemonSet in its manifests, that both, or neither, connect the pods themselves',
    next: 'name two versions of one plugin, or leave out `--plugin-next`',
  });
};

const referencePlugin = (name: string, parameters: string[]): Plugin => ({
  name,
  disableDefaultCNI: true,
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

type Manifest = {
  kind?: string;
  metadata?: { namespace?: string; name?: string };
  spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
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

const parseManifests = (text: string, file: string): Manifest[] => {
  const documents = parseAllDocuments(text);
  const all = 'empty' in documents ? [] : documents;
  const problems = all.flatMap(({ errors }) =>
    errors.map(({ message, linePos }) => ({
      file,
      ...(linePos === undefined ? {} : { line: linePos[0].line, column: linePos[0].col }),
      message: message.split('\n')[0] ?? message,
    })),
  );
  const objects = all.map((document) => document.toJS() as unknown).filter((object) => object !== null);
  if (objects.length === 0) problems.push({ file, message: 'holds no Kubernetes object' });
  for (const object of objects) {
    if (typeof object === 'object' && object !== null && 'kind' in object && 'apiVersion' in object) continue;
    problems.push({
      file,
      message: 'holds a document that is not a Kubernetes object (no apiVersion and kind)',
    });
  }
  if (problems.length > 0) throw new InputError('The manifests of the plugin cannot be used', problems);
  return objects as Manifest[];
};
