import { InputError, type Problem } from '../errors.ts';
import { findViolations, isObject } from '../kube/checks.ts';
import { parseDocuments, type ParsedDocument } from '../kube/yaml.ts';
import { descriptionCheck } from './plugin-description-check.ts';
import { correctDescription } from './plugin-manifests.ts';

/** Of a kind configuration, what a plugin needs otherwise than manifests/kind/cluster.yaml has it. */
export type Networking = {
  disableDefaultCNI?: boolean;
  ipFamily?: 'ipv4' | 'ipv6' | 'dual';
  podSubnet?: string;
  serviceSubnet?: string;
  kubeProxyMode?: 'iptables' | 'ipvs' | 'nftables' | 'none';
};

/** A Helm chart that is rendered, never installed: what it makes goes the way of any other manifest. */
type Chart = {
  release: string;
  namespace: string;
  /** A file of the chart with values that come before `values`. */
  valuesFile?: string;
  values?: Readonly<Record<string, unknown>>;
};

/** Manifests from one place: a text, a file or chart in an archive (`.tgz`, `.tar.gz`). */
export type Piece = {
  url?: string;
  /** Beside the description. */
  file?: string;
  /** Hexadecimal. */
  sha256?: string;
  /** Within the one folder at the top of the archive. */
  path?: string;
  chart?: Chart;
  /** Texts that must be there, and what stands for them. */
  replace?: Readonly<Record<string, string>>;
};

/** What must be ready: a DaemonSet or a Deployment, as `namespace/name`. */
export type Wait = { daemonset: string } | { deployment: string };

/** What one way to run a plugin may have otherwise. */
type Ways = {
  /** The APIs that it says it implements, by their kinds. */
  implements: readonly string[];
  network: Networking;
  nodeLabels: Readonly<Record<string, string>>;
  crdBundles: readonly string[];
  /** Kubernetes objects of our own that come before the pieces. */
  objects: readonly object[];
  install: readonly Piece[];
  /** Variables for the containers of a workload, by `namespace/name`. */
  environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
  waits: readonly Wait[];
};

/** How a plugin is installed in one of its modes. */
export type PluginDescription = Ways & {
  plugin: string;
  version: string;
  /** Undefined where it runs as it comes. */
  mode: string | undefined;
  /** The one verdict that this mode may have, where the suite itself is on trial; only of a mode. */
  expect?: 'failed' | 'unknown';
  /** Where its vendor says how to install it. */
  source: string;
  /** Milliseconds that the cluster may take to get ready, images included. */
  within: number;
  modes: readonly string[];
  /** Where the piece with this index is in the file, for messages. */
  positionOf: (index: number) => Omit<Problem, 'message'>;
};

const defaultMinutes = 5;

/**
 * Whether a text describes a plugin, and is not its Kubernetes objects.
 */
export const isDescription = (text: string): boolean => /^plugin:/m.test(text) && !/^apiVersion:/m.test(text);

/**
 * Reads what describes a plugin, in a mode of it or as it comes (undefined).
 * @throws InputError with all that is wrong, by line; `unknownMode` where there is no such mode
 */
export const readDescription = (
  text: string,
  file: string,
  mode: string | undefined,
  unknownMode: (modes: readonly string[]) => Error,
): PluginDescription => {
  const { documents, problems: flaws } = parseDocuments(text, file);
  const problems: Problem[] = [...flaws];
  if (documents.length > 1)
    problems.push({ file, message: 'wanted one document, a description of a plugin' });
  const [document] = documents;
  for (const { path, message } of document ? findViolations(descriptionCheck, document.value) : [])
    problems.push({ file, ...document?.keyPositionOf(path), message });
  if (problems.length === 0 && document !== undefined) problems.push(...findIdleValues(document, file));
  if (problems.length > 0 || document === undefined)
    throw new InputError('The description of the plugin cannot be used', problems, correctDescription);
  const { modes = {}, within = defaultMinutes, ...top } = document.value as Raw;
  const names = Object.keys(modes);
  if (mode !== undefined && !names.includes(mode)) throw unknownMode(names);
  const { about: _, values, version = top.version, ...other }: Partial<Mode> = modes[mode ?? ''] ?? {};
  const changed = { ...nothing, ...top, ...other };
  const { install } = changed;
  return {
    ...changed,
    version,
    mode,
    modes: names,
    within: within * 60_000,
    network: { ...top.network, ...other.network },
    environment: merge(top.environment ?? {}, other.environment ?? {}) as Ways['environment'],
    install: values === undefined ? install : install.map((piece) => withValues(piece, values)),
    positionOf: (index) => ({
      file,
      ...document.positionOf([
        ...(other.install === undefined ? [] : ['modes', mode ?? '']),
        'install',
        index,
      ]),
    }),
  };
};

type Raw = Partial<Ways> & {
  plugin: string;
  version: string;
  source: string;
  implements: string[];
  within?: number;
  modes?: Record<string, Mode>;
};

type Mode = Partial<Ways> &
  Pick<PluginDescription, 'expect'> & { about: string; version?: string; values?: Record<string, unknown> };

const nothing: Ways = {
  implements: [],
  network: {},
  nodeLabels: {},
  crdBundles: [],
  objects: [],
  install: [],
  environment: {},
  waits: [],
};

/** Values without a chart would change nothing, and the mode would be told as another one. */
const findIdleValues = ({ value, keyPositionOf }: ParsedDocument, file: string): Problem[] => {
  const { modes = {}, install = [] } = value as Raw;
  return Object.entries(modes).flatMap(([name, mode]) => {
    const isIdle = mode.values !== undefined && (mode.install ?? install).every(({ chart }) => !chart);
    const message = `modes.${name}.values: there is no chart that could take them`;
    return isIdle ? [{ file, ...keyPositionOf(['modes', name, 'values']), message }] : [];
  });
};

const withValues = (piece: Piece, values: Record<string, unknown>): Piece =>
  piece.chart === undefined
    ? piece
    : { ...piece, chart: { ...piece.chart, values: merge(piece.chart.values ?? {}, values) } };

const merge = (
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return merged;
};
