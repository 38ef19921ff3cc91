import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemGroupsCommand } from '../../../helpers/run/system/groups-command.ts';
import { audit } from '../../../helpers/system/audit.ts';
import type { Finding } from '../../../helpers/system/findings.ts';
import { loadSystem } from '../../../helpers/system/load.ts';
import { podsOf } from '../../../helpers/system/lint.ts';
import { worldOf, type Mode } from '../../../helpers/system/system.ts';
import { runNetpol, temporaryFolder } from '../netpol.ts';
import { expectGolden } from '../report/golden.ts';
import { clusterYaml } from './audit-cluster.ts';
import { thrownBy } from '../thrown.ts';

type Printed = {
  groups: Record<'default' | 'control-plane', { namespace: string }[]>;
  differences: { namespace: string; published?: string; derived?: string; why: string }[];
  joiners: { namespace: string; group: string; isNew: boolean }[];
};

const system = ['--system', 'openshift-like'];

describe('netpol system groups', function () {
  this.timeout(60_000);

  it('reproduces the published lists from the data of the system, but for what it explains', async () => {
    const { exitCode, stdout, stderr } = await runNetpol(
      ['system', 'groups', ...system, '--release', 'before-feature', '--json'],
    ); // prettier-ignore
    expect(stderr).to.equal('');
    expect(exitCode).to.equal(0);
    const { differences, joiners } = JSON.parse(stdout) as Printed;
    expect(joiners).to.deep.equal([]);
    const why = Map.groupBy(differences, (one) => one.why.split(';')[0] ?? '');
    expect([...why].map(([words, all]) => [words, all.map(({ namespace }) => namespace).join(' ')])).to.deep.equal([
      [
        'there is no such namespace here',
        'kube-system openshift-ansible-service-broker openshift-service-catalog-apiserver openshift-service-catalog-controller-manager openshift-template-service-broker',
      ],
      ['whoever it deals with is published in a group that suffices: openshift-operator-lifecycle-manager and openshift-dns', 'openshift-marketplace'],
      ['beside members of default it deals with openshift-marketplace only', 'openshift-operator-lifecycle-manager'],
    ]); // prettier-ignore
  });

  it('says that a namespace which is new must join, and exits 1', async () => {
    const { exitCode, stdout } = await runNetpol([
      'system',
      'groups',
      ...system,
      '--release',
      'restrictive',
      '--json',
    ]);
    const { joiners } = JSON.parse(stdout) as Printed;
    expect(joiners.map(({ namespace, group, isNew }) => ({ namespace, group, isNew }))).to.deep.equal([
      { namespace: 'openshift-console', group: 'control-plane', isNew: true },
    ]);
    expect(exitCode).to.equal(1);
  });

  it('reads what policies say, and prints it in 100 columns', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'cluster.yaml'), clusterYaml);
    await writeFile(
      join(folder.path, 'policies.yaml'),
      `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-apiserver, namespace: openshift-etcd }
spec: { ingress: [ { from: [ { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: openshift-console } } } ], ports: [ { port: 2379 } ] } ] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: allow-lookups, namespace: openshift-dns }
spec: { ingress: [ { ports: [ { port: 5353, protocol: UDP }, { port: 5353 } ] } ] }
`,
    );
    await writeFile(
      join(folder.path, 'groups.yaml'),
      'source: a list of ours\ndefault: [openshift-dns]\ncontrol-plane: [openshift-etcd, openshift-gone]\n',
    );
    const args = ['cluster.yaml', 'policies.yaml', '--published', 'groups.yaml'];
    const { exitCode, stdout } = await runNetpol(['system', 'groups', ...args], { cwd: folder.path });
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(100);
    expectGolden('system-groups.txt', `${stdout}\n`);
    expect(exitCode).to.equal(1);
    const alone = await runNetpol(['system', 'groups', 'cluster.yaml', 'policies.yaml'], {
      cwd: folder.path,
    });
    expect(alone.exitCode).to.equal(0);
    expect(alone.stdout).to.not.include('published');
  });

  const refused: [string, string[], RegExp][] = [
    ['a system and files', [...system, 'x.yaml'], /of what\?/],
    ['a release without a system', ['x.yaml', '--release', 'r'], /of what\?/],
    ['a release that is not there', [...system, '--release', 'r'], /`--release`[^]*before-feature[^]*`r`/],
    ['a system that is not there', ['--system', 'nowhere'], /no system\.yaml here/],
    ['files that are not there', ['x.yaml'], /x\.yaml: ENOENT/],
    ['groups that are not there', [...system, '--published', 'x.yaml'], /x\.yaml: ENOENT/],
    ['a flag without its value', ['--system'], /`--system` lacks its value/],
  ];
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, async () => {
      expect((await thrownBy(() => systemGroupsCommand(args))).message).to.match(message);
    });
});

describe('the audit of the system namespaces that come with us', () => {
  const errorsIn = async (name: string, mode: Mode): Promise<string[]> => {
    const { releases } = await loadSystem('openshift-like');
    const deliveries = releases.find((release) => release.name === name)?.deliveries ?? new Map();
    const world = worldOf({ deliveries, modeOf: () => mode }, podsOf({ releases }));
    const { findings } = audit({ world, isComplete: true }, { selectors: ['openshift-*'], mode });
    const errors = findings.filter(({ severity }: Finding) => severity === 'error');
    return [
      ...new Set(
        errors.map(({ id, namespace }) => `${id} ${id.startsWith('implicitly') ? '' : namespace}`.trim()),
      ),
    ];
  };
  const rows: [string, Mode, string[]][] = [
    ['before-feature', 'restricted', ['implicitly-open-ingress']],
    ['before-feature', 'unrestricted', ['implicitly-open-ingress']],
    ['permissive', 'unrestricted', []],
    ['restrictive', 'restricted', []],
    // A namespace that came after the feature is closed in both modes: one for an allow-list.
    ['restrictive', 'unrestricted', ['restrictive-without-permissive openshift-console']],
  ];
  for (const [name, mode, errors] of rows)
    it(`finds in ${name}, ${mode}: ${errors.join(', ') || 'nothing'}`, async () => {
      expect(await errorsIn(name, mode)).to.deep.equal(errors);
    });
});
