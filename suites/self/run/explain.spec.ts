import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { InputError, UsageError } from '../../../helpers/errors.ts';
import { explain as explainInput, type ExplainOptions } from '../../../helpers/run/explain/explain.ts';
import { readExplainFiles } from '../../../helpers/run/explain/input.ts';
import { makeFolder } from './explain-sample.ts';

const cluster = `
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: Namespace, metadata: { name: x, labels: { ns: x } } }
- apiVersion: v1
  kind: Pod
  metadata: { name: a, namespace: x, labels: { pod: a } }
  spec: { containers: [ { ports: [ { containerPort: 80 }, { containerPort: 53, protocol: UDP } ] }, { ports: [ { containerPort: 80 } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.1 }, { ip: 'fd00::1' } ] }
- apiVersion: v1
  kind: Pod
  metadata: { name: b, namespace: x, labels: { pod: b } }
  spec: { containers: [ { ports: [ { containerPort: 80 } ] } ] }
  status: { podIPs: [ { ip: 10.0.0.2 } ] }
- { apiVersion: v1, kind: Pod, metadata: { name: pending, namespace: x } }
- { apiVersion: v1, kind: ConfigMap, metadata: { name: c } }
`;

const policy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny', namespace: 'x' },
  spec: { podSelector: { matchLabels: { pod: 'a' } } },
};

const explain = (paths: readonly string[], options?: ExplainOptions): string =>
  explainInput(readExplainFiles(paths), options);

describe('explain', () => {
  const folder = makeFolder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'good', 'deep'), { recursive: true });
  const clusterFile = file('good/cluster.yml', cluster);
  const policyFile = file('good/deep/policy.json', JSON.stringify(policy));
  file('good/notes.txt', 'no manifest');

  it('prints every pair and declared port of the destination as JSON', () => {
    const { cells }: { cells: Record<string, unknown>[] } = JSON.parse(
      explain([clusterFile, policyFile], { json: true }),
    );
    const drawn = cells.map(({ from, to, protocol, port, family, verdict }) =>
      [from, to, protocol, port, family, verdict].join(' '),
    );
    expect(drawn).to.deep.equal([
      'x/a x/a TCP 80 IPv4 undefined',
      'x/a x/a TCP 80 IPv6 undefined',
      'x/a x/a UDP 53 IPv4 undefined',
      'x/a x/a UDP 53 IPv6 undefined',
      'x/a x/b TCP 80 IPv4 allow',
      'x/b x/a TCP 80 IPv4 deny',
      'x/b x/a UDP 53 IPv4 deny',
      'x/b x/b TCP 80 IPv4 allow',
    ]);
    expect(cells[5]).to.deep.equal({
      from: 'x/b',
      to: 'x/a',
      protocol: 'TCP',
      port: 80,
      family: 'IPv4',
      verdict: 'deny',
      reason: 'x/a is isolated for ingress by x/deny, without any ingress rule',
      decidedBy: [{ policy: 'NetworkPolicy x/deny', direction: 'ingress', file: policyFile, line: 1 }],
    });
  });

  it('draws a grid for each port and family, and says what it left out', () => {
    expect(explain([clusterFile, policyFile])).to.equal(
      [
        'v4 TCP/80',
        '     x/a x/b',
        'x/a   ?   .',
        'x/b   X   .',
        '',
        'v6 TCP/80',
        '     x/a',
        'x/a   ?',
        '',
        'v4 UDP/53',
        '     x/a',
        'x/a   ?',
        'x/b   X',
        '',
        'v6 UDP/53',
        '     x/a',
        'x/a   ?',
        '',
        '. allow   X deny   ? undefined: Kubernetes does not say      (rows connect to columns)',
        'not asked, without an address: x/pending',
        'not read: 1 v1 ConfigMap',
      ].join('\n'),
    );
  });

  it('reads the manifests of a folder, each file once', () => {
    symlinkSync(clusterFile, join(folder, 'link.yaml'));
    const both = [join(folder, 'good'), clusterFile, join(folder, 'link.yaml')];
    expect(explain(both)).to.equal(explain([clusterFile, policyFile]));
  });

  it('gives the whole reasoning for one pair', () => {
    expect(explain([clusterFile, policyFile], { from: 'x/b', to: 'x/a', probe: 'TCP/8080' })).to.equal(
      [
        'x/b -> x/a v4 TCP/8080: deny',
        '  x/a is isolated for ingress by x/deny, without any ingress rule',
        `  decided by: NetworkPolicy x/deny (${policyFile}:1)`,
        '  egress of x/b: allow',
        '    Admin          goes on: no policy selects x/b',
        '    NetworkPolicy  goes on: no policy isolates x/b for egress',
        '    Baseline       goes on: no policy selects x/b',
        '    default        allow: nobody has decided',
        '  ingress of x/a: deny',
        '    Admin          goes on: no policy selects x/a',
        '    NetworkPolicy  deny: x/a is isolated for ingress by x/deny, without any ingress rule',
        `                   (${policyFile}:1)`,
        '    Baseline       not asked: NetworkPolicy decides',
        '    default        not asked: NetworkPolicy decides',
      ].join('\n'),
    );
    const all = explain([clusterFile, policyFile], { from: 'x/a', to: 'x/a' });
    expect(all.match(/^x\/a -> x\/a .*$/gm)).to.have.length(4);
  });

  it('narrows JSON to a pair and a port', () => {
    const options = { json: true, from: 'x/b', to: 'x/a', probe: 'UDP/53' };
    const { cells }: { cells: unknown[] } = JSON.parse(explain([clusterFile], options));
    expect(cells).to.have.length(1);
  });

  const refused: [string, () => string, typeof InputError | typeof UsageError, RegExp][] = [
    ['a file that is not there', () => explain([join(folder, 'none.yaml')]), InputError, /none\.yaml: ENOENT/],
    ['a folder without manifests', () => explain([mkdtempSync(join(folder, 'empty-'))]), InputError, /holds no \.yaml, \.yml or \.json/],
    ['a file that does not parse', () => explain([file('bad.yaml', 'a: [\n'), clusterFile]), InputError, /bad\.yaml:2:1: /],
    ['no pods', () => explain([policyFile]), UsageError, /no pod with an address/],
    ['an unknown pod', () => explain([clusterFile], { from: 'x/q' }), UsageError, /no pod `x\/q`[^]*one of x\/a, x\/b/],
    ['a port in other words', () => explain([clusterFile], { probe: '80/TCP' }), UsageError, /like TCP\/80/],
    ['a port that cannot be', () => explain([clusterFile], { probe: 'TCP/65536' }), UsageError, /got: {4}`TCP\/65536`/],
    ['a pair without a cell', () => explain([clusterFile], { from: 'x/a', to: 'x/pending' }), UsageError, /nothing to explain from x\/a to x\/pending/],
  ]; // prettier-ignore
  for (const [what, call, type, message] of refused)
    it(`refuses ${what}`, () => {
      expect(call).to.throw(type, message);
    });
});
