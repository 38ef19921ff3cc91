import { expect } from 'chai';
import { stringify } from 'yaml';
import { explain, type ExplainOptions } from '../../../helpers/run/explain.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';

const policyOf = (name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec: { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'nobody' } } }] }] },
});
const list = stringify({ apiVersion: 'v1', kind: 'List', items: [policyOf('one'), policyOf('two')] });

describe('explain, of a pair', () => {
  const { paths, remove } = writeFiles({
    'cluster.yaml': shopYaml,
    'policies.yaml': policiesYaml,
    'list.yaml': list,
  });
  after(remove);

  const ask = (from: string, to: string, probe: string, more: ExplainOptions = {}): string =>
    explain([paths['cluster.yaml'], paths['policies.yaml']], { from, to, probe, ...more });

  it('names the file and the line of the peer that admits, and of the rule that denies', () => {
    const admitted = ask('shop/web-1', 'shop/db-0', 'TCP/5432');
    expect(admitted).to.include('TCP/5432: allow');
    expect(admitted).to.include(`shop/db ingress[0].from[1] (${paths['policies.yaml']}:22)`);
    const denied = ask('monitoring/grafana-0', 'shop/db-0', 'TCP/9187');
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
