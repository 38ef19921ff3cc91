import { expect } from 'chai';
import { longest } from '../../../helpers/report/monitor-record.ts';
import { contradictionsAt } from '../../../helpers/run/lint.ts';
import { replayScenarios } from '../../../helpers/run/system/replay.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { formatAction, worldAt } from '../../../helpers/scenario/world.ts';
import { listSystems, loadSystem } from '../../../helpers/system/load.ts';
import { podsOf } from '../../../helpers/system/lint.ts';
import { planJourney } from '../../../helpers/system/moves.ts';
import { modes, type Mode, type System } from '../../../helpers/system/system.ts';
import { checkUpgrade, describeMove } from '../../../helpers/system/upgrade.ts';
import { kindImages, needKind } from '../cluster/kind-probes.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

const replay = (
  system: System,
  from: string,
  to: string,
  mode: readonly [Mode, Mode],
  orders = 2,
  seed = 1,
) => {
  const journey = planJourney(system, { from, to, mode });
  const result = checkUpgrade(journey, podsOf(system));
  const limits = { lossMs: 0, leakMs: 0 };
  const scenarios = replayScenarios(system, journey, result, { from, to, mode, orders, seed, limits });
  return { journey, scenarios };
};

/** The cells of each step that the policies of that step contradict. */
const contradictions = (scenario: Scenario): string[] =>
  scenario.steps.flatMap((_, step) =>
    contradictionsAt(scenario, step).map(({ message }) => `${step}: ${message}`),
  );

describe('the orders of an upgrade as scenarios', function () {
  this.timeout(60_000);

  it('want what the oracle says on every way that is good, and something else on one that is bad', async () => {
    for (const name of await listSystems()) {
      const system = await loadSystem(name);
      for (const { name: to, from } of system.releases.filter((release) => release.from !== undefined))
        for (const mode of modes) {
          const { scenarios } = replay(system, from ?? '', to, [mode, mode]);
          const bad = scenarios.filter((scenario) => contradictions(scenario).length > 0);
          expect(scenarios, `${to} ${mode}`).to.not.have.length(0);
          const worst = scenarios.filter((scenario) => scenario.name.includes('/worst-'));
          if (worst.length === 0) expect(bad.flatMap(contradictions), `${to} ${mode}`).to.deep.equal([]);
          else expect(bad, `${to} ${mode}`).to.include.members(worst);
          if (to.startsWith('good-')) expect(worst).to.have.length(0);
        }
    }
  });

  it('come to the release moved by moved, those that wait after those that they wait for', async () => {
    const system = await loadSystem('openshift-like');
    const { scenarios, journey } = replay(
      system,
      'permissive',
      'restrictive',
      ['unrestricted', 'restricted'],
      6,
    );
    expect(scenarios).to.have.length(6);
    const ends = scenarios.map((scenario) => worldAt(scenario, scenario.steps.length - 1).policies.length);
    expect(new Set(ends).size).to.equal(1);
    for (const { title } of scenarios) {
      const order = title.replace(/^.*?: /, '').split(', then ');
      expect(order).to.have.members(journey.moves.map(describeMove));
      for (const [move, others] of journey.before.entries())
        for (const other of others)
          expect(order.indexOf(describeMove(journey.moves[other]!))).to.be.below(
            order.indexOf(describeMove(journey.moves[move]!)),
          );
    }
  });

  it('are the same for the same seed, and as many again of them for more', async () => {
    const system = await loadSystem('openshift-like');
    const names = (orders: number, seed: number): string[] =>
      replay(system, 'permissive', 'restrictive', ['restricted', 'restricted'], orders, seed).scenarios.map(
        ({ name, title }) => `${name} ${title}`,
      );
    expect(names(5, 1).slice(0, 3)).to.deep.equal(names(3, 1));
    expect(names(3, 1)).to.not.deep.equal(names(3, 2));
  });

  it('bring what allows before what denies, and take labels away last', async () => {
    const system = await loadSystem('openshift-like');
    const ways = [
      ['permissive', 'restrictive'],
      ['permissive', 'bad-storage-webhook'],
      ['bad-storage-webhook', 'permissive'],
      ['good-deny-with-allow', 'restrictive'],
      ['label-change', 'label-accepted'],
    ] as const;
    const all = ways.flatMap(
      ([from, to]) => replay(system, from, to, ['restricted', 'restricted']).scenarios,
    );
    const pairs = new Set<string>();
    for (const { steps } of all)
      for (const [index, { action, watch }] of steps.entries()) {
        const before = steps[index - 1];
        if (watch === undefined || before?.watch?.by !== watch.by) continue;
        pairs.add(`${before.action.verb}, ${action.verb}`);
        expect(`${formatAction(before.action)}; ${formatAction(action)}`).to.match(
          /^(create.*; (apply|label)|apply.*; (label|delete|unlabel)|label.*; (delete|unlabel)|delete.*; unlabel)/,
        );
      }
    expect([...pairs]).to.have.members([
      ...['create, apply', 'apply, label', 'apply, delete', 'delete, unlabel', 'label, unlabel'],
    ]);
  });
});

describe('netpol system replay in the lab', function () {
  this.timeout(240_000);
  const inLab = ['system', 'replay', '--system', 'kubernetes-addons', '--provider', 'lab'];

  it('sees what a bad release loses, says who makes the change, and how to see it again', async () => {
    await using folder = await temporaryFolder();
    const { exitCode: code, stdout } = await runNetpol([
      ...[...inLab, '--plugin', 'reference', '--output', folder.path],
      ...['--to', 'bad-label-change', '--mode', 'restricted', '--orders', '0'],
    ]);
    expect(code, stdout).to.equal(1);
    const { cases } = await readRecord(folder.path);
    expect(cases).to.have.length.above(0);
    for (const { name, status, message, steps } of cases) {
      expect(status, `${name}: ${message}`).to.equal('fail');
      expect(message).to.match(
        /, which (certificates|ingress|registry) makes; borne are 500 ms lost and 0 ms leaked:\n[^]* was lost for \d+ ms/,
      );
      expect(message).to.include('it is the release that is wrong, whatever the plugin is');
      const flows = steps.at(-1)?.operation?.flows ?? [];
      expect(Math.max(...flows.map((flow) => longest(flow, 'loss')))).to.be.above(500);
    }
    expect(stdout).to.match(
      /replay: .* system replay --system \S+ --from default-deny --to bad-label-change/,
    );
    expect(stdout).to.include('was lost for');
  });

  it('sees nothing lost and nothing leaked on the way to a good one, and what an idle plugin lets through', async () => {
    const way = ['--to', 'label-accepted', '--mode', 'restricted', '--orders', '2'];
    const good = await runNetpol([...inLab, '--plugin', 'reference', ...way]);
    expect(good.exitCode, good.stdout).to.equal(0);
    expect(good.stdout).to.match(/^2 cases in /m);
    const idle = await runNetpol([...inLab, '--plugin', 'none', ...way, '--only', 'seed-1-order-2']);
    expect(idle.exitCode, idle.stdout).to.equal(1);
    // What its report says how to see it again is what has just been done.
    expect(idle.stdout).to.include('/seed-1-order-2').and.include(' --orders 2 --only seed-1-order-2 ');
    expect(idle.stdout).to.match(/^1 case in /m);
  });

  it('refuses all wrong flags at once, before anything is made', async () => {
    const { exitCode: code, stderr } = await runNetpol([
      ...[...inLab, '--orders', 'many', '--seed', '-1', '--max-loss', 'none'],
    ]);
    expect(code).to.equal(2);
    for (const words of ['--orders', '--seed', '--max-loss']) expect(stderr).to.include(words);
    expect(stderr).not.to.include('lab ready');
  });

  it('refuses to make no order at all', async () => {
    const { exitCode: code, stderr } = await runNetpol([...inLab, '--to', 'label-accepted', '--orders', '0']);
    expect(code).to.equal(2);
    expect(stderr).to.include('no order to make').and.not.include('lab ready');
    const none = await runNetpol([...inLab, '--to', 'label-accepted', '--orders', '2', '--only', 'worst-9']);
    expect(none.exitCode).to.equal(2);
    expect(none.stderr).to.match(/wanted: seed-1-order-1\n +seed-1-order-2\n +got: +worst-9/);
  });
});

describe('netpol system replay on kind', function () {
  this.timeout(400_000);

  it('sees what the worst order loses', async function () {
    await needKind.call(this);
    await using folder = await temporaryFolder();
    const { output } = await runNetpol(
      [
        ...['system', 'replay', '--system', 'kubernetes-addons', '--to', 'bad-label-change'],
        ...['--mode', 'restricted', '--orders', '0', '--settle-budget', '3000'],
        ...['--provider', 'kind', '--plugin', 'reference', '--output', folder.path],
      ],
      { env: kindImages },
    );
    const { cases } = await readRecord(folder.path);
    expect(cases, output.slice(-3000)).to.have.length(2);
    for (const { status, message } of cases) {
      expect(status, message).to.equal('fail');
      expect(message).to.match(/ was lost for \d+ ms/);
    }
  });
});
