import { pathToFileURL } from 'node:url';
import { AssertionError } from 'chai';
import Mocha, { type Runner, type Suite, type Test } from 'mocha';
import { messageOf, NetpolError, UsageError } from '../errors.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Checked } from './check.ts';
import type { Session } from './session.ts';

/** What the tests of a run share: mocha hands it to them as `this.run`. */
export type SuiteRun = {
  session: Session;
  /** Scenarios that the user does not want, or that the cluster cannot be asked, with the reason. */
  skipped: ReadonlyMap<Scenario, string>;
  /** Told once for each scenario: first those that are skipped, then each as it ends. */
  finished: (scenario: Scenario, outcome: Checked | { skipped: string }) => void;
  /** Told instead for each that never will: a hook failed, the session ended, or something ended the run. */
  vanished: (scenario: Scenario, reason: string) => void;
};

type TestContext = Mocha.Context & { run?: SuiteRun };

const scenarioOf = new WeakMap<object, Scenario>();

/** The body of a scenario's `it`: waits for the scenario's result and passes, fails, errs or skips like it. */
export const check = (scenario: Scenario): Mocha.AsyncFunc => {
  const test = async function (this: TestContext): Promise<void> {
    const { run } = this;
    if (run === undefined)
      throw new UsageError({ subject: 'this suite needs a cluster', next: 'npm start -- run' });
    if (run.skipped.has(scenario)) this.skip();
    const { status, message = '' } = (await run.session.result(scenario)).record;
    if (status === 'fail') throw new AssertionError(message);
    if (status === 'error') throw new NetpolError('probe', { subject: message });
  };
  scenarioOf.set(test, scenario);
  return test;
};

/** A loaded suite: mocha's tests and the scenarios that they declare, in order. */
export type LoadedSuite = { mocha: Mocha; scenarios: Scenario[] };

/**
 * Loads spec files; every `it` with `check(scenario)` in them declares a case, and so does each of `more`.
 * @throws InputError from the scenario loader
 */
export const loadSuite = async (
  files: readonly string[],
  more: readonly Scenario[] = [],
): Promise<LoadedSuite> => {
  const mocha = new Mocha({ timeout: 0, reporter: Silent, forbidOnly: true });
  loads += 1;
  for (const file of files) await declare(mocha, file);
  for (const scenario of more) mocha.suite.addTest(new Mocha.Test(scenario.title, check(scenario)));
  return { mocha, scenarios: testsOf(mocha.suite).flatMap((test) => scenarioOf.get(test.fn ?? test) ?? []) };
};

let loads = 0;

// Mocha's own loader tries `require` first, and shows only what that said. A module that was imported before would
// declare nothing the second time.
const declare = async (mocha: Mocha, file: string): Promise<void> => {
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, file, mocha);
  await import(`${pathToFileURL(file).href}?load=${loads}`);
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_POST_REQUIRE, globalThis, file, mocha);
};

/** Takes the tests of all other scenarios out of the suite. */
export const keepOnly = ({ mocha }: LoadedSuite, chosen: ReadonlySet<Scenario>): LoadedSuite => {
  prune(mocha.suite, chosen);
  return { mocha, scenarios: [...chosen] };
};

/**
 * Runs the loaded tests; resolves when the last one ended or something ended them all: `signal`, a hook that failed or a
 * defect of ours. Gives the reason in the last two cases. What became of each test `run` is told.
 */
export const runSuite = async (
  { mocha, scenarios }: LoadedSuite,
  run: SuiteRun,
  signal: AbortSignal,
): Promise<string | undefined> => {
  mocha.rootHooks({
    beforeAll(this: TestContext) {
      this.run = run;
    },
  });
  run.session.schedule(scenarios.filter((scenario) => !run.skipped.has(scenario)));
  const told = scenarios.map((scenario) => tell(scenario, run));
  let broken: string | undefined;
  await new Promise<void>((resolve) => {
    const runner: Runner = mocha.run(() => resolve());
    const stop = (reason: string): void => {
      runner.abort();
      run.session.abort(reason);
    };
    const interrupt = (): void => stop('the run was interrupted');
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
    const breakOff = (reason: string): void => stop((broken ??= reason));
    runner.on('fail', ({ type, title }: { type?: string; title: string }, { message }: Error) => {
      if (type === 'hook') breakOff(`${title} failed: ${message}`);
    });
    takeFromMocha(runner);
    // For good: what comes after the last test must not break off the cleaning up either.
    process.on('uncaughtException', (error) => breakOff(describeDefect(error)));
  });
  // Mocha leaves tests out whose hook skips them.
  run.session.abort('mocha ended before its turn');
  await Promise.all(told).catch((error: unknown) => (broken ??= describeDefect(error)));
  return broken;
};

const describeDefect = (error: unknown): string => `a defect of ours ended the run: ${messageOf(error)}`;

/** Mocha has one test at a time, in the order of the suite; who watches a run is told what ends meanwhile. */
const tell = async (
  scenario: Scenario,
  { session, skipped, finished, vanished }: SuiteRun,
): Promise<void> => {
  const reason = skipped.get(scenario);
  if (reason !== undefined) return finished(scenario, { skipped: reason });
  return session.result(scenario).then(
    (checked) => finished(scenario, checked),
    (error: unknown) => vanished(scenario, messageOf(error)),
  );
};

/**
 * What nobody catches is told by cli.ts. Mocha would hold an exception against a test that goes on all the same, and break off
 * the cleaning up when that ends; a rejection it would take for handled, and say nothing.
 */
const takeFromMocha = (runner: Runner): void => {
  const { uncaught, unhandled } = runner as Runner & { unhandled: () => void };
  process.off('uncaughtException', uncaught);
  process.off('unhandledRejection', unhandled);
};

const testsOf = (suite: Suite): Test[] => [...suite.tests, ...suite.suites.flatMap(testsOf)];

const prune = (suite: Suite, chosen: ReadonlySet<Scenario>): void => {
  suite.tests = suite.tests.filter((test) => {
    const scenario = scenarioOf.get(test.fn ?? test);
    return scenario !== undefined && chosen.has(scenario);
  });
  for (const child of suite.suites) prune(child, chosen);
};

/** Our own lines are printed from the record; mocha's reporter has nothing to say. */
class Silent extends Mocha.reporters.Base {}
