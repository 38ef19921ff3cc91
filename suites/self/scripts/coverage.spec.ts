import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { checkCounts } from '../../../scripts/coverage-counts.ts';
import { readCoverage } from '../../../scripts/coverage-file.ts';
import { collectProofs, type Proofs } from '../../../scripts/coverage-proofs.ts';
import { findHoles, formatTable } from '../../../scripts/coverage.ts';
import { root, temporaryFolder } from '../netpol.ts';

const sample = `
peers:
  - id: suite
    name: A suite
    source: https://example.com/suite
    rows:
      - id: suite-1
        claim: one thing
        provedBy: [area/one, generated/cyclonus/rules]
        cases: { default: 2, all: 4 }
      - id: suite-2
        claim: another
        later: monitor
        note: needs time
`;

const read = (text: string) => readCoverage(text, 'coverage.yaml');
const complaints = (...changes: [from: string, to: string][]): string[] => {
  const text = changes.reduce((before, [from, to]) => {
    expect(before).to.include(from);
    return before.replace(from, to);
  }, sample);
  return read(text).problems.map(({ line, message }) => `${line} ${message}`);
};

const proofs: Proofs = {
  has: (name) => ['area/one', 'generated/cyclonus/rules'].includes(name),
  casesOf: (name) => (name === 'generated/cyclonus/rules' ? { default: 2, all: 4 } : undefined),
};
const holes = (text: string): string[] =>
  findHoles(read(text).peers, proofs, 'coverage.yaml').map(({ line, message }) => `${line} ${message}`);

describe('the coverage file', () => {
  it('is read with the lines of its rows and proofs', () => {
    const { peers, problems } = read(sample);
    expect(problems).to.deep.equal([]);
    expect(peers[0]?.rows[0]).to.deep.equal({
      id: 'suite-1',
      claim: 'one thing',
      provedBy: [
        { name: 'area/one', line: 9 },
        { name: 'generated/cyclonus/rules', line: 9 },
      ],
      cases: { default: 2, all: 4 },
      line: 7,
    });
    expect(peers[0]?.rows[1]).to.include({ later: 'monitor', note: 'needs time', line: 11 });
  });

  it('refuses unknown keys, with their line', () => {
    expect(complaints(['        claim: one', '        because: of\n        claim: one'])).to.deep.equal([
      '8 unknown key `because`: known are id, claim, provedBy, note, later, cases',
    ]);
  });

  it('refuses an id that stands there twice', () => {
    expect(complaints(['id: suite-2', 'id: suite-1'])).to.deep.equal([
      '11 the id `suite-1` stands here twice',
    ]);
  });

  it('refuses a row without a claim, a proof that is no name, and one that is named twice', () => {
    expect(complaints(['        claim: another\n', ''])).to.deep.equal([
      '11 wanted text as `claim`, got undefined',
    ]);
    expect(complaints(['[area/one,', '[80,'])).to.deep.equal(['9 wanted a name, got 80']);
    expect(complaints(['[area/one,', '[area/one, area/one,'])).to.deep.equal([
      '9 `area/one` stands here twice',
    ]);
  });

  it('refuses a plan that nobody knows, and one without a reason', () => {
    expect(complaints(['later: monitor', 'later: never'])).to.deep.equal([
      '13 wanted one of domain-names, status, systems, monitor, sctp-probes, got "never"',
    ]);
    expect(complaints(['        note: needs time\n', ''])).to.deep.equal([
      '13 wanted the reason as the `note` of a row that comes later',
    ]);
  });

  it('refuses text that is not YAML, and an empty file', () => {
    expect(read('peers: [').problems).to.have.lengthOf(1);
    expect(read('').problems).to.have.lengthOf(1);
  });
});

describe('the coverage table', () => {
  it('has no hole where each row is proved by what exists, or planned', () => {
    expect(holes(sample)).to.deep.equal([]);
  });

  it('shows a row that nothing proves', () => {
    expect(holes(sample.replace('        later: monitor\n', ''))).to.deep.equal([
      '11 suite-2: nothing proves it',
    ]);
  });

  it('shows a proof that does not exist', () => {
    expect(holes(sample.replace('area/one', 'area/two'))).to.deep.equal(['9 suite-1: there is no area/two']);
  });

  it('shows generated cases that are too few', () => {
    expect(holes(sample.replace('all: 4', 'all: 5'))).to.deep.equal([
      '7 suite-1: wanted 5 generated cases, 2 by default, got 4 and 2',
    ]);
  });

  it('counts rows, proved ones, those that are proved in part, later ones and holes', () => {
    const text = `${sample}
      - id: suite-3
        claim: a part
        provedBy: [area/one]
        later: systems
        note: a rest
      - id: suite-4
        claim: nothing
`;
    expect(formatTable(read(text).peers)).to.equal(
      [
        '           rows  proved  partly   later   holes',
        'A suite       4       1       1       1       1',
        'all           4       1       1       1       1',
      ].join('\n'),
    );
  });
});

describe('npm run coverage', () => {
  const run = async (text: string, ...flags: string[]) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'coverage.yaml');
    await writeFile(file, text);
    return await execa(process.execPath, ['scripts/coverage.ts', file, ...flags], {
      cwd: root,
      reject: false,
    });
  };
  const shipped = () => readFile(join(root, 'manifests/coverage.yaml'), 'utf8');

  it('exits with 1 on a hole, and prints the table and the place of the hole', async () => {
    const proof = 'provedBy: [network-policy/isolation/default-deny-ingress]';
    const { exitCode, stdout, stderr } = await run((await shipped()).replace(proof, 'provedBy: []'));
    expect(stderr).to.match(/coverage\.yaml:\d+: netpol-01: nothing proves it/);
    expect(stdout).to.match(/^Kubernetes e2e Netpol +48 +\d+ +\d+ +\d+ +1$/m);
    expect(exitCode).to.equal(1);
  });

  it('exits with 2 on a wrong file, and on a wrong flag', async () => {
    const wrong = await run(sample);
    expect(wrong.stderr).to.match(/kubernetes-netpol: wanted 48 rows, got 0/);
    expect(wrong.exitCode).to.equal(2);
    expect((await run(sample, '--table')).exitCode).to.equal(2);
  });

  it('prints the rows as JSON', async () => {
    const { stdout } = await run(await shipped(), '--json');
    const { peers } = JSON.parse(stdout) as { peers: { id: string; rows: { id: string }[] }[] };
    expect(peers.find(({ id }) => id === 'kubernetes-netpol')?.rows[0]?.id).to.equal('netpol-01');
  });
});

describe('the coverage of the peers', () => {
  const file = 'manifests/coverage.yaml';
  const shipped = async () => readCoverage(await readFile(join(root, file), 'utf8'), file);

  it('is a right file without a hole', async () => {
    const { peers, problems } = await shipped();
    expect([...problems, ...checkCounts(peers, file)]).to.deep.equal([]);
    expect(findHoles(peers, await collectProofs(root), file)).to.deep.equal([]);
  });

  it('cannot lose a test of Kubernetes or a tag of Cyclonus', async () => {
    const { peers } = await shipped();
    const without = (id: string) =>
      peers.map((peer) => ({ ...peer, rows: peer.rows.filter((row) => row.id !== id) }));
    const messages = (id: string) => checkCounts(without(id), file).map(({ message }) => message);
    expect(messages('netpol-36')).to.deep.equal(['kubernetes-netpol: wanted 48 rows, got 47']);
    expect(messages('cyclonus/port/end-port')).to.deep.equal(['cyclonus/port/end-port: the row is missing']);
  });

  it('cannot change the number of Cyclonus cases', async () => {
    const { peers } = await shipped();
    const changed = peers.map((peer) => ({
      ...peer,
      rows: peer.rows.map((row) =>
        row.id === 'cyclonus/peers' ? { ...row, cases: { default: 22, all: 111 } } : row,
      ),
    }));
    expect(checkCounts(changed, file).map(({ message }) => message)).to.deep.equal([
      'cyclonus/peers: wanted cases { default: 22, all: 112 }, got {"default":22,"all":111}',
    ]);
  });
});
