import { expect } from 'chai';
import * as fc from 'fast-check';
import { formatProblem, type Problem } from '../../../helpers/errors.ts';
import { createView } from '../../../helpers/system/audit-view.ts';
import { flowsOfLinks, flowsOfPolicies, openingsOf } from '../../../helpers/system/flows.ts';
import {
  assignmentOf,
  deriveGroups,
  passes,
  type Groups,
  type Needs,
} from '../../../helpers/system/groups.ts';
import { compareGroups, readPublished, type Published } from '../../../helpers/system/published.ts';
import type { Link } from '../../../helpers/system/system.ts';
import { admitting, all, labelled, namespace, pod, policy, sending, worldOf, type Part } from './audits.ts';

const namesIn = (groups: Groups) => ({
  default: groups.default.map(({ namespace }) => namespace),
  'control-plane': groups['control-plane'].map(({ namespace }) => namespace),
});

/** `a>b c>d`: who needs whom, among a to f; others are not the system's. */
const needs = (text: string, openings: Needs['openings'] = []): Needs => ({
  namespaces: Array.from('abcdef'),
  flows: text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ from: word[0] ?? '', to: word[2] ?? '', because: word })),
  openings,
});

const published = (first: string, second: string, remarks: Record<string, string> = {}): Published => ({
  source: 's',
  groups: { default: Array.from(first), 'control-plane': Array.from(second) },
  remarks,
});

const isSystem = (name: string): boolean => name.startsWith('os-');
const viewOf = (parts: readonly Part[]) => createView({ world: worldOf(parts), isComplete: true });
const said = (parts: readonly Part[]): string[] => {
  const view = viewOf(parts);
  return [
    ...flowsOfPolicies(view, isSystem).map(({ from, to }) => `${from}>${to}`),
    ...openingsOf(view, isSystem).map(({ namespace, direction }) => `${namespace} ${direction}`),
  ];
};

describe('groups of namespaces', () => {
  it('have in default who deals with others than the system, either way', () => {
    expect(namesIn(deriveGroups(needs('x>a b>x')))).to.deep.equal({
      default: ['a', 'b'],
      'control-plane': [],
    });
  });

  it('have in default who opens to everybody', () => {
    const opening = { namespace: 'c', direction: 'ingress' as const, because: 'p' };
    const groups = deriveGroups(needs('a>c', [opening]));
    expect(groups).to.deep.equal({ default: [{ namespace: 'c', reasons: ['p'] }], 'control-plane': [] });
  });

  it('have in default who deals with more than half of the system, and not who deals with half', () => {
    const three = deriveGroups(needs('a>b a>c a>d'));
    expect(namesIn(three)).to.deep.equal({ default: ['a'], 'control-plane': [] });
    expect(three.default[0]?.reasons).to.deep.equal([
      'it needs 3 of 5 other system namespaces, which is as good as all: b, c and d',
    ]);
    expect(namesIn(deriveGroups(needs('b>a c>a d>a e>a'))).default).to.deep.equal(['a']);
    expect(namesIn(deriveGroups(needs('a>b a>c')))).to.deep.equal({
      default: [],
      'control-plane': ['a', 'b', 'c'],
    });
  });

  it('have nobody in default for dealing with two, be they all, or with exactly half', () => {
    const among = (names: string, text: string) =>
      namesIn(deriveGroups({ ...needs(text), namespaces: Array.from(names) })).default;
    expect(among('abc', 'a>b a>c')).to.deep.equal([]);
    expect(among('abcd', 'a>b a>c a>d')).to.deep.equal(['a']);
    expect(among('abcdefg', 'a>b a>c a>d')).to.deep.equal([]);
    expect(among('abcdefg', 'a>b a>c a>d a>e')).to.deep.equal(['a']);
  });

  it('have in control-plane who needs each other beside those, with each reason once', () => {
    const groups = deriveGroups(needs('x>a b>a b>c b>c c>a e>f'));
    expect(namesIn(groups)).to.deep.equal({ default: ['a'], 'control-plane': ['b', 'c', 'e', 'f'] });
    expect(groups['control-plane'][0]).to.deep.equal({ namespace: 'b', reasons: ['b>c'] });
  });

  it('cut nothing that is needed, and every member of control-plane is needed there, on random needs', () => {
    const letter = fc.constantFrom(...Array.from('abcdefxyz'));
    const flow = fc.tuple(letter, letter).map(([from, to]) => ({ from, to, because: `${from}>${to}` }));
    fc.assert(
      fc.property(
        fc.array(flow, { maxLength: 12 }),
        fc.subarray(Array.from('abcdef')),
        fc.nat(6),
        (flows, names, at) => {
          const groups = namesIn(deriveGroups({ namespaces: Array.from('abcdef'), flows, openings: [] }));
          const touching = flows.filter(({ from, to }) => /[a-f]/.test(from + to));
          const isCut = (some: typeof groups): boolean =>
            touching.some((one) => !passes(one, assignmentOf(some)));
          expect(isCut(groups)).to.equal(false);
          for (const name of groups['control-plane'])
            expect(
              isCut({
                ...groups,
                'control-plane': groups['control-plane'].filter((other) => other !== name),
              }),
            ).to.equal(true);
          const { joiners, differences } = compareGroups(
            deriveGroups({ namespaces: Array.from('abcdef'), flows, openings: [] }),
            { source: '', remarks: {}, groups },
            { namespaces: Array.from('abcdef'), flows, openings: [] },
            undefined,
          );
          expect([joiners, differences]).to.deep.equal([[], []]);
          const old = published(names.slice(0, at).join(''), names.slice(at).join(''));
          const asked = { namespaces: Array.from('abcdef'), flows, openings: [] };
          const isComplaining = compareGroups(deriveGroups(asked), old, asked, undefined).joiners.length > 0;
          expect(isComplaining).to.equal(isCut(old.groups));
        },
      ),
      { numRuns: 500, seed: 11 },
    );
  });

  it('follow from the needed connections of a system, but not from those within a namespace', () => {
    const link = (kind: Link['kind'], from: string, to: string): Link => ({
      ...{ kind, from, to, protocol: 'TCP', port: 80, why: 'it asks', file: '', line: 1 },
    });
    expect(flowsOfLinks([link('needed', 'a/x', 'b/y'), link('closed', 'a/x', 'c/y'), link('needed', 'a/x', 'a/y')])).to.deep.equal([
      { from: 'a', to: 'b', because: 'a/x -> b/y TCP/80 (it asks)' },
    ]); // prettier-ignore
  });

  const a = namespace('os-a');
  const b = namespace('os-b', { team: 'b' });
  const shop = namespace('shop', { team: 'shop' });
  const ofB = { namespaceSelector: labelled('team', 'b') };
  const rows: [string, Part[], string[]][] = [
    ['ingress from a namespace', [a, b, admitting([ofB])], ['os-b>os-a']],
    ['egress to a namespace', [a, b, sending([ofB])], ['os-a>os-b']],
    ['no peer in its own namespace', [a, b, admitting([{ podSelector: {} }])], []],
    ['no rule without any condition', [a, b, admitting([])], []],
    ['everybody on a port', [a, b, admitting([], [{ port: 80 }])], ['os-a ingress']],
    ['every namespace', [a, b, admitting([{ namespaceSelector: {} }])], ['os-a ingress']],
    ['to every namespace', [a, b, sending([{ namespaceSelector: {} }])], ['os-a egress']],
    ['not to everything on a port, as it is the way to hosts', [a, b, sending([], [{ port: 443 }])], []],
    ['no ipBlock', [a, b, admitting([{ ipBlock: { cidr: '0.0.0.0/0' } }])], []],
    ['where pods are named, only namespaces that have such',
      [a, b, shop, pod('shop/web'), admitting([{ namespaceSelector: {}, podSelector: labelled('app', 'web') }])],
      ['shop>os-a']],
    ['no policy of somebody else', [a, shop, policy('shop/p', { ...all, ingress: [{ from: [{ namespaceSelector: labelled('team', 'b') }] }] })], []],
  ]; // prettier-ignore
  for (const [what, parts, wanted] of rows)
    it(`follow from policies: ${what}`, () => {
      expect(said(parts)).to.deep.equal(wanted);
    });

  it('are compared with published ones, each difference explained', () => {
    const asked = needs('x>a b>c d>e');
    const { differences, joiners } = compareGroups(
      deriveGroups(asked),
      published('abz', 'f', { b: 'said so' }),
      asked,
      Array.from('abcef'),
    );
    expect(Object.fromEntries(differences.map(({ namespace, why }) => [namespace, why]))).to.deep.equal({
      b: 'beside members of default it deals with c only; said so',
      c: 'whoever it deals with is published in a group that suffices: b',
      d: 'what it needs is cut: d>e',
      e: 'what it needs is cut: d>e',
      f: 'it needs nobody, and nobody needs it',
      z: 'there is no such namespace here',
    });
    expect(joiners).to.deep.equal([
      { namespace: 'd', group: 'control-plane', flows: ['d>e'], isNew: true },
      { namespace: 'e', group: 'control-plane', flows: ['d>e'], isNew: false },
    ]);
  });

  it('say that a member of control-plane must join default, when somebody else needs it', () => {
    const asked = needs('x>a a>b');
    const { joiners, differences } = compareGroups(
      deriveGroups(asked),
      published('', 'ab'),
      asked,
      undefined,
    );
    expect(joiners).to.deep.equal([{ namespace: 'a', group: 'default', flows: ['x>a'], isNew: false }]);
    expect(differences.map(({ namespace, why }) => `${namespace}: ${why}`)).to.deep.equal([
      'a: what it needs is cut: x>a',
      'b: all that it deals with is in default: a',
    ]);
  });

  it('are read from a file, with everything that is wrong with it', () => {
    const problemsOf = (text: string): string[] => {
      const problems: Problem[] = [];
      readPublished(text, 'f', problems);
      return problems.map(formatProblem);
    };
    expect(problemsOf('source: s\ndefault: [a]\ncontrol-plane: [b]\nremarks: { a: why }')).to.deep.equal([]);
    expect(problemsOf('default: [a]\ncontrol-plane: [a]\nother: 1\nremarks: { a: 1 }')).to.deep.equal([
      'f:3:1: unknown key `other`: known are source, remarks, default, control-plane',
      'f:2:1: a is in default, too',
      'f:4:1: `remarks`: wanted sentences by namespace',
    ]);
    expect(problemsOf('default: a')).to.deep.equal([
      'f:1:1: `default`: wanted a list of namespaces',
      'f:1:1: `control-plane`: wanted a list of namespaces',
    ]);
    expect(problemsOf('')).to.have.length(1);
  });
});
