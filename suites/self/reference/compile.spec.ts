import { expect } from 'chai';
import { compile } from '../../../helpers/reference/compile.ts';
import { nameOf } from '../../../helpers/reference/state.ts';
import { compileFor, createPod, createPolicy, createState } from './worlds.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort } from '../../../helpers/kube/types.ts';

const xa = ['10.0.0.1', 'fd00::1'];
const xb = ['10.0.0.2', 'fd00::2'];
const ya = ['10.0.0.3', 'fd00::3'];
const yb = ['10.0.0.4', 'fd00::4'];
const onlyB: LabelSelector = { matchLabels: { pod: 'b' } };
const onlyY: LabelSelector = { matchLabels: { ns: 'y' } };

const admitted = (...from: NetworkPolicyPeer[]) => compileFor({ ingress: [{ from }] })?.ingress;
const opened = (...ports: NetworkPolicyPort[]) => compileFor({ ingress: [{ ports }] })?.ingress;
const portsOpened = (...ports: NetworkPolicyPort[]) => opened(...ports)?.map((allow) => allow.ports);

describe('reference compile', () => {
  describe('isolation', () => {
    it('holds for selected pods of the node only', () => {
      const state = createState(createPolicy({ podSelector: {} }));
      expect(compile(state, 'node0').map(({ name }) => name)).to.deep.equal(['x/a']);
      expect(compile(state, 'node1').map(({ name }) => name)).to.deep.equal(['x/b']);
    });

    it('holds for every pod of the namespace where podSelector is absent', () => {
      const { podSelector: _podSelector, ...spec } = createPolicy({}).spec;
      const policy = { ...createPolicy({}), spec };
      expect(compile(createState(policy), 'node1').map(({ name }) => name)).to.deep.equal(['x/b']);
    });

    it('is for ingress by default, and for egress where there are egress rules', () => {
      expect(compileFor({})).to.deep.equal({ name: 'x/a', addresses: xa, ingress: [] });
      expect(compileFor({ egress: [{}] })).to.deep.equal({
        name: 'x/a',
        addresses: xa,
        ingress: [],
        egress: [{}],
      });
      expect(compileFor({ egress: [] })).to.not.have.property('egress');
    });

    it('is for the directions of policyTypes, whatever rules there are', () => {
      const egress = compileFor({ policyTypes: ['Egress'], ingress: [{}] });
      expect(egress).to.deep.equal({ name: 'x/a', addresses: xa, egress: [] });
      const ingress = compileFor({ policyTypes: ['Ingress'], egress: [{}] });
      expect(ingress).to.deep.equal({ name: 'x/a', addresses: xa, ingress: [] });
    });

    it('is none of a pod that has ended, nor is that one admitted anywhere', () => {
      const state = createState(
        createPolicy({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
      );
      const ended = (phase: 'Succeeded' | 'Failed') => ({
        ...state,
        pods: state.pods.map((pod) => (nameOf(pod) === 'x/b' ? { ...pod, phase } : pod)),
      });
      for (const phase of ['Succeeded', 'Failed'] as const) {
        expect(compile(ended(phase), 'node1')).to.deep.equal([]);
        expect(compile(ended(phase), 'node0')[0]?.ingress).to.deep.equal([{ addresses: xa }]);
      }
    });

    it('adds up over policies', () => {
      const state = createState(
        createPolicy({ ingress: [{ from: [{ podSelector: onlyB }] }] }, 'one'),
        createPolicy({ ingress: [{ from: [{ namespaceSelector: onlyY }] }] }, 'two'),
        createPolicy({}, 'deny'),
      );
      expect(compile(state, 'node0')[0]?.ingress).to.deep.equal([
        { addresses: xb },
        { addresses: [...ya, ...yb] },
      ]);
    });

    it('never holds for a pod in the host network, and no selector admits it', () => {
      const state = createState(
        createPolicy({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
      );
      const host = { ...createPod('x/h', 9), node: 'node0', hostNetwork: true };
      const rules = compile({ ...state, pods: [...state.pods, host] }, 'node0');
      expect(rules).to.deep.equal([{ name: 'x/a', addresses: xa, ingress: [{ addresses: [...xa, ...xb] }] }]);
    });

    it('leaves out a pod without addresses', () => {
      const state = createState(createPolicy({ podSelector: {} }));
      const bare = { ...createPod('x/bare', 9), addresses: [], node: 'node0' };
      expect(compile({ ...state, pods: [bare] }, 'node0')).to.deep.equal([]);
    });
  });

  describe('peers', () => {
    const rows: [string, NetworkPolicyPeer[], ReturnType<typeof admitted>][] = [
      ['no peers: anybody', [], [{}]],
      ['a podSelector: pods of the own namespace', [{ podSelector: onlyB }], [{ addresses: xb }]],
      ['a namespaceSelector: all its pods', [{ namespaceSelector: onlyY }], [{ addresses: [...ya, ...yb] }]],
      [
        'an empty namespaceSelector: all pods',
        [{ namespaceSelector: {} }],
        [{ addresses: [...xa, ...xb, ...ya, ...yb] }],
      ],
      [
        'both: pods that satisfy both',
        [{ podSelector: onlyB, namespaceSelector: onlyY }],
        [{ addresses: yb }],
      ],
      [
        'two peers: either',
        [{ podSelector: onlyB }, { namespaceSelector: onlyY }],
        [{ addresses: [...xb, ...ya, ...yb] }],
      ],
      [
        'selectors that match nothing: nobody',
        [{ podSelector: { matchLabels: { pod: 'c' } } }],
        [{ addresses: [] }],
      ],
      ['an empty peer: nobody', [{}], [{ addresses: [] }]],
    ];
    for (const [claim, peers, want] of rows)
      it(`admit for ${claim}`, () => expect(admitted(...peers)).to.deep.equal(want));

    it('keep an ipBlock as it is, beside selectors', () => {
      const ipBlock = { cidr: '10.0.0.0/24', except: ['10.0.0.2/32'] };
      expect(admitted({ ipBlock }, { podSelector: onlyB })).to.deep.equal([
        { addresses: xb },
        { block: ipBlock },
      ]);
    });
  });

  describe('selectors', () => {
    const rows: [LabelSelector, string[]][] = [
      [{ matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'c'] }] }, xb],
      [{ matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['b'] }] }, xa],
      [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['b'] }] }, [...xa, ...xb]],
      [{ matchExpressions: [{ key: 'pod', operator: 'Exists' }] }, [...xa, ...xb]],
      [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, []],
      [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, [...xa, ...xb]],
      [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, []],
      [
        { matchLabels: { pod: 'b' }, matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['b'] }] },
        [],
      ],
    ];
    for (const [selector, addresses] of rows)
      it(`${JSON.stringify(selector)} admits ${addresses.length / 2} of 2 pods`, () =>
        expect(admitted({ podSelector: selector })).to.deep.equal([{ addresses }]));
  });

  describe('ports', () => {
    it('are all where the list is empty or absent', () => {
      expect(opened()).to.deep.equal([{}]);
      expect(compileFor({ ingress: [{}] })?.ingress).to.deep.equal([{}]);
    });

    it('default to TCP, and may be a protocol alone, a number or a range', () => {
      expect(
        portsOpened({ port: 80 }, { protocol: 'UDP' }, { port: 90, endPort: 99, protocol: 'SCTP' }),
      ).to.deep.equal([
        [
          { protocol: 'TCP', range: { first: 80, last: 80 } },
          { protocol: 'UDP' },
          { protocol: 'SCTP', range: { first: 90, last: 99 } },
        ],
      ]);
    });

    it('resolve a name by protocol, and admit nothing where the pod has no such port', () => {
      expect(portsOpened({ port: 'serve-80' })).to.deep.equal([
        [{ protocol: 'TCP', range: { first: 80, last: 80 } }],
      ]);
      expect(portsOpened({ port: 'serve-80', protocol: 'UDP' })).to.deep.equal([]);
      expect(portsOpened({ port: 'nobody' })).to.deep.equal([]);
    });

    it('resolve a name on each destination of an egress rule', () => {
      const state = createState(
        createPolicy({ egress: [{ to: [{ podSelector: {} }], ports: [{ port: 'serve-80' }, { port: 7 }] }] }),
      );
      const [own, other, ...rest] = state.pods;
      if (own === undefined || other === undefined) throw new Error('the state lost its pods');
      const moved = { ...other, ports: [{ name: 'serve-80', protocol: 'TCP' as const, port: 8080 }] };
      const rules = compile({ ...state, pods: [own, moved, ...rest] }, 'node0');
      expect(rules[0]?.egress).to.deep.equal([
        { addresses: [...xa, ...xb], ports: [{ protocol: 'TCP', range: { first: 7, last: 7 } }] },
        { addresses: xa, ports: [{ protocol: 'TCP', range: { first: 80, last: 80 } }] },
        { addresses: xb, ports: [{ protocol: 'TCP', range: { first: 8080, last: 8080 } }] },
      ]);
    });

    it('resolve a name on the pods inside an ipBlock', () => {
      const block = { cidr: '10.0.0.0/24' };
      const rules = compileFor({ egress: [{ to: [{ ipBlock: block }], ports: [{ port: 'serve-80' }] }] });
      expect(rules?.egress).to.deep.equal([
        {
          block,
          addresses: [...xa, ...xb, ...ya, ...yb],
          ports: [{ protocol: 'TCP', range: { first: 80, last: 80 } }],
        },
      ]);
    });
  });
});
