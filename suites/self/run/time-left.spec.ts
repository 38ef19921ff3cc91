import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { findPastDurations } from '../../../helpers/run/past-durations.ts';
import { estimateTimeLeft, type Work } from '../../../helpers/run/time-left.ts';
import { temporaryFolder } from '../netpol.ts';

type Timed = Work['waiting'][number];

const plain = (name: string): Timed => ({
  name,
  steps: [
    { action: { verb: 'delete', policies: [] }, line: 1, expect: [] } as unknown as Timed['steps'][number],
  ],
});
const heavy = (name: string): Timed => ({ name, steps: [], load: { policies: 10, pods: 9 } });
const named = (prefix: string, count: number): Timed[] =>
  Array.from({ length: count }, (_, index) => plain(`${prefix}${index}`));
const ended = (count: number, took: number): Work['ended'] =>
  new Map(named('ended', count).map((each) => [each, took]));
const work = (changes: Partial<Work>): Work => ({
  ...{ lanes: 1, waiting: [], underWay: new Map(), ended: new Map() },
  ...changes,
});
const nothing = new Map<string, number>();

describe('the time left', () => {
  it('is what is left at the pace of what has ended', () => {
    const left = estimateTimeLeft(work({ ended: ended(10, 1000), waiting: named('w', 20) }), nothing);
    expect(left).to.be.closeTo(20_000, 1);
  });

  it('is shared by the lanes', () => {
    const each = { ended: ended(10, 1000), waiting: named('w', 20) };
    expect(estimateTimeLeft(work({ ...each, lanes: 4 }), nothing)).to.be.closeTo(5000, 1);
  });

  it('is not shared where something must run alone', () => {
    const each = { ended: ended(10, 350), waiting: [...named('w', 4), heavy('heavy')], lanes: 4 };
    // A guess is 350 ms for the plain ones and 30 s for the heavy one: this machine is as fast as the guess.
    expect(estimateTimeLeft(work({ ...each, ended: ended(90, 350) }), nothing)).to.be.closeTo(30_350, 1);
  });

  it('takes off what those under way have done, and never less than nothing', () => {
    const underWay = new Map([[plain('a'), 400]]);
    expect(estimateTimeLeft(work({ ended: ended(10, 1000), underWay }), nothing)).to.be.closeTo(600, 1);
    const late = new Map([[plain('a'), 4000]]);
    expect(estimateTimeLeft(work({ ended: ended(10, 1000), underWay: late }), nothing)).to.equal(undefined);
    const both = work({ ended: ended(10, 1000), underWay: late, waiting: named('w', 2) });
    expect(estimateTimeLeft(both, nothing)).to.be.closeTo(2000, 1);
  });

  it('is not told before enough has ended', () => {
    expect(estimateTimeLeft(work({ waiting: named('w', 10) }), nothing)).to.equal(undefined);
    expect(estimateTimeLeft(work({ ended: ended(2, 10), waiting: named('w', 2) }), nothing)).to.equal(
      undefined,
    );
    expect(estimateTimeLeft(work({ ended: ended(3, 10), waiting: named('w', 2) }), nothing)).not.to.equal(
      undefined,
    );
    expect(estimateTimeLeft(work({ ended: ended(4, 10), waiting: named('w', 96) }), nothing)).to.equal(
      undefined,
    );
    // Much is done, by number, and nearly nothing, by time.
    const mostly = work({ ended: ended(10, 350), waiting: [heavy('h1'), heavy('h2'), heavy('h3')] });
    expect(estimateTimeLeft(mostly, nothing)).to.equal(undefined);
  });

  it('is told from the begin by how long the cases took before, and then more and more by this run', () => {
    const waiting = named('w', 10);
    const past = new Map([...waiting, ...ended(10, 0).keys()].map(({ name }) => [name, 2000]));
    expect(estimateTimeLeft(work({ waiting }), past)).to.be.closeTo(20_000, 1);
    const slower = estimateTimeLeft(work({ waiting, ended: ended(10, 4000) }), past) ?? 0;
    expect(slower).to.be.within(36_000, 40_000);
  });

  it('guesses what was not there before in the proportion of what was', () => {
    const known = named('w', 4);
    const past = new Map(known.map(({ name }) => [name, 3500]));
    expect(estimateTimeLeft(work({ waiting: [...known, plain('new')] }), past)).to.be.closeTo(17_500, 1);
  });
});

describe('how long cases took before', () => {
  const environment = { provider: 'lab', plugin: 'reference' };
  const write = async (
    results: string,
    name: string,
    {
      age = 0,
      plugin = 'reference',
      cases = [{ name: 'a', status: 'pass', durationMs: 10 }],
    }: {
      age?: number;
      plugin?: string;
      cases?: { name: string; status: string; durationMs: number }[];
    } = {},
  ): Promise<void> => {
    const file = join(results, name, 'record.json');
    await mkdir(join(results, name), { recursive: true });
    await writeFile(file, JSON.stringify({ environment: { provider: 'lab', plugin }, cases }));
    await utimes(file, 1000 - age, 1000 - age);
  };

  it('is read from the newest record of the same provider and plugin', async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await write(path, 'old', { age: 2, cases: [{ name: 'a', status: 'pass', durationMs: 99 }] });
    await write(path, 'new', { age: 1 });
    await write(path, 'other', { plugin: 'none' });
    const past = findPastDurations(path, environment, ['a']);
    expect(past).to.deep.equal({ folder: join(path, 'new'), durations: new Map([['a', 10]]) });
  });

  it('passes over a record that knows less than half of the cases, or none that ended', async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    await write(path, 'one');
    expect(findPastDurations(path, environment, ['a', 'b'])?.durations.size).to.equal(1);
    expect(findPastDurations(path, environment, ['a', 'b', 'c'])).to.equal(undefined);
    await write(path, 'one', { cases: [{ name: 'a', status: 'error', durationMs: 9 }] });
    expect(findPastDurations(path, environment, ['a'])).to.equal(undefined);
  });

  it('passes over what is no record, and needs none', async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    expect(findPastDurations(join(path, 'none'), environment, ['a'])).to.equal(undefined);
    await write(path, 'good', { age: 9 });
    for (const [name, text] of [
      ['cut', '{"environ'],
      ['null', 'null'],
      ['list', '{"cases": [null, 1]}'],
    ] as const) {
      await mkdir(join(path, name));
      await writeFile(join(path, name, 'record.json'), text);
    }
    expect(findPastDurations(path, environment, ['a'])?.folder).to.equal(join(path, 'good'));
  });
});
