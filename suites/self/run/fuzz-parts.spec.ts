import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Cluster, ExternalHostRequest, Lane } from '../../../helpers/cluster/cluster.ts';
import type { World } from '../../../helpers/kube/world.ts';
import { exitCodeOf } from '../../../helpers/run/fuzz/command.ts';
import { writeFind } from '../../../helpers/run/fuzz/find.ts';
import { keepHosts } from '../../../helpers/run/fuzz/hosts.ts';
import { openFuzzScreen } from '../../../helpers/run/fuzz/screen.ts';
import { guessBudget } from '../../../helpers/run/fuzz/try.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';
import { readScenario } from '../../../helpers/scenario/read.ts';
import { temporaryFolder } from '../netpol.ts';
import { sample, scenarioOf } from '../scenario/sample.ts';

const host = (name: string, address = '203.0.113.10'): ExternalHostRequest => ({
  namespace: 'external',
  name,
  addresses: [address, '2001:db8:113::10'],
  ports: [],
});

/** A lane that writes down what is done to it. */
const createLane = (done: string[]): Lane => {
  const hosts = new Map<string, ExternalHostRequest>();
  const world = async (): Promise<World> => ({
    namespaces: [],
    services: [],
    policies: [],
    pods: [...hosts.values()].map((request) => ({ ...request, labels: {}, node: '', external: true })),
  });
  const lane: Partial<Lane> = {
    world,
    createExternalHost: async (request) => {
      done.push(`create ${request.name} ${request.addresses[0]}`);
      hosts.set(request.name, request);
    },
    deleteExternalHost: async ({ name }) => {
      done.push(`delete ${name}`);
      hosts.delete(name);
    },
  };
  return lane as Lane;
};

describe('lanes that keep hosts', () => {
  const open = async (done: string[]): Promise<Lane> => {
    const cluster: Partial<Cluster> = { openLane: async () => createLane(done) };
    return keepHosts(cluster as Cluster).openLane(0, []);
  };
  const names = async (lane: Lane): Promise<string[]> => (await lane.world()).pods.map(({ name }) => name);

  it('give a deleted host to the next who asks for the same, and tell nobody of it until then', async () => {
    const done: string[] = [];
    const lane = await open(done);
    await lane.createExternalHost(host('a'));
    expect(await names(lane)).to.deep.equal(['a']);
    await lane.deleteExternalHost(host('a'));
    expect(await names(lane)).to.deep.equal([]);
    await lane.createExternalHost(host('a'));
    expect(await names(lane)).to.deep.equal(['a']);
    expect(done).to.deep.equal(['create a 203.0.113.10']);
  });

  it('make another host where one of that name was different', async () => {
    const done: string[] = [];
    const lane = await open(done);
    await lane.createExternalHost(host('a'));
    await lane.deleteExternalHost(host('a'));
    await lane.deleteExternalHost(host('b'));
    await lane.createExternalHost(host('a', '203.0.113.11'));
    expect(done).to.deep.equal(['create a 203.0.113.10', 'delete a', 'create a 203.0.113.11']);
  });
});

const differing = {
  from: 'x/b',
  to: 'x/a',
  want: 'deny' as const,
  got: { outcome: 'connected' as const, milliseconds: 1 },
  reason: 'y/p isolates x/a',
};
const record: CaseRecord = {
  ...{ name: 'fuzz/7-3', title: 'World 3 of seed 7', file: 'random.yaml', spec: '', features: [] },
  status: 'fail',
  durationMs: 1,
  message: '1 of 12 probes differs',
  steps: [
    {
      ...{ action: 'apply admit', line: 1, settleMs: {}, rounds: 1, retries: 1 },
      grids: [
        {
          probe: 'v4 TCP/80',
          rows: ['x/b'],
          columns: ['x/a'],
          want: ['deny'],
          got: [differing.got],
          differing: [differing],
        },
      ],
    },
  ],
};
const find = {
  scenario: scenarioOf(sample),
  checked: { record, evidence: { 'nft.txt': 'rules\n' } },
  index: 3,
};

describe('a find on disk', () => {
  it('is a scenario file that loads, says what is wrong in its claim, and who has which part', async () => {
    await using folder = await temporaryFolder();
    const { entry, text } = writeFind(folder.path, 7, find);
    const file = join(folder.path, 'fuzz-7.yaml');
    expect(await readFile(file, 'utf8')).to.equal(text);
    const { scenario, problems } = readScenario(text, file, 'fuzz-7');
    expect(problems).to.deep.equal([]);
    expect(scenario.title).to.equal('x/b must not reach x/a on v4 TCP/80 (world 3 of seed 7)');
    const why = new Map(scenario.pods.map((pod) => [pod.id, pod.why]));
    expect([why.get('x/a'), why.get('x/b'), why.get('y/a')]).to.deep.equal([
      ...['is asked', 'asks', 'shows that a policy acts'],
    ]);
    expect(entry).to.include({ name: file, file, status: 'fail', evidence: 'fuzz-7' });
    expect(await readFile(join(folder.path, 'fuzz-7/nft.txt'), 'utf8')).to.equal('rules\n');
  });

  it('is told all the same where it cannot be written', async () => {
    await using folder = await temporaryFolder();
    const occupied = join(folder.path, 'file');
    await writeFile(occupied, '');
    const { entry, text } = writeFind(occupied, 7, find);
    expect(entry.message).to.match(/1 of 12 probes differs\n.*(EEXIST|ENOTDIR)/);
    expect(text).to.include('scenario: x/b must not reach x/a');
  });
});

const nothing = { done: 8, doubted: 0, untold: [], unrepeated: [], milliseconds: 1000 };
const reduced = { ...find, isAlone: true };

describe('the exit code of fuzz', () => {
  it('is 0 where all worlds agree, 1 for a difference, 2 where something could not be told', () => {
    expect(exitCodeOf(nothing)).to.equal(0);
    expect(exitCodeOf({ ...nothing, find: reduced })).to.equal(1);
    expect(exitCodeOf({ ...nothing, unrepeated: [reduced] })).to.equal(1);
    const untold = [{ index: 4, message: 'a probe died' }];
    expect(exitCodeOf({ ...nothing, untold })).to.equal(2);
    expect(exitCodeOf({ ...nothing, untold, find: reduced })).to.equal(2);
    expect(exitCodeOf({ ...nothing, done: 0 })).to.equal(2);
  });
});

describe('the screen of fuzz', () => {
  const show = (isTTY: boolean): { screen: ReturnType<typeof openFuzzScreen>; text: () => string } => {
    let text = '';
    const output = { isTTY, columns: 100, write: (more: string) => (text += more) };
    const places = { results: 'results/abc', flags: ['--provider', 'lab'] };
    return { screen: openFuzzScreen(output, places, { seed: 7, count: 20 }), text: () => text };
  };

  it('says the seed first, on a terminal how far it is, and the sum', () => {
    const { screen, text } = show(true);
    screen.begin(4);
    screen.onWorld(3);
    screen.end(nothing, false);
    expect(text()).to.match(/^netpol: seed 7\n/);
    expect(text()).to.match(/3 of 20 worlds/);
    expect(text()).to.match(/8 worlds of seed 7 in 1\.00? s, 0\.125 s each: no difference\n$/);
    expect(text().split('\n').at(-2)).to.include('\r\u001b[K');
  });

  it('writes no control sequences where nobody watches', () => {
    const { screen, text } = show(false);
    screen.begin(4);
    screen.onWorld(3);
    screen.end(nothing, true);
    expect(text()).not.to.include('\u001b').and.not.to.include('\r');
    expect(text()).to.include('(interrupted)');
  });

  it('tells why nothing could be told, and of no more than five worlds', () => {
    const { screen, text } = show(false);
    const untold = Array.from({ length: 7 }, (_, index) => ({ index, message: `cause ${index}` }));
    screen.end({ ...nothing, untold, doubted: 2 }, false);
    expect(text()).to.include('no difference, 7 could not be told');
    expect(text()).to.include('2 worlds differed for a moment and then agreed');
    expect(text()).to.include('error  world 4: cause 4\n... and 2 more');
  });

  it('tells of a find what differs, why, how to replay it, and whether it needs what came before', async () => {
    await using folder = await temporaryFolder();
    const { screen, text } = show(false);
    screen.onFind({ ...find, history: new Map() });
    screen.tell({ ...reduced, isAlone: false }, writeFind(folder.path, 7, find));
    expect(text()).to.include('world 3 differs: 4 pods, 1 policy, 3 steps; looking for less of it');
    expect(text()).to.match(/want deny\s+got allow/);
    expect(text()).to.include(`replay: npm start -- run ${join(folder.path, 'fuzz-7.yaml')} --provider lab`);
    expect(text()).to.include('On a cluster of its own it passes');
  });
});

describe('guessBudget', () => {
  it('is some times what changes usually took, and at least what it must be', () => {
    const place = (...settled: number[]) => ({ ground: {} as never, open: new Set<string>(), settled });
    expect(guessBudget([place(), place()], 4, 100)).to.equal(100);
    expect(guessBudget([place(30, 5000), place(40)], 4, 100)).to.equal(160);
    expect(guessBudget([place(10)], 4, 100)).to.equal(100);
  });
});
