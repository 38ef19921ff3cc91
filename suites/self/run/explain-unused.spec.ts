import { expect } from 'chai';
import { stringify } from 'yaml';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { explainUnused } from '../../../helpers/run/explain/unused.ts';
import { explainCommand } from '../../../helpers/run/explain/command.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';
import { thrownBy } from '../thrown.ts';

const policyYaml = (name: string, spec: object): string =>
  stringify({
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    metadata: { name, namespace: 'shop' },
    spec,
  });
const db = { matchLabels: { app: 'db' } };
const web = { podSelector: { matchLabels: { app: 'web' } } };

describe('explain --unused', () => {
  const { folder, paths } = writeFiles({
    'cluster.yaml': shopYaml,
    'policies.yaml': policiesYaml,
    'used.yaml': policyYaml('db', { podSelector: db, ingress: [{ from: [web] }] }),
  });

  /** The findings about one more policy in the shop: `rule: why`. */
  const find = (...specs: object[]): string[] => {
    const texts = specs.map((spec, at) => policyYaml(`p${at}`, spec)).join('---\n');
    const more = writeFiles({ 'cluster.yaml': shopYaml, 'more.yaml': texts });
    const { text } = explainUnused(readExplainFiles(Object.values(more.paths)), true);
    const { unused } = JSON.parse(text) as { unused: { policy: string; rule?: string; why: string }[] };
    return unused.map(({ policy, rule = '', why }) => `${policy.slice(-2)} ${rule}: ${why}`);
  };

  it('names policies and rules without an effect, why, and where they stand', () => {
    const { text, found } = explainUnused(
      readExplainFiles([paths['cluster.yaml'], paths['policies.yaml']]),
      false,
    );
    expect(found).to.equal(4);
    expect(text.replaceAll(`${folder}/`, '').split('\n')).to.include.members([
      'change no verdict of these pods and ports: each alone could go',
      '  NetworkPolicy shop/default-deny (policies.yaml:1)',
      'rules whose peers are none of these pods',
      'select none of these pods',
      '  NetworkPolicy shop/legacy (policies.yaml:26)',
      'rules that decide no cell of these pods and ports: others come before, or they mean nobody',
      '  AdminNetworkPolicy monitoring ingress[2] "never" (policies.yaml:48)',
    ]);
    for (const line of text.replaceAll(`${folder}/`, '').split('\n'))
      expect(line.length, line).to.be.at.most(100);
  });

  it('finds nothing where all have an effect, at ports that nobody declares too', () => {
    expect(find({ podSelector: db, ingress: [{ from: [web], ports: [{ port: 7777 }] }] })).to.deep.equal([]);
    expect(find({ podSelector: db, policyTypes: ['Egress'] })).to.deep.equal([]);
  });

  it('finds a rule that another one makes needless, and not that other', () => {
    const narrow = { from: [web], ports: [{ port: 5432 }] };
    expect(find({ podSelector: db, ingress: [{ from: [web] }, narrow] })).to.deep.equal([
      'p0 ingress[1]: changes-nothing',
    ]);
  });

  it('finds two policies that say the same, as each alone could go', () => {
    expect(find({ podSelector: {} }, { podSelector: {} })).to.deep.equal([
      'p0 : changes-nothing',
      'p1 : changes-nothing',
    ]);
  });

  it('keeps the isolation when it takes the only rule away', () => {
    const closed = { podSelector: web.podSelector };
    expect(find({ podSelector: db, egress: [{ to: [web] }] }, closed)).to.deep.equal([
      'p0 egress[0]: changes-nothing',
    ]);
    const nobody = { podSelector: { matchLabels: { app: 'none' } } };
    expect(find({ podSelector: db, egress: [{ to: [nobody] }] })).to.deep.equal([
      'p0 egress[0]: admits-nobody',
    ]);
  });

  it('says of blocks that they may mean hosts outside', () => {
    const block = { from: [{ ipBlock: { cidr: '203.0.113.0/24' } }] };
    const more = writeFiles({
      'cluster.yaml': shopYaml,
      'more.yaml': policyYaml('p', { podSelector: db, ingress: [block] }),
    });
    const { text } = explainUnused(readExplainFiles(Object.values(more.paths)), false);
    expect(text.replaceAll(/\s+/g, ' ')).to.include('but it may mean hosts outside');
  });

  it('exits with 1 only where that was asked for and something is unused', async () => {
    const all = [paths['cluster.yaml'], paths['policies.yaml'], '--unused', '--json'];
    const used = [paths['cluster.yaml'], paths['used.yaml'], '--unused', '--json'];
    expect(await explainCommand(all)).to.equal(0);
    expect(await explainCommand([...all, '--fail-on', 'unused'])).to.equal(1);
    expect(await explainCommand([...used, '--fail-on', 'unused'])).to.equal(0);
    const error = await thrownBy(() => explainCommand([...all, '--fail-on', 'opened']));
    expect(error.message).to.include('unused with `--unused`');
    const both = await thrownBy(() => explainCommand([...all, '--pod', 'shop/db-0']));
    expect(both.message).to.include('several questions at once').and.include('--pod and --unused');
  });
});
