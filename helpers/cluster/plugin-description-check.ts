import { isIP } from 'node:net';
import { describe, isObject, listOf, mapOf, object, oneOf, text, truth } from '../kube/checks.ts';
import type { Check, Fields } from '../kube/checks.ts';
import { adminKinds } from '../kube/policy-kinds.ts';
import type { Flaw } from '../kube/syntax.ts';
import { isUrl } from './download.ts';

// The closed set of keys of a description of a plugin, see `PluginDescription`.

const minutes: Check = (value, path, report) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 60)
    report(path, `must be a whole number of minutes, 60 at most, got ${describe(value)}`);
};

const anyObject: Check = (value, path, report) => {
  if (!isObject(value)) report(path, `must be an object, got ${describe(value)}`);
};

const words = text((value) => (value.trim() === '' ? 'must not be empty' : undefined));

const nameOfMode = (key: string): Flaw =>
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(key) ? undefined : 'must be lower-case letters, digits and hyphens';

const link = text((value) => (/^https:\/\/\S+$/.test(value) ? undefined : 'must be an https URL'));

const objectName = (value: string): Flaw =>
  /^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(value)
    ? undefined
    : `must be namespace/name, got ${JSON.stringify(value)}`;

const subnets = text((value) => {
  const isGood = value.split(',').every((part) => {
    const [address = '', length = '', ...rest] = part.split('/');
    return isIP(address) !== 0 && /^\d+$/.test(length) && rest.length === 0;
  });
  return isGood ? undefined : `must be like 10.244.0.0/16, or two with a comma, got ${JSON.stringify(value)}`;
});

const network = object({
  disableDefaultCNI: truth,
  ipFamily: oneOf('ipv4', 'ipv6', 'dual'),
  podSubnet: subnets,
  serviceSubnet: subnets,
  kubeProxyMode: oneOf('iptables', 'ipvs', 'nftables', 'none'),
});

const isInside = (value: string): Flaw =>
  value.startsWith('/') || value.split('/').includes('..')
    ? `must be a path inside, got ${JSON.stringify(value)}`
    : undefined;

const sha256 = text((value) =>
  /^[0-9a-f]{64}$/.test(value) ? undefined : 'must be 64 hexadecimal digits, in lower case',
);

const chart = object({ release: words, namespace: words, valuesFile: text(isInside), values: anyObject }, [
  'release',
  'namespace',
]);

/** GitHub gives what a commit of 40 digits holds, and never anything else. */
const namesCommit = (text: string): boolean => {
  // As it is fetched: `..` is gone. An encoded slash or dot might still lead elsewhere.
  const { href } = new URL(text);
  return (
    /^https:\/\/raw\.githubusercontent\.com\/[^/]+\/[^/]+\/[0-9a-f]{40}\/[^%]+$/.test(href) ||
    /^https:\/\/github\.com\/[^/]+\/[^/]+\/archive\/[0-9a-f]{40}\.tar\.gz$/.test(href)
  );
};

export const isArchive = (name: string): boolean => /\.(tgz|tar\.gz)$/.test(name);

const flawOfPiece = ({ url, file, sha256, path, chart }: Fields): Flaw => {
  if ((typeof url === 'string') === (typeof file === 'string')) return 'must have either `url` or `file`';
  const name = String(url ?? file);
  if (typeof url === 'string' && !(isUrl(url) && URL.canParse(url))) return '`url` must be a URL';
  if (typeof url === 'string' && sha256 === undefined && !namesCommit(url))
    return 'must say what it is: `sha256`, or a URL of GitHub that names a commit with all its 40 digits';
  if (isArchive(name) && path === undefined && chart === undefined)
    return 'is an archive: `path` must say which file of it is meant';
  if (!isArchive(name) && (path !== undefined || chart !== undefined))
    return '`path` and `chart` are for archives: .tgz, .tar.gz';
  return undefined;
};

const piece = object(
  {
    url: words,
    file: text(isInside),
    sha256,
    path: text(isInside),
    chart,
    replace: mapOf(
      () => undefined,
      (key) => (key === '' ? 'must not be empty' : undefined),
    ),
  },
  [],
  flawOfPiece,
);

const wait = object({ daemonset: text(objectName), deployment: text(objectName) }, [], (fields) =>
  Object.keys(fields).length === 1 ? undefined : 'must be one of `daemonset` and `deployment`',
);

const environment: Check = (value, path, report) => {
  anyObject(value, path, report);
  for (const [name, variables] of Object.entries(isObject(value) ? value : {})) {
    const flaw = objectName(name);
    if (flaw !== undefined) report([...path, name], flaw);
    mapOf(
      () => undefined,
      (key) => (/^[A-Za-z_]\w*$/.test(key) ? undefined : 'must be the name of a variable'),
    )(variables, [...path, name], report);
  }
};

const ways = {
  implements: listOf(oneOf('NetworkPolicy', ...adminKinds)),
  network,
  nodeLabels: mapOf(() => undefined),
  crdBundles: listOf(words),
  objects: listOf(anyObject),
  install: listOf(piece),
  environment,
  waits: listOf(wait),
};

const mode = object(
  { about: words, expect: oneOf('failed', 'unknown'), version: words, values: anyObject, ...ways },
  ['about'],
);

const modes: Check = (value, path, report) => {
  anyObject(value, path, report);
  for (const [name, one] of Object.entries(isObject(value) ? value : {})) {
    const flaw = nameOfMode(name);
    if (flaw !== undefined) report([...path, name], flaw);
    mode(one, [...path, name], report);
  }
};

export const descriptionCheck = object(
  { plugin: text(nameOfMode), version: words, source: link, within: minutes, modes, ...ways },
  ['plugin', 'version', 'source', 'implements', 'install', 'waits'],
);
