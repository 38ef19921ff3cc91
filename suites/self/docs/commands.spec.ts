import { expect } from 'chai';
import { execa } from 'execa';
import { needKind } from '../cluster/kind-probes.ts';
import { commandsOf, readPages, type Command } from './pages.ts';
import { environmentFor, needsCluster, openStage, type Stage } from './stage.ts';

/** Commands that are not run here, each with what runs it. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^npm start$/, 'all scenarios: the jobs lab and kind of .github/workflows/ci.yml'],
  [/^npm test\b/, 'what runs this'],
  [/^npm run check$/, 'the job check'],
  [/^npm run mutants /, 'a sample in suites/self/run/kind-run.spec.ts, all of them in the job mutants'],
];
const isElsewhere = (command: string): boolean => elsewhere.some(([pattern]) => pattern.test(command));

const all = (await readPages()).flatMap(commandsOf);
const ours = all.filter(({ command }) => /^(npm|netpol) /.test(`${command} `));
const others = all.filter(({ command }) => command.startsWith('kubectl '));
const isFirst = ({ command }: Command, index: number, commands: Command[]): boolean =>
  commands.findIndex((other) => other.command === command) === index;
const told = [...ours, ...others].filter(isFirst);
const run = told.filter(({ command }) => !isElsewhere(command));

describe('commands of the documentation', function () {
  this.timeout(600_000);
  let stage: Stage;
  before('make a copy to work in', async () => {
    stage = await openStage();
  });
  after('remove it', async () => stage?.[Symbol.asyncDispose]());

  it('are run here or elsewhere, and none is only said to be', () => {
    expect(run.length).to.be.greaterThan(20);
    const idle = elsewhere.filter(([pattern]) => !told.some(({ command }) => pattern.test(command)));
    expect(idle).to.deep.equal([]);
  });

  it('begin with a word that this test knows', () => {
    const foreign = all.filter((each) => ![...ours, ...others].includes(each));
    expect(foreign).to.deep.equal([]);
  });

  it('promise one exit code, wherever they stand', () => {
    const differing = all.filter(({ command, exitCode }) =>
      all.some((other) => other.command === command && other.exitCode !== exitCode),
    );
    expect(differing).to.deep.equal([]);
  });

  describe('without a cluster', () => {
    for (const command of run.filter((each) => !needsCluster(each.command))) itEnds(command);
  });

  describe('with a cluster', () => {
    before('start it', async function () {
      await needKind.call(this);
      await stage.startCluster();
    });
    for (const command of run.filter((each) => needsCluster(each.command))) itEnds(command);
  });

  function itEnds({ command, exitCode: wanted, file, line }: Command): void {
    it(`${file}:${line}: ${command}`, async function () {
      if (command.startsWith('kubectl ')) {
        const { failed } = await execa('kubectl', ['version', '--client'], { reject: false });
        if (failed) this.skip();
      }
      let ended = await stage.run(command, environmentFor(command));
      // What is watched on a machine that is busy with something else may be out of sight: that is said, and no verdict.
      for (let again = 0; again < 2 && ended.exitCode !== wanted && isBlind(ended.output); again += 1)
        ended = await stage.run(command, environmentFor(command));
      expect(ended.exitCode, ended.output.slice(-4000)).to.equal(wanted);
    });
  }
});

const isBlind = (output: string): boolean => /could not be told|out of sight/.test(output);
