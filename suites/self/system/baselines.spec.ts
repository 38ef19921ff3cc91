import { expect } from 'chai';
import type { JourneyOptions } from '../../../helpers/system/moves.ts';
import type { Mode } from '../../../helpers/system/system.ts';
import { admit, complaintsOf, home, loadFiles, systemFile } from './files.ts';
import { check, linesOf } from './journeys.ts';

// https://github.com/openshift/enhancements/pull/613 prefers policies that admit everybody to none at all, and says why
// in its appendix: "Why Explicit "Allow All" Policies Are Good, and Implicitly Allowing All is Bad".

const only = (mode: Mode): readonly [Mode, Mode] => [mode, mode];

const everybody = '[{ namespaceSelector: {} }]';
const named = (name: string): string =>
  `[{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${name} } } }]`;

describe('a namespace to which a stranger adds a policy', () => {
  const kinds = ['implicitly-open', 'explicitly-open', 'closed'];
  const needs = `
needs:
  old-friend/p -> implicitly-open/p TCP/80: has always asked
  old-friend/p -> explicitly-open/p TCP/80: has always asked
  old-friend/p -> closed/p TCP/80: is admitted by name`;
  const before = {
    'system.yaml': systemFile('old', 'new'),
    'old/implicitly-open.yaml': `component: implicitly-open${home('implicitly-open')}`,
    'old/explicitly-open.yaml': `component: explicitly-open${home('explicitly-open')}${admit('explicitly-open', 'everybody', everybody)}`,
    'old/closed.yaml': `component: closed${home('closed')}${admit('closed', 'old-friend', named('old-friend'))}`,
    'old/old-friend.yaml': `component: old-friend${needs}${home('old-friend')}`,
  };
  const stranger = (...namespaces: string[]): string =>
    `component: new-friend\nneeds:\n${namespaces.map((name) => `  new-friend/p -> ${name}/p TCP/80: needs it\n`).join('')}${home('new-friend')}` +
    namespaces.map((name) => admit(name, 'new-friend', named('new-friend'))).join('');

  it('works on where it was explicitly open or closed', async () => {
    const system = await loadFiles({
      ...before,
      'new/new-friend.yaml': stranger('explicitly-open', 'closed'),
    });
    for (const [from, to] of [
      ['old', 'new'],
      ['new', 'old'],
    ] as const)
      expect(linesOf(check(system, { from, to, mode: only('unrestricted') }))).to.deep.equal([]);
  });

  it('breaks where it was implicitly open: the release is wrong by itself', async () => {
    const complaints = await complaintsOf({ ...before, 'new/new-friend.yaml': stranger(...kinds) });
    expect(complaints.map((line) => line.replace(/ implicitly-open\/p is isolated.*/, ''))).to.deep.equal([
      'old/old-friend.yaml:3: release new, unrestricted: old-friend/p -> implicitly-open/p TCP/80 is to be open, and closed:',
      'old/old-friend.yaml:3: release new, restricted: old-friend/p -> implicitly-open/p TCP/80 is to be open, and closed:',
    ]);
  });

  it('breaks on the way where it becomes explicitly open at the same time, but not a release earlier', async () => {
    const opened = `component: implicitly-open${home('implicitly-open')}${admit('implicitly-open', 'everybody', everybody)}`;
    const atOnce = await loadFiles({
      ...before,
      'new/implicitly-open.yaml': opened,
      'new/new-friend.yaml': stranger(...kinds),
    });
    expect(linesOf(check(atOnce, { from: 'old', to: 'new', mode: only('unrestricted') }))).to.deep.equal([
      'loss of old-friend/p -> implicitly-open/p TCP/80 after new-friend: NetworkPolicy implicitly-open/new-friend (new)',
    ]);
    const earlier = await loadFiles({
      ...before,
      'system.yaml': systemFile('old', 'between', 'new'),
      'between/implicitly-open.yaml': opened,
      'new/new-friend.yaml': stranger(...kinds),
    });
    for (const [from, to] of [
      ['old', 'between'],
      ['between', 'new'],
    ] as const)
      expect(linesOf(check(earlier, { from, to, mode: only('unrestricted') }))).to.deep.equal([]);
  });
});

describe('switching the mode', () => {
  const clients = '[{ namespaceSelector: { matchLabels: { role: client } } }]';
  const links = `
needs: { client/p -> server/p TCP/80: asks }
open: { tenant/p -> server/p TCP/80: as before }
closed: { tenant/p -> server/p TCP/80: has no business there }`;
  const namespace = (mode: string, labels: string): string => `
---
apiVersion: v1
kind: Namespace
metadata: { name: client, labels: ${labels}, annotations: { netpol-conformance/mode: ${mode} } }`;
  const clientPod = home('client').replace(/---[^]*?(?=---)/, '');

  /** Option 1: operators do nothing special until restricted mode is enabled. */
  const whenRestricted = {
    'system.yaml': systemFile('one'),
    'one/server.yaml': `component: server${links}${home('server')}${admit('server', 'clients', clients, 'restricted')}`,
    'one/client.yaml': `component: client${namespace('unrestricted', '{}')}${namespace('restricted', '{ role: client }')}${clientPod}`,
    'one/tenant.yaml': `component: tenant${home('tenant')}`,
  };
  /** Option 2: everything is always there, and a policy that admits everybody beside it while unrestricted. */
  const whenAllowed = {
    ...whenRestricted,
    'one/server.yaml': `component: server${links}${home('server')}${admit('server', 'clients', clients)}`,
    'one/client.yaml': `component: client${home('client', '{ role: client }')}`,
    'one/network.yaml': `component: network${admit('server', 'everybody', everybody, 'unrestricted')}`,
  };
  const journey = (mode: readonly [Mode, Mode]): JourneyOptions => ({ from: 'one', to: 'one', mode });

  it('loses a connection where what the server selects comes with the mode of the client', async () => {
    const system = await loadFiles(whenRestricted);
    expect(linesOf(check(system, journey(['unrestricted', 'restricted'])))).to.deep.equal([
      'loss of client/p -> server/p TCP/80 after server switches its mode: the mode of server',
    ]);
    expect(linesOf(check(system, journey(['restricted', 'unrestricted'])))).to.deep.equal([
      'loss of client/p -> server/p TCP/80 after client switches its mode: the mode of client',
    ]);
  });

  it('loses nothing where it is there in both modes, and everybody is admitted in one', async () => {
    const system = await loadFiles(whenAllowed);
    expect(linesOf(check(system, journey(['unrestricted', 'restricted'])))).to.deep.equal([]);
    expect(linesOf(check(system, journey(['restricted', 'unrestricted'])))).to.deep.equal([]);
  });

  it('may be left out by a component, which then is judged by its own mode', async () => {
    const system = await loadFiles(whenRestricted);
    const own = new Map<string, Mode>([['client', 'restricted']]);
    expect(linesOf(check(system, { ...journey(['unrestricted', 'restricted']), own }))).to.deep.equal([]);
  });
});
