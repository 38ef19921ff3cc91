import { expect } from 'chai';
import { describeLink, namesOf } from '../../../helpers/system/system.ts';
import { admit, complaintsOf, home, loadFiles, systemFile } from './files.ts';

const y = "[{ namespaceSelector: { matchLabels: { is: 'yes' } } }]";

describe('reading a system', () => {
  it('gives a component that has no file in a release what it had in the release that clusters come from', async () => {
    const system = await loadFiles({
      'system.yaml': systemFile(
        'one',
        'two',
        '{ name: three, about: as one but for a, from: one }',
        '{ name: four, about: less, from: two, without: [b] }',
      ),
      'one/a.yaml': `component: a${home('a')}`,
      'one/b.yaml': `component: b${home('b')}`,
      'two/b.yaml': `component: b${home('b', "{ is: 'yes' }")}`,
      'three/a.yaml': `component: a${home('a', "{ is: 'yes' }")}`,
    });
    const [one, two, three, four] = system.releases;
    expect(system.releases.map(({ from }) => from)).to.deep.equal([undefined, 'one', 'one', 'two']);
    expect(two?.deliveries.get('a')).to.equal(one?.deliveries.get('a'));
    expect(two?.deliveries.get('b')).to.not.equal(one?.deliveries.get('b'));
    expect(three?.deliveries.get('b')).to.equal(one?.deliveries.get('b'));
    expect(three?.deliveries.get('a')).to.not.equal(one?.deliveries.get('a'));
    expect([...(four?.deliveries.keys() ?? [])]).to.deep.equal(['a']);
  });

  it('reads connections with their lines, and which components come first', async () => {
    const system = await loadFiles({
      'system.yaml': systemFile('one'),
      'one/a.yaml': `component: a
why: it is there
after: { b: so }
needs:
  a/p -> b/p TCP/80: asks
open: { b/p -> a/p TCP/80: may }
${home('a')}`,
      'one/b.yaml': `component: b${home('b')}`,
    });
    const delivery = system.releases[0]?.deliveries.get('a');
    expect(delivery?.after).to.deep.equal(['b']);
    expect(delivery?.links.map((link) => [link.kind, describeLink(link), link.why, link.line])).to.deep.equal(
      [
        ['needed', 'a/p -> b/p TCP/80', 'asks', 5],
        ['open', 'b/p -> a/p TCP/80', 'may', 6],
      ],
    );
  });

  it('reads the objects of a List each in its own mode', async () => {
    const system = await loadFiles({
      'system.yaml': systemFile('one'),
      'one/a.yaml': `component: a
${home('a')}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicyList
items:
  - metadata: { name: open, namespace: a, annotations: &when { netpol-conformance/mode: unrestricted } }
    spec: &everybody { podSelector: {}, ingress: [{}] }
  - metadata: { name: open-too, namespace: a, annotations: *when }
    spec: *everybody
  - metadata: { name: always, namespace: a }
    spec: *everybody
`,
    });
    const delivery = system.releases[0]?.deliveries.get('a');
    expect(delivery && namesOf(delivery.only.unrestricted)).to.deep.equal([
      'NetworkPolicy a/open',
      'NetworkPolicy a/open-too',
    ]);
    expect(delivery?.objects.policies.map(({ metadata }) => metadata.name)).to.deep.equal(['always']);
  });

  it('complains of everything at once', async () => {
    const complaints = await complaintsOf({
      'system.yaml': `system: test
about: ''
namespaces: '*'
color: red
releases:
  - { name: one, about: a release }
  - { name: two, about: a release, from: later }
  - { name: one, about: again }
  - { name: three }
  - { name: ../four, about: elsewhere }
  - { name: five, about: nothing new }
  - { name: six, about: less, without: [nobody] }
`,
      'one/a.yaml': `component: b
wants: {}
after: [c]
needs:
  a/p to b/p: asks
  a/p -> b/p TCP/0: asks
  a/p -> b/p TCP/80:
closed: [a/p -> b/p TCP/80]
---
apiVersion: v1
kind: Namespace
metadata: { name: A }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: { name: default }
spec: { subject: { namespaces: {} } }
---
apiVersion: v1
kind: Namespace
metadata: { name: a, annotations: { netpol-conformance/mode: strict } }
`,
      'one/b.yaml': `- component: b`,
      'one/c.yaml': `component: [`,
      'lost/a.yaml': `component: a`,
    });
    expect(complaints).to.deep.equal([
      'system.yaml:1: `source` is missing',
      'system.yaml:2: `about`: wanted text, got ""',
      'system.yaml:4: unknown key `color`: known are system, about, source, namespaces, tenants, releases',
      'system.yaml:7: `from`: wanted a release above this one, got "later"',
      'system.yaml:8: two releases are called one',
      'system.yaml:9: wanted { name, about }, and perhaps `from`, a release, and `without`, a list of components',
      'system.yaml:10: `name`: wanted that of a folder, got "../four"',
      'system.yaml:11: release five changes nothing: wanted files in five',
      'system.yaml:12: `without`: there was no component nobody before six',
      'lost: no release of system.yaml is called so',
      'one/a.yaml:1: `component`: wanted a, as the file is called, got "b"',
      'one/a.yaml:2: unknown key `wants`: known are component, why, after, needs, open, closed, alwaysClosed',
      'one/a.yaml:3: `after`: wanted components with the reason, like { network-operator: why }',
      'one/a.yaml:5: `a/p to b/p`: wanted a connection with its reason, like a/x -> b/y TCP/80: why',
      'one/a.yaml:6: `a/p -> b/p TCP/0`: wanted a connection with its reason, like a/x -> b/y TCP/80: why',
      'one/a.yaml:7: `a/p -> b/p TCP/80`: wanted a connection with its reason, like a/x -> b/y TCP/80: why',
      'one/a.yaml:8: `closed`: wanted connections with the reason, like { a/x -> b/y TCP/80: why }',
      'one/a.yaml:12: metadata.name: must be at most 63 lower-case letters, digits and \'-\', with a letter or digit at both ends, got "A"',
      'one/a.yaml:14: a system has no Deployment: wanted Namespace, Pod, Service, NetworkPolicy',
      'one/a.yaml:18: a system has no BaselineAdminNetworkPolicy: wanted Namespace, Pod, Service, NetworkPolicy',
      'one/a.yaml:25: netpol-conformance/mode: wanted unrestricted or restricted, got "strict"',
      'one/b.yaml:1: wanted a front matter that begins with `component`',
      'one/c.yaml:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ]);
  });

  it('complains of names that nothing stands for, objects that are there twice, and waiting in a circle', async () => {
    const complaints = await complaintsOf({
      'system.yaml': systemFile('one'),
      'one/a.yaml': `component: a
after: { b: so, c: so, nobody: so }
needs: { a/p -> a/q TCP/80: asks }
${home('a')}${admit('a', 'twice', y)}${admit('elsewhere', 'x', y)}`,
      'one/b.yaml': `component: b
after: { b: so }
${home('b')}${admit('a', 'twice', y, 'restricted')}`,
      'one/c.yaml': `component: c
after: { a: so }${home('c')}`,
    });
    expect(complaints).to.deep.equal([
      'one/a.yaml: `after`: release one has no other component nobody',
      'one/a.yaml: release one has no namespace elsewhere',
      'one/a.yaml: release one: a after c after a',
      'one/a.yaml:3: release one has no pod a/q',
      'one/b.yaml: `after`: release one has no other component b',
      'one/b.yaml: release one: b after b',
      'one/b.yaml: release one: NetworkPolicy a/twice is there twice, first in one/a.yaml',
    ]);
  });

  it('complains of a release that is wrong by itself', async () => {
    const links = `
needs: { b/p -> a/p TCP/80: asks }
open: { c/p -> a/p TCP/80: may }
closed: { c/p -> a/p TCP/80: may no more }
alwaysClosed: { a/p -> c/p TCP/80: may not }
`;
    const complaints = await complaintsOf({
      'system.yaml': systemFile('one', 'two'),
      'one/a.yaml': `component: a${home('a')}`,
      'one/b.yaml': `component: b${home('b', "{ is: 'no' }")}`,
      'one/c.yaml': `component: c${home('c')}`,
      'two/a.yaml': `component: a${links}${home('a')}${admit('a', 'only', y)}`,
    });
    expect(complaints.map((line) => line.replace(/:[^:]* is isolated.*/, ''))).to.deep.equal([
      'two/a.yaml:2: release two, unrestricted: b/p -> a/p TCP/80 is to be open, and closed',
      'two/a.yaml:2: release two, restricted: b/p -> a/p TCP/80 is to be open, and closed',
      'two/a.yaml:3: release two, unrestricted: c/p -> a/p TCP/80 is to be open, and closed',
      'two/a.yaml:5: release two, unrestricted: a/p -> c/p TCP/80 is to be closed, and open: no policy isolates a/p for egress or c/p for ingress',
      'two/a.yaml:5: release two, restricted: a/p -> c/p TCP/80 is to be closed, and open: no policy isolates a/p for egress or c/p for ingress',
    ]);
  });

  it('says which systems there are where it finds none', async () => {
    expect(await complaintsOf({ 'README.md': 'no system' })).to.match(/openshift-like/);
  });
});
