import { expect } from 'chai';
import { InputError } from '../../../helpers/errors.ts';
import { readManifests, type Manifests } from '../../../helpers/kube/manifests.ts';

const read = (...texts: string[]): Manifests =>
  readManifests(texts.map((text, index) => ({ file: `${index}.yaml`, text })));

const problemsOf = (...texts: string[]): string[] => {
  try {
    read(...texts);
  } catch (thrown) {
    if (!(thrown instanceof InputError)) throw thrown;
    return thrown.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  }
  return [];
};

const pod = (name: string, rest = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: x, labels: { pod: ${name} } }
${rest}`;

describe('manifests', () => {
  it('become a world', () => {
    const { world, ignored } = read(`
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: { name: x, labels: { ns: x } }
- apiVersion: v1
  kind: Pod
  metadata: { name: a, namespace: x, labels: { pod: a } }
  spec:
    nodeName: node1
    initContainers:
    - { name: once, ports: [ { containerPort: 1 } ] }
    - { name: sidecar, restartPolicy: Always, ports: [ { containerPort: 9090, name: metrics } ] }
    containers:
    - { name: c, ports: [ { containerPort: 80, name: web }, { containerPort: 53, protocol: UDP } ] }
    - { name: d }
  status: { phase: Running, podIP: 10.0.0.1, podIPs: [ { ip: 10.0.0.1 }, { ip: 'fd00::1' } ] }
- apiVersion: v1
  kind: Service
  metadata: { name: web, namespace: x }
  spec: { selector: { pod: a }, clusterIP: 10.96.0.1, clusterIPs: [ 10.96.0.1, 'fd00:96::1' ], ports: [ { port: 80, targetPort: web }, { port: 53, protocol: UDP } ] }
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: { name: deny, namespace: x }
  spec: { podSelector: {} }
- { apiVersion: apps/v1, kind: Deployment, metadata: { name: d } }
`);
    expect(ignored).to.deep.equal({ 'apps/v1 Deployment': 1 });
    expect(world).to.deep.equal({
      namespaces: [{ name: 'x', labels: { ns: 'x', 'kubernetes.io/metadata.name': 'x' } }],
      pods: [
        {
          namespace: 'x',
          name: 'a',
          labels: { pod: 'a' },
          addresses: ['10.0.0.1', 'fd00::1'],
          ports: [
            { name: 'metrics', protocol: 'TCP', port: 9090 },
            { name: 'web', protocol: 'TCP', port: 80 },
            { protocol: 'UDP', port: 53 },
          ],
          node: 'node1',
        },
      ],
      services: [
        {
          namespace: 'x',
          name: 'web',
          type: 'ClusterIP',
          selector: { pod: 'a' },
          ports: [
            { protocol: 'TCP', port: 80, targetPort: 'web' },
            { protocol: 'UDP', port: 53, targetPort: 53 },
          ],
          addresses: ['10.96.0.1', 'fd00:96::1'],
        },
      ],
      policies: [
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'deny', namespace: 'x' },
          spec: { podSelector: {} },
        },
      ],
    });
  });

  it('may be JSON, typed lists and several files', () => {
    const items = ['a', 'b'].map((name) => ({ metadata: { name }, status: { podIP: '10.0.0.1' } }));
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items }, null, '\t');
    expect(
      read(list, pod('c')).world.pods.map(({ namespace, name }) => `${namespace}/${name}`),
    ).to.deep.equal(['default/a', 'default/b', 'x/c']);
  });

  it('name namespaces that are used but not declared', () => {
    expect(read(pod('a')).world.namespaces).to.deep.equal([
      { name: 'x', labels: { 'kubernetes.io/metadata.name': 'x' } },
    ]);
  });

  it('leave out pods that have ended and Services elsewhere', () => {
    const external =
      'apiVersion: v1\nkind: Service\nmetadata: { name: e }\nspec: { type: ExternalName, externalName: example.org }';
    const { world } = read(
      pod('a', 'status: { phase: Succeeded }'),
      pod('b', 'status: { phase: Failed }'),
      pod('c', 'status: { phase: Pending }'),
      external,
    );
    expect(world.pods.map(({ name, addresses }) => [name, addresses])).to.deep.equal([['c', []]]);
    expect(world.services).to.deep.equal([]);
  });

  it('tell host-network pods and headless Services', () => {
    const headless =
      'apiVersion: v1\nkind: Service\nmetadata: { name: h }\nspec: { clusterIP: None, clusterIPs: [None], selector: { a: b } }';
    const { world } = read(pod('a', 'spec: { hostNetwork: true }'), headless);
    expect(world.pods[0]?.hostNetwork).to.equal(true);
    expect(world.services[0]).to.deep.include({ type: 'Headless', addresses: [] });
  });

  it('may hold the status that old servers print in a policy, and lists of other kinds', () => {
    const policy =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p }\nspec: {}\nstatus: {}';
    const { world, ignored } = read(
      policy,
      'apiVersion: example.org/v1\nkind: AllowList\nmetadata: { name: l }',
    );
    expect(world.policies[0]?.metadata).to.deep.equal({ name: 'p', namespace: 'default' });
    expect(ignored).to.deep.equal({ 'example.org/v1 AllowList': 1 });
  });

  it('report every problem of every file with its place', () => {
    const problems = problemsOf(
      pod('a', 'status: { podIP: 010.0.0.1 }\nspec: { containers: [ { ports: [ { containerPort: 0 } ] } ] }'),
      'apiVersion: v1\nkind: List\nitems:\n- just words\n- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: { name: p }\n  spec:\n    ingress:\n    - _from: []\n',
      'a: 1\na: 2\n',
      pod('yes'),
    );
    expect(problems).to.deep.equal([
      '0.yaml:5:11: status.podIP: must be an IP address, got "010.0.0.1"',
      '0.yaml:6:36: spec.containers[0].ports[0].containerPort: must be from 1 to 65535, got 0',
      '1.yaml:4:3: must be a Kubernetes object with apiVersion and kind, got "just words"',
      '1.yaml:10:7: spec.ingress[0]._from: unknown field, did you mean from?',
      '2.yaml:2:1: Map keys must be unique',
      '3.yaml:4:13: metadata.name: must be a string, got the boolean true: quote it (unquoted yes, no, on, off, y and n are booleans in YAML)',
      '3.yaml:4:48: metadata.labels.pod: must be a string, got the boolean true: quote it (unquoted yes, no, on, off, y and n are booleans in YAML)',
    ]);
  });

  it('must not name an object twice', () => {
    const twice = `${pod('a')}\n---${pod('b')}\n---${pod('a')}`;
    expect(problemsOf(twice)).to.deep.equal(['0.yaml:12:1: Pod x/a is there twice, first in 0.yaml:2']);
    const elsewhere = 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }';
    expect(problemsOf(pod('a'), elsewhere)).to.deep.equal([]);
  });

  it('of a policy must be of a version that is served', () => {
    const old = 'apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: { name: p }\nspec: {}';
    expect(problemsOf(old)).to.deep.equal([
      '0.yaml:1:1: apiVersion: must be networking.k8s.io/v1, got "extensions/v1beta1"',
    ]);
    expect(problemsOf('apiVersion: v1\nkind: List\nitems: {}')).to.deep.equal([
      '0.yaml:3:1: items: must be a list',
    ]);
  });

  it('say where each object stands', () => {
    const { sources } = readManifests([{ file: 'a.yaml', text: `${pod('a')}\n---${pod('b')}` }]);
    expect([...sources]).to.deep.equal([
      ['Pod x/a', { file: 'a.yaml', line: 2 }],
      ['Pod x/b', { file: 'a.yaml', line: 7 }],
    ]);
  });

  it('tell the pods that workloads will make, where somebody asks', () => {
    const text = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }
    spec: { hostNetwork: true, containers: [ { ports: [ { name: http, containerPort: 80 } ] } ] }
---
{ apiVersion: batch/v1, kind: CronJob, metadata: { name: night }, spec: { jobTemplate: { spec: { template: {} } } } }
`;
    const { templates, ignored, world } = readManifests([{ file: 'a', text }], { templates: true });
    const none = { addresses: [], node: '', labels: {}, ports: [] };
    expect(templates).to.deep.equal([
      {
        ...{ ...none, namespace: 'shop', name: 'Deployment web', labels: { app: 'web' }, hostNetwork: true },
        ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      },
      { ...none, namespace: 'default', name: 'CronJob night' },
    ]);
    expect(ignored).to.deep.equal({});
    expect(world.namespaces.map(({ name }) => name)).to.deep.equal(['shop', 'default']);
    const quiet = readManifests([{ file: 'a', text }]);
    expect(quiet.templates).to.deep.equal([]);
    expect(quiet.ignored).to.deep.equal({ 'apps/v1 Deployment': 1, 'batch/v1 CronJob': 1 });
    const broken = text
      .replace('containerPort: 80', 'containerPort: 0')
      .replace('name: night', 'namespace: 1');
    expect(() => readManifests([{ file: 'a', text: broken }], { templates: true }))
      .to.throw(InputError)
      .with.property('problems')
      .that.deep.equals([
        {
          file: 'a',
          line: 8,
          column: 71,
          message: 'spec.template.spec.containers[0].ports[0].containerPort: must be from 1 to 65535, got 0',
        },
        { file: 'a', line: 10, column: 40, message: 'metadata.name: is missing' },
        {
          file: 'a',
          line: 10,
          column: 52,
          message: 'metadata.namespace: must be a string, got the number 1: quote it',
        },
      ]);
  });
});
