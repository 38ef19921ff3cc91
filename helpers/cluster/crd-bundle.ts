import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InputError, messageOf, UsageError, type Problem } from '../errors.ts';
import { isObject } from '../kube/checks.ts';
import type { Definition } from '../kube/definitions.ts';
import { adminGroup } from '../kube/policy-kinds.ts';
import { parseDocuments, type ParsedDocument } from '../kube/yaml.ts';
import { download, isUrl, parseUrl, withoutSecrets, type DownloadWords } from './download.ts';

/** The CRDs of one file. */
export type CrdBundle = { name: string; definitions: Definition[] };

const bundlesFolder = fileURLToPath(new URL('../../manifests/crds/', import.meta.url));
const words: DownloadWords = {
  option: '--crd-bundle',
  content: 'CRDs',
  next: 'download it yourself and give the path of the file; v0.1-standard and the like need no network',
  megabytes: 5,
};

/**
 * Reads bundles: each the NAME of a file under manifests/crds, the path of a file, or an https URL.
 * @throws UsageError for a name that means nothing; InputError with file and line for anything that is no CRD of the admin
 * tiers, or that two bundles have; EnvironmentError where a URL gives nothing
 */
export const readCrdBundles = async (names: readonly string[]): Promise<CrdBundle[]> => {
  const problems: Problem[] = [];
  const bundles: CrdBundle[] = [];
  for (const name of names) {
    const { label, text } = await readText(name);
    const { documents, problems: unreadable } = parseDocuments(text, label);
    const wrong = documents.flatMap((document) => describeWrong(document, label));
    problems.push(...unreadable, ...wrong);
    if (documents.length + unreadable.length === 0) problems.push({ file: label, message: 'holds no CRD' });
    bundles.push({ name: label, definitions: documents.map(({ value }) => value as Definition) });
  }
  if (problems.length === 0) problems.push(...describeDoubles(bundles));
  if (problems.length > 0)
    throw new InputError(
      'The CRDs of `--crd-bundle` cannot be used',
      problems,
      'give a file of CRDs, or a name that `npm start -- run --help` tells',
    );
  return bundles;
};

const readText = async (name: string): Promise<{ label: string; text: string }> => {
  if (isUrl(name)) {
    const url = parseUrl(name, words);
    return { label: withoutSecrets(url), text: new TextDecoder().decode(await download(url, words)) };
  }
  const known = readdirSync(bundlesFolder).filter((file) => file.endsWith('.yaml'));
  const file = known.includes(`${name}.yaml`) ? `${bundlesFolder}${name}.yaml` : name;
  if (!existsSync(file)) {
    throw new UsageError({
      subject: `unknown bundle of CRDs ${JSON.stringify(name)}`,
      wanted: `one of ${known.map((file) => file.slice(0, -'.yaml'.length)).join(', ')}, the path of a file, or an https URL`,
      got: 'neither such a name nor such a file',
    });
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError({ subject: `cannot read \`--crd-bundle ${name}\``, got: messageOf(error) });
  });
  return { label: file, text };
};

const describeWrong = ({ value, positionOf }: ParsedDocument, file: string): Problem[] => {
  const wanted = `must be a CustomResourceDefinition of the group ${adminGroup}`;
  const { apiVersion, kind, metadata, spec } = isObject(value) ? value : {};
  if (apiVersion !== 'apiextensions.k8s.io/v1' || kind !== 'CustomResourceDefinition') {
    const got = typeof kind === 'string' ? `${kind} of ${String(apiVersion)}` : 'no Kubernetes object';
    return [{ file, ...positionOf(['kind']), message: `${wanted}, got ${got}` }];
  }
  const { group, names, versions } = isObject(spec) ? spec : {};
  if (group !== adminGroup) {
    const got = typeof group === 'string' ? `the group ${group}` : 'no group';
    return [{ file, ...positionOf(['spec', 'group']), message: `${wanted}, got ${got}` }];
  }
  const isWhole =
    isObject(metadata) &&
    typeof metadata['name'] === 'string' &&
    isObject(names) &&
    typeof names['plural'] === 'string' &&
    typeof names['kind'] === 'string' &&
    Array.isArray(versions);
  if (isWhole) return [];
  return [
    { file, ...positionOf(['spec']), message: 'must have metadata.name, spec.names and spec.versions' },
  ];
};

const describeDoubles = (bundles: readonly CrdBundle[]): Problem[] => {
  const first = new Map<string, string>();
  return bundles.flatMap(({ name, definitions }) =>
    definitions.flatMap(({ metadata }) => {
      const other = first.get(metadata.name);
      if (other === undefined) first.set(metadata.name, name);
      return other === undefined
        ? []
        : [{ file: name, message: `holds ${metadata.name}, and so does ${other}` }];
    }),
  );
};
