import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import type { AdminPolicy } from '../../../helpers/kube/types.ts';
import { followNames } from '../../../helpers/reference/names.ts';
import type { State } from '../../../helpers/reference/state.ts';
import { waitFor } from '../waiting.ts';
import { cluster, createTierState } from './tier-worlds.ts';

const namesOf = (...domainNames: string[]): AdminPolicy =>
  cluster({ egress: [{ action: 'Accept', to: [{ domainNames }] }] });

/** Follows names against a DNS server that knows `zone`; `fails` names of which it says nothing. */
const follow = (zone: Record<string, string[]>, fails = new Set<string>(), pause = 10) => {
  const seen: { number: number; names: State['domainNames'] }[] = [];
  const failures: string[] = [];
  const asked: string[] = [];
  const take = followNames({
    resolve: async (name) => {
      asked.push(name);
      await sleep(1);
      if (fails.has(name)) throw new Error('SERVFAIL');
      return zone[name] ?? [];
    },
    pause,
    onState: ({ domainNames }, number) => void seen.push({ number, names: domainNames }),
    onFailure: (message) => void failures.push(message),
  });
  const meets = (names: State['domainNames']): Promise<void> =>
    waitFor(async () => isDeepStrictEqual(seen.at(-1)?.names, names), JSON.stringify(names));
  return { seen, failures, asked, take, meets };
};

describe('the domain names of policies', () => {
  it('are asked for at once, and told in a state of their own', async () => {
    const { seen, asked, take, meets } = follow({ 'a.example': ['192.0.2.2', '192.0.2.1'] });
    take(createTierState(namesOf('a.example', 'gone.example')));
    await meets({ 'a.example': ['192.0.2.1', '192.0.2.2'], 'gone.example': [] });
    take(createTierState());
    await meets({});
    expect([...new Set(asked)]).to.deep.equal(['a.example', 'gone.example']);
    expect(seen.slice(0, 2)).to.deep.equal([
      { number: 1, names: {} },
      { number: 2, names: { 'a.example': ['192.0.2.1', '192.0.2.2'], 'gone.example': [] } },
    ]);
  });

  it('may be patterns, of which only the headless Services that they match are asked for', async () => {
    const { seen, asked, take, meets } = follow({
      'first.y.svc.cluster.local': ['192.0.2.1'],
      'second.y.svc.cluster.local': ['192.0.2.2'],
    });
    const services = ['first.y', 'second.y', 'first.z', 'first.ay'].map((id): State['services'][number] => {
      const [name = '', namespace = ''] = id.split('.');
      return { namespace, name, type: 'Headless' };
    });
    const virtual = { namespace: 'y', name: 'virtual', type: 'ClusterIP' as const };
    const patterns = ['*.y.svc.Cluster.local.', '*.nowhere.example'];
    take({ ...createTierState(namesOf(...patterns)), services: [...services, virtual] });
    await waitFor(async () => seen.length === 2, 'the addresses of the Services');
    take(createTierState());
    await meets({});
    expect([...new Set(asked)]).to.deep.equal(['first.y.svc.cluster.local', 'second.y.svc.cluster.local']);
    expect(seen[1]?.names).to.deep.equal({
      '*.y.svc.Cluster.local.': ['192.0.2.1', '192.0.2.2'],
      '*.nowhere.example': [],
    });
  });

  it('are asked for again and again, until no policy has any', async () => {
    const zone: Record<string, string[]> = { 'a.example': ['192.0.2.1'] };
    const { seen, asked, take, meets } = follow(zone);
    take(createTierState(namesOf('a.example')));
    await meets({ 'a.example': ['192.0.2.1'] });
    zone['a.example'] = ['192.0.2.9'];
    await meets({ 'a.example': ['192.0.2.9'] });
    const before = seen.length;
    await sleep(40);
    expect(seen).to.have.length(before);
    take(createTierState());
    await meets({});
    const last = asked.length;
    await sleep(40);
    expect(asked).to.have.length(last);
  });

  it('are forgotten too where the last policy with such goes while they are asked for', async () => {
    const { seen, take, meets } = follow({ 'a.example': ['192.0.2.1'] });
    take(createTierState(namesOf('a.example')));
    take(createTierState());
    await meets({});
    await waitFor(async () => seen.length === 4, 'the state without names');
    expect(seen.map(({ names }) => names)).to.deep.equal([{}, {}, { 'a.example': ['192.0.2.1'] }, {}]);
  });

  it('that come while others are asked for do not wait for the next look', async () => {
    const { take, meets } = follow(
      { 'a.example': ['192.0.2.1'], 'b.example': ['192.0.2.2'] },
      new Set(),
      3_600_000,
    );
    take(createTierState(namesOf('a.example')));
    take(createTierState(namesOf('b.example')));
    await meets({ 'b.example': ['192.0.2.2'] });
  });

  it('keep their addresses while nobody answers', async () => {
    const fails = new Set<string>();
    const { seen, failures, take, meets } = follow({ 'a.example': ['192.0.2.1'] }, fails);
    take(createTierState(namesOf('a.example')));
    await meets({ 'a.example': ['192.0.2.1'] });
    fails.add('a.example');
    await waitFor(async () => failures.length > 1, 'a failure');
    expect(failures[0]).to.equal('the name a.example: SERVFAIL');
    expect(seen.at(-1)?.names).to.deep.equal({ 'a.example': ['192.0.2.1'] });
    take(createTierState());
    await meets({});
  });
});
