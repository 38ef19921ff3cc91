import { expect } from 'chai';
import { explainChanges, type ChangeMode } from '../../../helpers/run/explain/changes.ts';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { runNetpol } from '../netpol.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';

const changedYaml = policiesYaml
  .replace('{ app: cron }', '{ app: db }')
  .replace('port: 9187', 'port: 9188')
  .replaceAll('team: ops', 'team: watch');

describe('explain, what would change if', function () {
  this.timeout(60_000);
  const { folder, paths } = writeFiles({
    'cluster.yaml': shopYaml,
    'old.yaml': policiesYaml,
    'new.yaml': policiesYaml.replace('port: 9187', 'port: 9188').replace('[ { port: http } ]', '[ { port: 1 } ]'),
    'tighter.yaml': policiesYaml.replace('port: 9187', 'port: 9188'),
    'labels.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: monitoring, labels: { team: other } }\n',
    'cron.yaml': changedYaml.slice(changedYaml.lastIndexOf('---') + 4),
  }); // prettier-ignore

  const change = (mode: ChangeMode, next: string, before = [paths['old.yaml']], json = false) =>
    explainChanges(
      readExplainFiles([paths['cluster.yaml'], ...before]),
      readExplainFiles([next]),
      mode,
      json,
    );

  it('shows only cells whose verdict changes, with what decides before and after', () => {
    const { text, opened, closed } = change('replaced', paths['new.yaml']);
    expect(text.replaceAll(`${folder}/`, '').replaceAll(/\s+/g, ' ')).to.equal(
      [
        'opens: from deny to allow',
        'shop/web-1 (+1 alike), shop/db-0 -> shop/web-1 (+1 alike) TCP/1',
        'before: NetworkPolicy shop/default-deny (old.yaml:1), NetworkPolicy shop/web (old.yaml:6)',
        'after: NetworkPolicy shop/web ingress[0] (new.yaml:12)',
        'closes: from allow to deny',
        'shop/web-1 (+1 alike), shop/db-0 -> shop/web-1 (+1 alike) TCP/8080',
        'before: NetworkPolicy shop/web ingress[0] (old.yaml:12)',
        'after: NetworkPolicy shop/default-deny (new.yaml:1), NetworkPolicy shop/web (new.yaml:6)',
        'monitoring/prometheus-0 -> shop/db-0 TCP/9187',
        'before: AdminNetworkPolicy monitoring ingress[0] "metrics" (old.yaml:38)',
        'after: AdminNetworkPolicy monitoring ingress[1] "others" (new.yaml:45)',
        '5 of 46 cells change, between 4 kinds of pods that policies can tell apart, at their ports and at',
        'one that stands for all others',
      ].join(' '),
    );
    expect({ opened, closed }).to.deep.equal({ opened: 2, closed: 3 });
  });

  it('says that nothing changes where the policies are the same', () => {
    expect(change('replaced', paths['old.yaml']).text).to.match(/^0 of \d+ cells change/);
    expect(change('applied', paths['old.yaml']).text).to.match(/^0 of \d+ cells change/);
  });

  it('keeps the other policies where those of the path are applied, and only there', () => {
    const applied = change('applied', paths['cron.yaml']);
    const replaced = change('replaced', paths['cron.yaml']);
    expect(replaced.opened).to.be.greaterThan(applied.opened);
    expect(replaced.text).to.include('after: no policy decides');
  });

  it('takes the labels of namespaces that are declared there', () => {
    const { text, opened } = change('applied', paths['labels.yaml']);
    expect(opened).to.be.greaterThan(0);
    expect(text).to.include('opens: from deny to allow').and.include('monitoring/grafana-0');
  });

  it('gives all members of both ends as JSON', () => {
    const { text } = change('replaced', paths['new.yaml'], undefined, true);
    const { changes } = JSON.parse(text) as { changes: { from: string[]; port: unknown; before: object }[] };
    expect(changes).to.have.length(5);
    expect(changes[0]?.from).to.deep.equal(['shop/web-1', 'shop/web-2']);
    expect(changes[0]?.before).to.have.keys('verdict', 'decidedBy');
  });

  it('exits with 1 only where what --fail-on names is there', async () => {
    const files = [paths['cluster.yaml'], paths['old.yaml'], '--if-replaced', paths['tighter.yaml']];
    const codeOf = async (...more: string[]) => (await runNetpol(['explain', ...files, ...more])).exitCode;
    expect(await codeOf('--fail-on', 'closed')).to.equal(1);
    expect(await codeOf('--fail-on', 'opened')).to.equal(0);
    expect(await codeOf()).to.equal(0);
    expect(await codeOf('--fail-on', 'nothing')).to.equal(2);
    expect(await codeOf('--if-applied', paths['new.yaml'])).to.equal(2);
  });
});
