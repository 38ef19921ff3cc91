import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments, stringify } from 'yaml';
import { runNetpol, temporaryFolder } from '../netpol.ts';
import { clusterYaml } from '../system/audit-cluster.ts';
import type { AdminPlace } from './admin-tiers.ts';
import { images } from './kind-probes.ts';

type Document = {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: { containers?: object[] };
  status?: object;
};
type Audit = {
  namespaces: object[];
  findings: { id: string; object: string; file?: string }[];
};

/** The document as a cluster can run it: a pod has an image, and its address is not chosen. */
const runnable = ({ status: _, ...document }: Document): object => {
  if (document.kind !== 'Pod') return document;
  const idle = { image: images.probeImage, command: ['node', '-e', 'setInterval(() => {}, 1000)'] };
  const containers = (document.spec?.containers ?? [{}]).map((container) => ({
    name: 'idle',
    ...idle,
    ...container,
  }));
  return { ...document, spec: { ...document.spec, containers } };
};

/** What `netpol explain` says over IPv4 of pods that are in no host network, whose nodes a file need not name. */
const verdictsOf = async (...args: string[]): Promise<string[]> => {
  const { stdout, stderr, exitCode } = await runNetpol(['explain', ...args, '--json']);
  expect(exitCode, stderr).to.equal(0);
  const { cells } = JSON.parse(stdout) as { cells: Record<string, unknown>[] };
  return cells
    .filter(({ from, to, family }) => family === 'IPv4' && ![from, to].includes('openshift-dns/resolver'))
    .map(({ from, to, protocol, port, verdict }) => [from, to, protocol, port, verdict].join(' '));
};

/** `netpol system audit` of the objects of a cluster finds what it finds in the same objects in a file; and so `netpol explain`. */
export const testLiveAudit = (place: () => Pick<AdminPlace, 'restricted' | 'kubectl'>): void => {
  it('is audited and explained as its manifests are, by an account that has only the shipped role', async () => {
    const { restricted, kubectl } = place();
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'cluster.yaml');
    // The block has the pods of the cluster as well.
    const text = clusterYaml.replace('10.0.0.0/16', '10.0.0.0/8');
    const documents = parseAllDocuments(text).map((document) => document.toJS() as Document);
    await writeFile(file, text);
    const audit = async (...args: string[]): Promise<Audit> => {
      const wanted = ['--mode', 'unrestricted', '--expect-label', 'tier=system', '--json'];
      const { stdout, exitCode, stderr } = await runNetpol(['system', 'audit', ...args, ...wanted]);
      expect(exitCode, stderr).to.equal(1);
      return JSON.parse(stdout) as Audit;
    };
    const names = documents.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? [metadata.name] : []));
    try {
      const objects = documents.map(runnable).map((object) => stringify(object));
      await kubectl(['apply', '--filename=-'], objects.join('---\n'));
      // kubectl refuses to wait where there is no pod.
      const pods = documents.filter(({ kind }) => kind === 'Pod');
      for (const namespace of new Set(pods.map(({ metadata }) => metadata.namespace)))
        await kubectl(['wait', 'pods', '--all', '--for=condition=Ready', `--namespace=${namespace}`]);
      const [live, filed] = [await audit('--kubeconfig', restricted), await audit(file)];
      expect(live.namespaces).to.deep.equal(filed.namespaces);
      const told = ({ findings }: Audit) => findings.map(({ id, object }) => `${id} ${object}`);
      expect(told(live)).to.deep.equal(told(filed));
      expect(live.findings.length).to.be.greaterThan(5);
      expect(await verdictsOf('--kubeconfig', restricted)).to.include.members(await verdictsOf(file));
      expect(live.findings.some((finding) => finding.file !== undefined)).to.equal(false);
    } finally {
      await kubectl(['delete', 'namespace', ...names, '--ignore-not-found', '--grace-period=1']);
    }
  });
};
