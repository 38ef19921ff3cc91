import { accessSync, constants } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { programPath } from '../../../helpers/cluster/lab/programs.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';
import { readRecord, runNetpol, temporaryFolder } from '../netpol.ts';

/** The cases and the properties that a run of these scenarios in the lab tells about a plugin. */
const tell = async (
  plugin: string,
  ...names: string[]
): Promise<{ cases: CaseRecord[]; values: Record<string, string>; cutMs: number | undefined }> => {
  await using folder = await temporaryFolder();
  const flags = ['--provider', 'lab', '--plugin', plugin, '--settle-budget', '1500'];
  await runNetpol(['run', ...names, ...flags, '--output', folder.path]);
  const { cases, properties } = await readRecord(folder.path);
  const values = Object.fromEntries(properties.map(({ name, value }) => [name, value]));
  return { cases, values, cutMs: properties.find(({ cutMs }) => cutMs !== undefined)?.cutMs };
};

const echo = 'network-policy/protocols/icmp-under-deny-ingress';
const errors = 'network-policy/protocols/icmp-errors';
const tcp = 'network-policy/established/tcp-of-relabelled-peer';

describe('What plugins do where the API leaves it open', function () {
  this.timeout(120_000);

  it('is told of the reference plugin: it filters ICMP, and keeps what is established or related', async () => {
    const { cases, values, cutMs } = await tell('reference', echo, errors, tcp);
    expect(cases.map(({ status }) => status)).to.deep.equal(['pass', 'pass', 'pass']);
    expect(values).to.include({ icmp: 'denied', 'icmp-errors': 'pass', 'established-tcp': 'kept' });
    expect(cutMs).to.equal(undefined);
  });

  it('is told of plugins that do the opposite, none of which fails for it', async () => {
    const open = await tell('mutant:icmp-open', echo);
    expect([open.cases[0]?.status, open.values['icmp']]).to.deep.equal(['pass', 'allowed']);
    const lost = await tell('mutant:icmp-errors-lost', errors);
    expect([lost.cases[0]?.status, lost.values['icmp-errors']]).to.deep.equal(['pass', 'lost']);
    const rejecting = await tell('mutant:reject-instead-of-drop', errors);
    expect(rejecting.cases[0]?.status).to.equal('pass');
  });

  it('is told with the time of the cut, also where other connections are cut that must not be', async () => {
    const { cases } = await tell('mutant:change-cuts-connections', tcp);
    const [, cut] = cases[0]?.steps ?? [];
    expect(cases[0]?.status).to.equal('fail');
    const grids = cut?.grids.filter(({ probe }) => probe.includes('established')) ?? [];
    expect(grids).to.have.length(2);
    for (const { cutMs, got, columns } of grids) {
      expect(cutMs).to.be.a('number').and.to.be.above(0);
      expect(got[columns.length]?.outcome).to.equal('dropped');
    }
  });

  it('is never told of a plugin that does nothing: it fails them all', async () => {
    const { cases } = await tell('none', 'network-policy/established', 'network-policy/protocols/fragments');
    expect(cases.map(({ status }) => status)).to.deep.equal(cases.map(() => 'fail'));
    expect(cases.length).to.be.at.least(8);
  });

  it('is not asked about ICMP echo where there is no ping: skipped with the reason, all else as ever', async () => {
    await using folder = await temporaryFolder();
    const programs = join(folder.path, 'programs');
    await mkdir(programs);
    for (const name of ['sh', 'ip', 'nft', 'unshare', 'nsenter', 'setpriv', 'mount'])
      await symlink(find(name), join(programs, name));
    const output = join(folder.path, 'results');
    const flags = ['--provider', 'lab', '--output', output];
    const { exitCode } = await runNetpol(['run', echo, errors, ...flags], { env: { PATH: programs } });
    expect(exitCode).to.equal(0);
    const { cases } = await readRecord(output);
    expect(cases.map(({ name, status, message }) => [name, status, message])).to.have.deep.members([
      [echo, 'skip', 'the probe pods cannot send ICMP echo (no usable ping program: ENOENT)'],
      [errors, 'pass', undefined],
    ]);
  });
});

/** Where the lab finds a program. */
const find = (name: string): string => {
  const places = programPath()
    .split(delimiter)
    .map((directory) => join(directory, name));
  const found = places.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
