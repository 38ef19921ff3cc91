// Prints what `netpol system audit` takes for a synthetic cluster (`--json`: figures for scripts/bench.ts): the whole
// process, from its start to its end, with the reading of the manifests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';

const namespaces = 100;
const podsEach = 10;
const policiesEach = 4;

const metadata = (namespace: number, name: string) => ({ namespace: `openshift-n${namespace}`, name });

const listNamespace = (n: number): object[] => [
  {
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: `openshift-n${n}`, labels: { tier: 'system', team: `t${n % 7}` } },
  },
  ...Array.from({ length: podsEach }, (_, p) => ({
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { ...metadata(n, `p${p}`), labels: { app: `a${p % 3}`, pod: `p${p}` } },
    spec: { containers: [{ name: 'c', ports: [{ name: 'metrics', containerPort: 9000 + p }] }] },
    status: { phase: 'Running', podIPs: [{ ip: `10.${n}.0.${p + 1}` }, { ip: `fd00::${n}:${p + 1}` }] },
  })),
  ...Array.from({ length: policiesEach }, (_, p) => ({
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    metadata: metadata(n, p === 0 ? 'default-deny' : `allow-${p}`),
    spec:
      p === 0
        ? { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
        : {
            podSelector: { matchLabels: { app: `a${p % 4}` } },
            policyTypes: ['Ingress'],
            ingress: [
              {
                from: [
                  { namespaceSelector: { matchLabels: { team: `t${(n + p) % 9}` } } },
                  { ipBlock: { cidr: `10.${(n + p) % 128}.0.0/16` } },
                ],
                ports: [{ port: 'metrics' }, { port: 9000 + p, protocol: 'UDP' }],
              },
            ],
          },
  })),
];

const folder = mkdtempSync(join(tmpdir(), 'netpol-bench-'));
try {
  const file = join(folder, 'cluster.yaml');
  const items = Array.from({ length: namespaces }, (_, n) => listNamespace(n)).flat();
  writeFileSync(file, stringify({ apiVersion: 'v1', kind: 'List', items }));
  const seconds: number[] = [];
  let megabytes = 0;
  let found = 0;
  for (let run = 0; run < 3; run += 1) {
    const begin = performance.now();
    const program = `
      import { systemAuditCommand } from './helpers/run/system/audit-command.ts';
      await systemAuditCommand([${JSON.stringify(file)}, '--mode', 'unrestricted', '--expect-label', 'tier', '--json']);
      console.error(process.resourceUsage().maxRSS);
    `;
    const { stdout, stderr } = await execa('node', ['--input-type=module-typescript', '-e', program], {
      preferLocal: true,
    });
    seconds.push((performance.now() - begin) / 1000);
    megabytes = Math.max(megabytes, Number(stderr) / 1024);
    found = (JSON.parse(stdout) as { findings: object[] }).findings.length;
  }
  if (found < namespaces) throw new Error(`only ${found} findings: the audit has not looked at the cluster`);
  const size = `${namespaces} namespaces, ${namespaces * podsEach} pods, ${namespaces * policiesEach} policies`;
  const value = seconds.toSorted((one, other) => one - other)[1] ?? 0;
  const figures = [
    { name: `audit: ${size} in a file, whole process, median of 3`, value, limit: 2, unit: 's' },
    { name: `audit: the same, memory`, value: megabytes, limit: 300, unit: 'MB' },
  ];
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
  else
    for (const { name, value, limit, unit } of figures)
      console.log(`${name}: ${value.toFixed(2)} ${unit} (wanted: less than ${limit})`);
} finally {
  rmSync(folder, { recursive: true });
}
