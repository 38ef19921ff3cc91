import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../../helpers/errors.ts';
import { loadSystem } from '../../../helpers/system/load.ts';
import type { System } from '../../../helpers/system/system.ts';
import { temporaryFolder } from '../netpol.ts';

/** Reads a system whose files are given as text, by their places: `old/dns.yaml`. */
export const loadFiles = async (files: Readonly<Record<string, string>>): Promise<System> => {
  await using folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const location = join(folder.path, name);
    await mkdir(dirname(location), { recursive: true });
    await writeFile(location, text);
  }
  return await loadSystem(folder.path);
};

/** What the loader complains of, a line for each problem, without the folder. */
export const complaintsOf = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  try {
    await loadFiles(files);
  } catch (thrown) {
    if (!(thrown instanceof InputError)) throw thrown;
    return thrown.problems.map(({ file, line, message }) =>
      [file, line, ` ${message}`]
        .filter((part) => part !== undefined)
        .join(':')
        .replaceAll(/\/\S*\/netpol-test-[^/]*\//g, ''),
    );
  }
  return [];
};

/** `system.yaml` with releases of these names; what begins with a brace is the whole entry. */
export const systemFile = (...releases: string[]): string =>
  `{ system: test, about: a test, source: none, namespaces: '*', releases: [${releases
    .map((release) => (release.startsWith('{') ? release : `{ name: ${release}, about: a release }`))
    .join(', ')}] }`;

/** A Namespace with a pod `p` that serves TCP 80. */
export const home = (name: string, labels = '{}'): string => `
---
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: ${labels} }
---
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: ${name} }
spec: { containers: [{ name: p, ports: [{ containerPort: 80 }] }] }
`;

/** A NetworkPolicy that admits `peers`, a list in YAML, to all pods of a namespace, perhaps in one mode only. */
export const admit = (namespace: string, name: string, peers: string, mode?: string): string => `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: ${namespace}
  ${mode === undefined ? '' : `annotations: { netpol-conformance/mode: ${mode} }`}
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{ from: ${peers} }] }
`;
