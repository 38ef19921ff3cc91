import { expect } from 'chai';
import type { Problem } from '../../../helpers/errors.ts';
import { formatProblem } from '../../../helpers/errors.ts';
import { readAllowList } from '../../../helpers/system/allow-list.ts';
import type { Audit } from '../../../helpers/system/audit.ts';
import { formatBaseline, readBaseline } from '../../../helpers/system/baseline.ts';
import type { Finding } from '../../../helpers/system/findings.ts';
import { triage } from '../../../helpers/system/triage.ts';

const finding = (id: Finding['id'], object: string, detail?: string): Finding => ({
  id,
  severity: 'error',
  namespace: object.replace(/.* |\/.*/g, ''),
  object,
  ...(detail !== undefined && { detail }),
  message: 'm',
  next: 'n',
});

const open = finding('implicitly-open-ingress', 'Namespace os-a');
const port = finding('named-port-of-no-pod', 'NetworkPolicy os-b/p', 'ingress port TCP/web');
const label = finding('missing-label', 'Namespace os-b', 'tier');
const found: Audit = { namespaces: [], findings: [open, port, label] };

const decide = (allow: string, baseline: readonly Finding[] = []) => {
  const problems: Problem[] = [];
  const entries = readAllowList(allow, 'allow.yaml', problems);
  const old = readBaseline(formatBaseline(baseline), 'old.json', problems);
  expect(problems).to.deep.equal([]);
  const { findings, isClean } = triage(found, { allow: entries, baseline: old, today: '2026-06-15' });
  return {
    isClean,
    said: findings.map(
      ({ id, object, status, line }) => `${status} ${id} ${object}${line === undefined ? '' : ` :${line}`}`,
    ),
  };
};

const problemsOf = (read: typeof readAllowList | typeof readBaseline, text: string): string[] => {
  const problems: Problem[] = [];
  read(text, 'f', problems);
  return problems.map(formatProblem);
};

describe('the allow-list and the baseline of an audit', () => {
  it('leave everything open that they do not name', () => {
    expect(decide('')).to.deep.equal({
      isClean: false,
      said: [
        'open implicitly-open-ingress Namespace os-a',
        'open named-port-of-no-pod NetworkPolicy os-b/p',
        'open missing-label Namespace os-b',
      ],
    });
  });

  it('allow by id, namespace and object, the namespace as a glob, the object by its name alone too', () => {
    const allow = `
- { id: implicitly-open-ingress, namespace: 'os-*', reason: it serves everybody }
- { id: named-port-of-no-pod, namespace: os-b, object: p, reason: until the next release, expires: 2026-06-15 }
- { id: missing-label, namespace: os-b, object: Namespace os-b, reason: none }
`;
    const { isClean, said } = decide(allow);
    expect(isClean).to.equal(true);
    expect(said.map((line) => line.split(' ')[0])).to.deep.equal(['allowed', 'allowed', 'allowed']);
  });

  it('say of an entry that it has expired, and hold the finding open again', () => {
    const { isClean, said } = decide(
      '- { id: named-port-of-no-pod, namespace: os-b, reason: soon, expires: 2026-06-14 }',
      [open, label],
    );
    expect(isClean).to.equal(false);
    expect(said).to.deep.equal([
      'known implicitly-open-ingress Namespace os-a',
      'open named-port-of-no-pod NetworkPolicy os-b/p',
      'known missing-label Namespace os-b',
      'open allow-entry-expired allow-list entry :1',
    ]);
  });

  it('say of an expired entry that matches nothing that it has expired', () => {
    const allow = '- { id: duplicate-policy, namespace: os-b, reason: soon, expires: 2026-06-14 }';
    expect(decide(allow, [open, port, label])).to.deep.include({ isClean: false });
  });

  it('say of an entry that it matches nothing, without making the audit red', () => {
    const allow = '\n- { id: named-port-of-no-pod, namespace: os-b, object: q, reason: gone }';
    const { isClean, said } = decide(allow, [open, port, label]);
    expect(isClean).to.equal(true);
    expect(said.at(-1)).to.equal('open allow-entry-unused allow-list entry :2');
  });

  it('know of the baseline what is the same finding, whatever its words', () => {
    const baseline = [open, { ...port, message: 'other words', severity: 'note' as const }, label];
    expect(decide('', baseline).isClean).to.equal(true);
    const { isClean, said } = decide('', [open, { ...port, detail: 'ingress port UDP/web' }, label]);
    expect(isClean).to.equal(false);
    expect(said).to.deep.equal([
      'known implicitly-open-ingress Namespace os-a',
      'open named-port-of-no-pod NetworkPolicy os-b/p',
      'known missing-label Namespace os-b',
      'open baseline-entry-unused baseline entry :6',
    ]);
  });

  it('are written in one order, a line for each finding', () => {
    const text = formatBaseline([label, port, open]);
    expect(text).to.equal(formatBaseline([open, label, port]));
    expect(text.split('\n')).to.have.length(9);
    expect(readBaseline(formatBaseline([]), 'f', [])).to.deep.equal([]);
  });

  it('say everything that is wrong with an allow-list, with its place', () => {
    const text = `
- { id: mising-label, namespace: os-a, reason: r }
- { id: missing-label, namespace: os-a }
- { id: missing-label, namespace: os-a, reason: '' }
- { id: missing-label, namespace: os-a, reason: r, expires: 2026-02-30, until: later }
- words
- { reason: r }
`;
    expect(problemsOf(readAllowList, text)).to.deep.equal([
      'f:2:5: unknown id `mising-label`, did you mean missing-label?',
      'f:3:3: `reason` is missing: say why this is accepted',
      'f:4:41: `reason`: wanted text, got ""',
      'f:5:73: unknown key `until`: known are id, namespace, object, reason, expires',
      'f:5:52: `expires`: wanted a day like 2026-12-31, got "2026-02-30"',
      'f:6:3: wanted an entry like { id, namespace, object, reason, expires }',
      'f:7:3: `id` is missing',
      'f:7:3: `namespace` is missing',
    ]);
    expect(problemsOf(readAllowList, 'id: missing-label')).to.have.length(1);
    expect(problemsOf(readAllowList, '[')).to.have.length.greaterThan(0);
  });

  it('say what is wrong with a baseline', () => {
    expect(problemsOf(readBaseline, '{}')[0]).to.match(/^f:1: wanted a baseline/);
    expect(problemsOf(readBaseline, '')[0]).to.match(/^f:1: wanted a baseline/);
    const text = formatBaseline([open]).replace('implicitly-open-ingress', 'open');
    expect(problemsOf(readBaseline, text)[0]).to.match(/^f:4: wanted .* with a known id/);
  });
});
