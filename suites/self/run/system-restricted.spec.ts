import { expect } from 'chai';
import { UsageError } from '../../../helpers/errors.ts';
import { createOracle } from '../../../helpers/model/oracle.ts';
import { restrictedScenarios } from '../../../helpers/run/system/restricted.ts';
import { loadSystem, listSystems } from '../../../helpers/system/load.ts';
import { describeLink } from '../../../helpers/system/system.ts';
import { formatAction, worldAt } from '../../../helpers/scenario/world.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { kindImages, needKind } from '../cluster/kind-probes.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

/** Cells of all grids of a scenario's steps: `step from -> to TCP/80 deny`. */
const cellsOf = ({
  steps,
}: Scenario): { step: number; from: string; to: string; key: string; want: string }[] =>
  steps
    .flatMap(({ expect: grids }, step) =>
      grids.flatMap(({ key, grid: { rows, columns, cells } }) =>
        cells.map((want, index) => ({
          step,
          key,
          want,
          from: rows[Math.floor(index / columns.length)] ?? '',
          to: columns[index % columns.length] ?? '',
        })),
      ),
    )
    .filter(({ want }) => want !== 'ignored');

const inLab = ['system', 'restricted', '--provider', 'lab', '--system'];

describe('the scenarios of a system', () => {
  it('want what the oracle says, in each release of each system that is shipped', async () => {
    for (const name of await listSystems()) {
      const system = await loadSystem(name);
      for (const release of system.releases)
        for (const scenario of restrictedScenarios(system, release.name)) {
          const oracles = scenario.steps.map((_, index) => createOracle(worldAt(scenario, index)));
          const other = cellsOf(scenario).filter(({ step, from, to, key, want }) => {
            const [protocol, port] = key.split('/') as ['TCP' | 'UDP', string];
            return oracles[step]?.explain(from, to, protocol, Number(port), 'IPv4').verdict !== want;
          });
          expect(other, scenario.name).to.deep.equal([]);
        }
    }
  });

  it('switch the mode back and forth, and every component alone in either mode', async () => {
    const system = await loadSystem('openshift-like');
    const [together, apart] = restrictedScenarios(system, 'restrictive');
    expect(together?.steps.map(({ action }) => formatAction(action).slice(0, 6))).to.deep.equal([
      'apply ',
      'delete',
      'apply ',
    ]);
    const wants = (step: number) =>
      cellsOf(together!).filter((cell) => cell.step === step && cell.to === 'openshift-etcd/etcd');
    expect(wants(0).some(({ want }) => want === 'deny')).to.equal(false);
    expect(wants(1).some(({ from, want }) => from === 'tenant/visitor' && want === 'deny')).to.equal(true);
    expect(wants(2)).to.deep.equal(wants(0).map((cell) => ({ ...cell, step: 2 })));
    // One of them differs from all others in each placement, first in an unrestricted cluster, then in a restricted one.
    expect(apart?.steps.filter(({ expect: grids }) => grids.length > 0).length).to.be.greaterThan(20);
    expect(restrictedScenarios(system, 'restrictive', 'restricted')[0]?.steps.length).to.equal(1);
  });

  it('let a tenant reach what everybody may, and nothing else', async () => {
    const [together] = restrictedScenarios(await loadSystem('openshift-like'), 'restrictive', 'restricted');
    const asked = cellsOf(together!).filter(({ from }) => from === 'tenant/visitor');
    const open = asked.filter(({ want }) => want === 'allow').map(({ to, key }) => `${to} ${key}`);
    expect(open).to.include('openshift-dns/dns UDP/5353');
    expect(open).not.to.include('openshift-etcd/etcd TCP/2379');
    expect(asked.length - open.length).to.be.greaterThan(15);
  });
});

describe('a release that contradicts itself', () => {
  it('is refused before anything is created, with each connection about which its components do not agree', async () => {
    const system = await loadSystem('kubernetes-addons');
    const release = system.releases.find(({ name }) => name === 'default-deny')!;
    const closed = [...release.deliveries.values()]
      .flatMap(({ links }) => links)
      .find((link) => describeLink(link) === 'team/web -> addon-dns/dns TCP/9153')!;
    const [[name, client] = []] = [...release.deliveries].filter(([component]) => component === 'monitoring');
    const both = { ...client!, links: [...client!.links, { ...closed, kind: 'needed' as const }] };
    const contrary = { ...release, deliveries: new Map([...release.deliveries, [name!, both]]) };
    expect(() => restrictedScenarios({ ...system, releases: [contrary] }, 'default-deny'))
      .to.throw(UsageError, 'the components do not agree')
      .with.property('message')
      .that.includes('got:    team/web -> addon-dns/dns TCP/9153\n');
  });
});

describe('netpol system restricted', function () {
  this.timeout(400_000);

  it('passes in the lab with the reference plugin, and fails with one that enforces nothing', async () => {
    await using folder = await temporaryFolder();
    const chosen = [...inLab, 'openshift-like', '--release', 'restrictive', '--output', folder.path];
    const { exitCode, output } = await runNetpol([...chosen, '--plugin', 'reference']);
    expect(exitCode, output).to.equal(0);
    const { counts, cases, vacuous } = await readRecord(folder.path);
    expect(counts).to.deep.equal({ pass: 2, fail: 0, error: 0, skip: 0 });
    expect(cases.map(({ name }) => name)).to.deep.equal([
      'system/openshift-like/restrictive/modes',
      'system/openshift-like/restrictive/opt-out',
    ]);
    expect(vacuous).to.deep.equal([]);
    const idle = await runNetpol([...chosen, '--plugin', 'none', '--settle-budget', '300']);
    expect(idle.exitCode, idle.output).to.equal(1);
    expect((await readRecord(folder.path)).counts).to.include({ fail: 2 });
  });

  it('is red where the plugin does not follow the namespaces of a peer', async () => {
    await using folder = await temporaryFolder();
    const chosen = [...inLab, 'openshift-like', '--release', 'restrictive', '--mode', 'restricted'];
    const { exitCode, output } = await runNetpol([
      ...chosen,
      ...['--plugin', 'mutant:namespace-selector-ignored', '--settle-budget', '500', '--output', folder.path],
    ]);
    expect(exitCode, output).to.equal(1);
    expect(output).to.match(/fail {2}system\/openshift-like\/restrictive\/modes/);
    expect(output).to.include(
      'replay: npm start -- system restricted --system manifests/systems/openshift-like --release restrictive --provider lab',
    );
  });

  it('refuses all that is wrong with a command line at once, and a release that is not there', async () => {
    const wrong = await runNetpol(['system', 'restricted', 'x', '--mode', 'loose']);
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.stderr).to.include('takes no filter, got x');
    expect(wrong.stderr).to.include('`--mode`: wanted unrestricted or restricted, got "loose"');
    expect(wrong.stderr).to.include('`--system` is missing');
    const nowhere = await runNetpol([...inLab, 'openshift-like', '--in-place']);
    expect(nowhere.exitCode).to.equal(2);
    expect(nowhere.stderr).to.include('`--in-place` wants `--mode`');
    expect(nowhere.stderr).to.include('`--in-place` wants a cluster with a system');
    const unknown = await runNetpol([...inLab, 'openshift-like', '--release', 'next']);
    expect(unknown.exitCode).to.equal(2);
    expect(unknown.stderr).to.include('has no release `next`');
  });

  it('passes on kind with the reference plugin', async function () {
    await needKind.call(this);
    await using folder = await temporaryFolder();
    const chosen = ['system', 'restricted', '--system', 'kubernetes-addons', '--release', 'default-deny'];
    const onKind = ['--provider', 'kind', '--plugin', 'reference', '--output', folder.path];
    const { exitCode, output } = await runNetpol([...chosen, ...onKind], { env: kindImages });
    expect(exitCode, output.slice(-3000)).to.equal(0);
    expect((await readRecord(folder.path)).counts).to.deep.equal({ pass: 1, fail: 0, error: 0, skip: 0 });
  });
});
