import { expect } from 'chai';
import { explainCommand } from '../../../helpers/run/explain/command.ts';
import { explainGraph, type Graph } from '../../../helpers/run/explain/graph.ts';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { formatDot } from '../../../helpers/run/explain/graph-dot.ts';
import { formatSvg } from '../../../helpers/run/explain/graph-svg.ts';
import { expectGolden } from '../report/golden.ts';
import { find, parseXml } from '../report/xml.ts';
import { policiesYaml, shopYaml, writeFiles } from './explain-sample.ts';
import { thrownBy } from '../thrown.ts';

const hostile = '</text><script>alert("1")</script> & \\" ]; n9 [';
const graph: Graph = {
  nodes: [
    {
      ...{ name: `x/${hostile}`, namespace: hostile, pods: 1, askers: [1] },
      slots: [{ ports: hostile, from: [], perhaps: [1] }],
    },
    {
      name: 'x/b',
      namespace: 'x',
      pods: 1,
      askers: [0],
      slots: [{ ports: 'TCP/80', from: [0], perhaps: [] }],
    },
  ],
};

describe('explain --graph', () => {
  const { paths } = writeFiles({
    'cluster.yaml': shopYaml,
    'policies.yaml': policiesYaml,
    'host.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: { name: host, namespace: node }\nspec: { hostNetwork: true }\nstatus: { podIPs: [ { ip: 10.9.0.1 } ] }\n',
  });
  const input = () => readExplainFiles(Object.values(paths));

  it('draws who reaches whom for Graphviz, pods that behave alike as one', () => {
    expectGolden('explain/shop.dot', `${explainGraph(input(), 'dot')}\n`);
  });

  it('draws the same as a picture that needs nothing from elsewhere', () => {
    const svg = explainGraph(input(), 'svg');
    expectGolden('explain/shop.svg', `${svg}\n`);
    const root = parseXml(svg);
    expect(root.attributes['xmlns']).to.equal('http://www.w3.org/2000/svg');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).to.not.match(/https?:|href|url\((?!#)|@import/);
    const words = find(root, 'text').map(({ text }) => text);
    expect(words).to.include.members(['web-1 (+1 alike)', 'TCP/5432', 'all ports: everybody']);
    expect(svg).to.include('<title>monitoring/prometheus-0 reaches shop/db-0 TCP/9187</title>');
    expect(svg).to.match(/stroke-dasharray[^>]*><title>node\/host perhaps reaches shop\/db-0/);
  });

  it('takes names for text, whatever is in them', () => {
    const svg = formatSvg(graph);
    expect(svg).to.not.include('<script>');
    expect(find(parseXml(svg), 'script')).to.deep.equal([]);
    const labels = formatDot(graph).match(/label="(?:[^"\\]|\\.)*"(?=[\];,])/g) ?? [];
    expect(labels).to.have.length(6);
    expect(labels.filter((label) => label.includes('\\\\\\"'))).to.have.length(3);
  });

  it('refuses another format, JSON of a picture, and another question beside it', async () => {
    const ask = async (...more: string[]) =>
      (await thrownBy(() => explainCommand([...Object.values(paths), ...more]))).message;
    expect(await ask('--graph', 'png'))
      .to.include('dot or svg')
      .and.include('`png`');
    expect(await ask('--graph', 'svg', '--json')).to.include('without `--json`');
    expect(await ask('--graph', 'svg', '--unused')).to.include('--unused and --graph');
    expect(await ask('--graph')).to.include('`--graph` lacks its value');
  });
});
