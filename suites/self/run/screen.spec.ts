import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { defaults, loadConfig } from '../../../helpers/config.ts';
import { help } from '../../../helpers/run/help.ts';
import { openScreen, type ScreenOptions } from '../../../helpers/run/screen.ts';
import { tellCreations } from '../../../helpers/run/told-cluster.ts';
import { defaultPods } from '../../../helpers/scenario/default-world.ts';
import { recordOf, samples } from '../report/samples.ts';

const print = (options: Partial<ScreenOptions>): string[] => {
  let written = '';
  const output = { columns: 100, write: (text: string) => void (written += text) };
  const screen = openScreen(output, {
    ...{ results: 'results/a', flags: [], quiet: false, verbose: false },
    ...options,
  });
  screen.note('a note');
  screen.detail('a detail');
  const cases = [samples.pass, samples.fail, samples.skip];
  const work = () => ({ lanes: 1, waiting: [], underWay: new Map(), ended: new Map() });
  screen.begin(cases, { running: () => [], work }, { provider: 'none', plugin: 'none' });
  for (const entry of cases) screen.finish(entry);
  screen.end(recordOf(cases));
  return stripVTControlCharacters(written).split('\n');
};

describe('the screen of a run', () => {
  const step = /^ +step 1 \(line \d+\): apply /;

  it('shows notes, every case and the summary unless told otherwise', () => {
    const lines = print({});
    expect(lines).to.include('netpol: a note').and.not.include('netpol: a detail');
    expect(lines.filter((line) => /^(pass|skip) /.test(line))).to.have.length(2);
    expect(lines.join('\n')).to.include('slowest');
    expect(lines.filter((line) => step.test(line))).to.deep.equal([]);
  });

  it('shows with --quiet only what is red, the counts and where the results lie', () => {
    const lines = print({ quiet: true });
    expect(lines[0]).to.match(/^fail /);
    expect(lines.filter((line) => /^(netpol:|pass|skip) /.test(line))).to.deep.equal([]);
    expect(lines.join('\n')).not.to.include('slowest');
    expect(lines.at(-3)).to.match(/^3 cases in .*: 1 pass, 1 fail, 0 error, 1 skip$/);
    expect(lines.at(-2)).to.match(/^results: results\/a\/ \(report\.html, /);
  });

  it('says with --quiet that nothing was proved', () => {
    let written = '';
    const output = { write: (text: string) => void (written += text) };
    const screen = openScreen(output, { results: 'results/a', flags: [], quiet: true, verbose: false });
    screen.end(recordOf([samples.skip]));
    expect(written).to.match(/^1 case in .*\nnothing was proved\nresults: /);
  });

  it('shows with --verbose each step under its case, and details', () => {
    const lines = print({ verbose: true });
    expect(lines).to.include('netpol: a note').and.include('netpol: a detail');
    const at = lines.findIndex((line) => line.startsWith('pass '));
    expect(lines[at + 1])
      .to.match(step)
      .and.to.match(/, (allow|deny) in \d+ ms.*, \d+ rounds?, \d+ retr/);
    expect(lines.filter((line) => step.test(line)).length).to.be.at.least(2);
  });
});

describe('--quiet and --verbose', () => {
  it('are settings of what proves suites, in every source', () => {
    for (const command of ['run', 'system restricted', 'system replay'] as const)
      expect(help[command].options, command).to.include.members(['quiet', 'verbose']);
    expect(help.list.options).not.to.include('quiet');
    expect(defaults).to.include({ quiet: false, verbose: false });
    expect(loadConfig({ quiet: true }, {}, undefined).quiet).to.equal(true);
    expect(loadConfig({}, { NETPOL_VERBOSE: '1' }, undefined).verbose).to.equal(true);
  });

  it('exclude each other, wherever they come from', () => {
    const both = (): unknown => loadConfig({ verbose: true }, { NETPOL_QUIET: 'true' }, undefined);
    expect(both).to.throw(/command line.*`verbose` beside `quiet` \(NETPOL_QUIET\): wanted one of them/);
    expect(loadConfig({ verbose: true }, { NETPOL_QUIET: '0' }, undefined)).to.include({
      quiet: false,
      verbose: true,
    });
  });
});

describe('what is created on a cluster', function () {
  this.timeout(60_000);

  it('is told with its real name and how long it took', async () => {
    const lines: string[] = [];
    const started = await startLab({ run: 'self', plugin: 'none', log: () => {} });
    const [first] = defaultPods;
    if (first === undefined) throw new Error('there are no standing pods');
    {
      await using cluster = tellCreations(started, (line) => void lines.push(line));
      await using lane = await cluster.openLane(0, [first]);
      const { x = '' } = lane.namespaceNames;
      await lane.createPod({ ...first, namespace: x, name: 'late' });
      expect(lines[0]).to.match(new RegExp(`^lane 0: x/a created in .*${x}.* in \\d+\\.\\d\\d s$`));
      expect(lines[1]).to.match(new RegExp(`^lane 0: pod ${x}/late created in \\d+\\.\\d\\d s$`));
      expect((await lane.world()).pods).to.have.length(2);
    }
    expect(lines.at(-1)).to.match(/^lab let go in /);
  });
});
