import { expect } from 'chai';
import { stringify } from 'yaml';
import { explain as explainInput, type ExplainOptions } from '../../../helpers/run/explain/explain.ts';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';

const policyOf = (name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'nobody' } } }] }] },
});
const list = stringify({ apiVersion: 'v1', kind: 'List', items: [policyOf('one'), policyOf('two')] });

const tiers = `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: first }
spec:
  priority: 3
  subject: { namespaces: { matchLabels: { team: shop } } }
  egress:
    - { action: Pass, to: [ { namespaces: {} } ] }
  ingress:
    - { action: Pass, from: [ { namespaces: {} } ] }
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: { name: default }
spec:
  subject: { namespaces: {} }
  ingress:
    # Whoever is not let in stays out.
    - name: closed
      action: Deny
      from: [ { namespaces: {} } ]
`;

const explain = (paths: readonly string[], options?: ExplainOptions): string =>
  explainInput(readExplainFiles(paths), options);

describe('explain, of a pair', () => {
  const { paths } = writeFiles({
    'cluster.yaml': shopYaml,
    'policies.yaml': policiesYaml,
    'list.yaml': list,
    'tiers.yaml': tiers,
  });

  const ask = (from: string, to: string, probe: string, more: ExplainOptions = {}): string =>
    explain([paths['cluster.yaml'], paths['policies.yaml']], { from, to, probe, ...more });

  it('names the file and the line of the peer that admits, and of the rule that denies', () => {
    const admitted = ask('shop/web-1', 'shop/db-0', 'TCP/5432');
    expect(admitted).to.include('TCP/5432: allow');
    expect(admitted).to.include(`shop/db ingress[0].from[1] (${paths['policies.yaml']}:22)`);
    const denied = ask('monitoring/grafana-0', 'shop/db-0', 'TCP/9187').replaceAll(/\s+/g, ' ');
    expect(denied).to.include('TCP/9187: deny');
    expect(denied).to.include(`monitoring ingress[1] "others" (${paths['policies.yaml']}:45)`);
  });

  it('names the lines of items of a List, and of the policies themselves where no rule admits', () => {
    const lines = list.split('\n');
    const [one = 0, two = 0] = lines.flatMap((line, at) => (line.includes('networking') ? [at + 1] : []));
    const text = explain([paths['cluster.yaml'], paths['list.yaml']], {
      ...{ from: 'shop/web-1', to: 'shop/db-0', probe: 'TCP/5432' },
    });
    expect(two).to.be.greaterThan(one);
    expect(text).to.include(`NetworkPolicy shop/one (${paths['list.yaml']}:${one})`);
    expect(text).to.include(`NetworkPolicy shop/two (${paths['list.yaml']}:${two})`);
  });

  it('lists who is asked at each end, in the order of the tiers, and what each says', () => {
    const text = explain([paths['cluster.yaml'], paths['tiers.yaml']], {
      ...{ from: 'monitoring/prometheus-0', to: 'shop/db-0', probe: 'TCP/5432' },
    });
    const file = paths['tiers.yaml'];
    const said = text.slice(text.indexOf('  ingress of')).replaceAll(/\s+/g, ' ');
    expect(said).to.equal(
      [
        ' ingress of shop/db-0: deny',
        `Admin goes on: Pass by AdminNetworkPolicy first ingress[0] (priority 3) (${file}:10)`,
        'NetworkPolicy goes on: no policy isolates shop/db-0 for ingress',
        `Baseline deny: Deny by BaselineAdminNetworkPolicy default ingress[0] "closed" (${file}:19)`,
        'default not asked: Baseline decides',
      ].join(' '),
    );
  });

  it('keeps to 100 columns where words can be broken', () => {
    const text = ask('monitoring/grafana-0', 'shop/db-0', 'TCP/9187').replaceAll(
      paths['policies.yaml'],
      'p.yaml',
    );
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(100);
  });

  it('gives the same as JSON', () => {
    const text = ask('shop/web-1', 'shop/db-0', 'TCP/5432', { json: true });
    const { cells } = JSON.parse(text) as { cells: { decidedBy: object[] }[] };
    expect(cells[0]?.decidedBy).to.deep.equal([
      {
        policy: 'NetworkPolicy shop/db',
        rule: 'ingress[0].from[1]',
        direction: 'ingress',
        file: paths['policies.yaml'],
        line: 22,
      },
    ]);
  });
});
