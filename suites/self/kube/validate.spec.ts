import { expect } from 'chai';
import { validateNetworkPolicy } from '../../../helpers/kube/validate.ts';

const policyWith = (spec: unknown, metadata: unknown = { name: 'p', namespace: 'x' }): unknown => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec,
});

const messagesOf = (value: unknown): string[] => validateNetworkPolicy(value).map(({ message }) => message);

const selecting = (podSelector: unknown): unknown => policyWith({ podSelector });
const fromPeer = (peer: unknown): unknown => policyWith({ podSelector: {}, ingress: [{ from: [peer] }] });
const onPort = (port: unknown): unknown => policyWith({ podSelector: {}, egress: [{ ports: [port] }] });
const expression = (...parts: unknown[]): unknown => {
  const [key, operator, values] = parts;
  return selecting({ matchExpressions: [{ key, operator, ...(parts.length > 2 ? { values } : {}) }] });
};

describe('validation of a NetworkPolicy', () => {
  const accepted: Record<string, unknown> = {
    'an empty spec': policyWith({}),
    'all there is': policyWith(
      {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'A_b.c-1', empty: '' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{}, { from: [], ports: [] }],
        egress: [
          {
            to: [{ namespaceSelector: {}, podSelector: {} }],
            ports: [{ protocol: 'SCTP', port: 1, endPort: 65535 }],
          },
        ],
      },
      {
        name: 'a.b-c.1',
        labels: { a: 'b' },
        annotations: { 'k/e': 'any thing', 'Example.com/e': '' },
        uid: 'u',
        managedFields: [{}],
        finalizers: ['example.com/mine', 'foregroundDeletion'],
      },
    ),
    'nulls for absent fields': policyWith({
      podSelector: null,
      ingress: [null, { from: null }],
      policyTypes: null,
    }),
    'a policyType twice': policyWith({ policyTypes: ['Ingress', 'Ingress'] }),
    'In with a value': expression('a', 'In', ['b']),
    'Exists with an empty list of values': expression('a', 'Exists', []),
    'a CIDR with bits behind its length': fromPeer({ ipBlock: { cidr: '10.1.2.3/8' } }),
    'an exception inside': fromPeer({ ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } }),
    'an exception that is an IPv4-mapped part of an IPv4 block': fromPeer({
      ipBlock: { cidr: '10.0.0.0/8', except: ['::ffff:10.1.0.0/112'] },
    }),
    'a port name of 15 letters': onPort({ port: 'abcdefghijklm-1' }),
    'a protocol alone': onPort({ protocol: 'UDP' }),
    'a port alone': onPort({ port: 80 }),
  };
  for (const [what, value] of Object.entries(accepted))
    it(`accepts ${what}`, () => {
      expect(messagesOf(value)).to.deep.equal([]);
    });

  const rejected: [string, unknown, string][] = [
    ['a string', 'hello', 'must be an object, got "hello"'],
    ['another apiVersion', { ...Object(policyWith({})), apiVersion: 'extensions/v1beta1' }, 'apiVersion: must be networking.k8s.io/v1, got "extensions/v1beta1"'],
    ['another kind', { ...Object(policyWith({})), kind: 'Networkpolicy' }, 'kind: must be NetworkPolicy, got "Networkpolicy", did you mean NetworkPolicy?'],
    ['a missing spec', policyWith(undefined), 'spec: is missing'],
    ['a missing name', policyWith({}, {}), 'metadata.name: is missing'],
    ['a name in upper case', policyWith({}, { name: 'Deny' }), 'metadata.name: must be at most 253'],
    ['a name that is a number', policyWith({}, { name: 1 }), 'metadata.name: must be a string, got the number 1: quote it'],
    ['a name that is too long', policyWith({}, { name: 'a'.repeat(254) }), 'metadata.name: must be at most 253'],
    ['a namespace with a dot', policyWith({}, { name: 'p', namespace: 'a.b' }), 'metadata.namespace: must be at most 63'],
    ['a bad label of its own', policyWith({}, { name: 'p', labels: { a: '-' } }), 'metadata.labels.a: must be at most 63'],
    ['a label prefix in upper case of its own', policyWith({}, { name: 'p', labels: { 'A.io/b': 'c' } }), "metadata.labels['A.io/b']: the prefix"],
    ['an annotation key with two slashes', policyWith({}, { name: 'p', annotations: { 'a/b/c': 'd' } }), "metadata.annotations['a/b/c']: the key"],
    ['a finalizer without a prefix', policyWith({}, { name: 'p', finalizers: ['mine'] }), "metadata.finalizers[0]: must have a prefix and '/', got \"mine\""],
    ['a null for a label value', selecting({ matchLabels: { a: null } }), 'spec.podSelector.matchLabels.a: must be a string, got nothing'],
    ['an unknown field of metadata', policyWith({}, { name: 'p', lables: {} }), 'metadata.lables: unknown field, did you mean labels?'],
    ['an unknown field of spec', policyWith({ policyType: [] }), 'spec.policyType: unknown field, did you mean policyTypes?'],
    ['the _from of generated clients', policyWith({ ingress: [{ _from: [] }] }), 'spec.ingress[0]._from: unknown field, did you mean from?'],
    ['to in an ingress rule', policyWith({ ingress: [{ to: [] }] }), 'spec.ingress[0].to: unknown field'],
    ['from in an egress rule', policyWith({ egress: [{ from: [] }] }), 'spec.egress[0].from: unknown field'],
    ['an inherited name as a field', policyWith({ constructor: {} }), 'spec.constructor: unknown field'],
    ['an object for a list', policyWith({ ingress: {} }), 'spec.ingress: must be a list, got an object'],
    ['a list for an object', selecting([]), 'spec.podSelector: must be an object, got a list'],
    ['an unknown policyType', policyWith({ policyTypes: ['ingress'] }), 'spec.policyTypes[0]: must be Ingress or Egress, got "ingress", did you mean Ingress?'],
    ['three policyTypes', policyWith({ policyTypes: ['Ingress', 'Egress', 'Ingress'] }), 'spec.policyTypes: must not have more than two entries'],
    ['an unquoted yes as a label', selecting({ matchLabels: { pod: true } }), 'spec.podSelector.matchLabels.pod: must be a string, got the boolean true: quote it (unquoted yes, no, on, off, y and n are booleans in YAML)'],
    ['an unquoted number as a label', selecting({ matchLabels: { pod: 1 } }), 'spec.podSelector.matchLabels.pod: must be a string, got the number 1: quote it'],
    ['a label value with a space', selecting({ matchLabels: { a: 'b c' } }), 'spec.podSelector.matchLabels.a: must be at most 63'],
    ['a label value of 64', selecting({ matchLabels: { a: 'b'.repeat(64) } }), 'spec.podSelector.matchLabels.a: must be at most 63'],
    ['an empty label key', selecting({ matchLabels: { '': 'b' } }), "spec.podSelector.matchLabels['']: the name in the key \"\""],
    ['a label key with two slashes', selecting({ matchLabels: { 'a/b/c': 'd' } }), "spec.podSelector.matchLabels['a/b/c']: the key \"a/b/c\" must have at most one '/'"],
    ['a label prefix in upper case', selecting({ matchLabels: { 'A.io/b': 'd' } }), "spec.podSelector.matchLabels['A.io/b']: the prefix"],
    ['an unknown operator', expression('a', 'in', ['b']), 'spec.podSelector.matchExpressions[0].operator: must be In or NotIn or Exists or DoesNotExist, got "in", did you mean In?'],
    ['a missing operator', selecting({ matchExpressions: [{ key: 'a' }] }), 'spec.podSelector.matchExpressions[0].operator: is missing'],
    ['In without values', expression('a', 'In'), 'spec.podSelector.matchExpressions[0]: the operator In needs'],
    ['NotIn with an empty list', expression('a', 'NotIn', []), 'spec.podSelector.matchExpressions[0]: the operator NotIn needs'],
    ['Exists with values', expression('a', 'Exists', ['b']), 'spec.podSelector.matchExpressions[0]: the operator Exists must not have'],
    ['DoesNotExist with values', expression('a', 'DoesNotExist', ['b']), 'spec.podSelector.matchExpressions[0]: the operator DoesNotExist must not have'],
    ['a bad value in an expression', expression('a', 'In', ['b', '!']), 'spec.podSelector.matchExpressions[0].values[1]: must be at most 63'],
    ['a peer without anything', fromPeer({}), 'spec.ingress[0].from[0]: must have podSelector'],
    ['a peer whose selector is null', fromPeer({ podSelector: null }), 'spec.ingress[0].from[0]: must have podSelector'],
    ['a block together with a selector', fromPeer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }), 'spec.ingress[0].from[0]: must not have ipBlock together'],
    ['a block without a CIDR', fromPeer({ ipBlock: {} }), 'spec.ingress[0].from[0].ipBlock.cidr: is missing'],
    ['a CIDR without a length', fromPeer({ ipBlock: { cidr: '10.0.0.1' } }), 'spec.ingress[0].from[0].ipBlock.cidr: must be an address and a prefix length'],
    ['a CIDR with a leading zero', fromPeer({ ipBlock: { cidr: '010.0.0.0/8' } }), 'spec.ingress[0].from[0].ipBlock.cidr: must be an address and a prefix length'],
    ['a CIDR that is too long', fromPeer({ ipBlock: { cidr: '10.0.0.0/33' } }), 'spec.ingress[0].from[0].ipBlock.cidr: the prefix length must be at most 32'],
    ['an exception outside', fromPeer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/9', '11.0.0.0/9'] } }), 'spec.ingress[0].from[0].ipBlock.except[1]: must lie inside cidr 10.0.0.0/8'],
    ['an exception as large as the block', fromPeer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }), 'spec.ingress[0].from[0].ipBlock.except[0]: must lie inside'],
    ['an exception of the other family', fromPeer({ ipBlock: { cidr: '::/0', except: ['10.0.0.0/8'] } }), 'spec.ingress[0].from[0].ipBlock.except[0]: must lie inside'],
    ['an exception of the other family in disguise', fromPeer({ ipBlock: { cidr: '::/0', except: ['::ffff:10.0.0.1/128'] } }), 'spec.ingress[0].from[0].ipBlock.except[0]: must lie inside'],
    ['port 0', onPort({ port: 0 }), 'spec.egress[0].ports[0].port: must be from 1 to 65535, got 0'],
    ['port 65536', onPort({ port: 65536 }), 'spec.egress[0].ports[0].port: must be from 1 to 65535, got 65536'],
    ['half a port', onPort({ port: 80.5 }), 'spec.egress[0].ports[0].port: must be from 1 to 65535, got 80.5'],
    ['a port in quotes', onPort({ port: '80' }), 'spec.egress[0].ports[0].port: is a number in quotes'],
    ['a port that is a boolean', onPort({ port: true }), 'spec.egress[0].ports[0].port: must be a number, got the boolean true'],
    ['a port name of 16 letters', onPort({ port: 'abcdefghijklmnop' }), 'spec.egress[0].ports[0].port: must be a number, or a port name'],
    ['a port name with two dashes in a row', onPort({ port: 'a--b' }), 'spec.egress[0].ports[0].port: must be a number, or a port name'],
    ['a port name without a letter', onPort({ port: '8-0' }), 'spec.egress[0].ports[0].port: must be a number, or a port name'],
    ['endPort without port', onPort({ endPort: 90 }), 'spec.egress[0].ports[0]: `endPort` needs `port`'],
    ['endPort with a named port', onPort({ port: 'http', endPort: 90 }), 'spec.egress[0].ports[0]: `endPort` needs a numeric `port`'],
    ['endPort below port', onPort({ port: 90, endPort: 80 }), 'spec.egress[0].ports[0]: `endPort` 80 must not be less than `port` 90'],
    ['endPort 65536', onPort({ port: 90, endPort: 65536 }), 'spec.egress[0].ports[0].endPort: must be from 1 to 65535'],
    ['a protocol in lower case', onPort({ protocol: 'tcp' }), 'spec.egress[0].ports[0].protocol: must be TCP or UDP or SCTP, got "tcp", did you mean TCP?'],
    ['ICMP', onPort({ protocol: 'ICMP' }), 'spec.egress[0].ports[0].protocol: must be TCP or UDP or SCTP, got "ICMP"'],
  ]; // prettier-ignore
  for (const [what, value, message] of rejected)
    it(`rejects ${what}`, () => {
      const messages = messagesOf(value);
      expect(messages).to.have.length(1);
      expect(messages[0]).to.satisfy(
        (got: string) => got.startsWith(message),
        `want ${message}, got ${messages[0]}`,
      );
    });

  it('reports everything at once, each with its path', () => {
    const value = policyWith(
      { podSelector: { matchLabels: { a: 1 } }, ingress: [{ _from: [], ports: [{ port: 0 }] }] },
      { name: 'A' },
    );
    expect(
      validateNetworkPolicy(value)
        .map(({ path }) => path.join('/'))
        .toSorted(),
    ).to.deep.equal([
      'metadata/name',
      'spec/ingress/0/_from',
      'spec/ingress/0/ports/0/port',
      'spec/podSelector/matchLabels/a',
    ]);
  });
});
