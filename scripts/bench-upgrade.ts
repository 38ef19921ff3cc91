// Prints what `netpol system upgrade` takes for a synthetic system whose components are all independent (`--json`:
// figures for scripts/bench.ts): the whole process, with the reading of the system. 20 components have 20! orders.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';

const components = 20;
/** Of each component, the next ones that it needs. */
const needsEach = 4;

const describeSystem = (): object => ({
  system: 'bench',
  about: 'Components that each need some others, and that change how these know them.',
  source: 'https://github.com/kubernetes/kubernetes/issues/1',
  namespaces: 'bench-*',
  tenants: 'shop',
  releases: [
    { name: 'first', about: 'Who is needed admits those with the old label.' },
    { name: 'second', from: 'first', about: 'Everybody has the new label, and admits those who have it.' },
  ],
});

const describeComponent = (n: number, label: 'old' | 'new'): object[] => {
  const namespace = `bench-${n}`;
  const needed = Array.from({ length: needsEach }, (_, next) => (n + next + 1) % components);
  return [
    {
      component: `c${n}`,
      why: 'Serves those before it.',
      needs: Object.fromEntries(
        needed.map((other) => [`${namespace}/server -> bench-${other}/server TCP/8080`, 'asks it']),
      ),
    },
    {
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: { name: namespace, labels: { 'bench/group': label } },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { namespace, name: 'server', labels: { app: 'server' } },
      spec: { containers: [{ name: 'server', ports: [{ containerPort: 8080 }] }] },
    },
    {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
      metadata: { namespace, name: 'allow-group' },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'bench/group': label } } }] }],
      },
    },
  ];
};

const folder = mkdtempSync(join(tmpdir(), 'netpol-bench-'));
try {
  writeFileSync(join(folder, 'system.yaml'), stringify(describeSystem()));
  for (const [release, label] of [
    ['first', 'old'],
    ['second', 'new'],
  ] as const) {
    mkdirSync(join(folder, release));
    for (let n = 0; n < components; n += 1)
      writeFileSync(
        join(folder, release, `c${n}.yaml`),
        describeComponent(n, label)
          .map((document) => stringify(document))
          .join('---\n'),
      );
  }
  const seconds: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const begin = performance.now();
    const { stdout } = await execa(
      'node',
      ['helpers/run/cli.ts', 'system', 'upgrade', '--system', folder, '--mode', 'restricted', '--json'],
      { preferLocal: true, reject: false },
    );
    seconds.push((performance.now() - begin) / 1000);
    const [result] = JSON.parse(stdout) as { violations: object[] }[];
    if (result?.violations.length !== components * needsEach)
      throw new Error(`${result?.violations.length} connections break, wanted ${components * needsEach}`);
  }
  const value = seconds.toSorted((one, other) => one - other)[1] ?? 0;
  const size = `${components} independent components, ${components * needsEach} connections`;
  const name = `upgrade: ${size}, whole process, median of 3`;
  if (process.argv.includes('--json')) console.log(JSON.stringify([{ name, value, limit: 5, unit: 's' }]));
  else console.log(`${name}: ${value.toFixed(2)} s (wanted: less than 5)`);
} finally {
  rmSync(folder, { recursive: true });
}
