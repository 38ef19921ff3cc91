// The reference plugin: enforces NetworkPolicy v1 and the tiers round it for the pods of one node. See `node plugin.ts --help`.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createApplier, runProgram } from './apply.ts';
import { compile } from './compile.ts';
import { countRules, render, renderRemoval } from './nftables.ts';
import { referenceSemantics } from './semantics.ts';
import type { Mutant } from './mutant.ts';
import type { PodRules } from './rules.ts';
import type { State } from './state.ts';

const usage = `node plugin.ts [--node NAME] [--feed stdin|api] [--connect] [--enforce=false] [--mutant NAME] [--ready FILE]
  --node     whose pods to enforce for; default: NODE_NAME of the environment
  --feed     stdin: one JSON state per line (default); api: watch the API server from inside a pod, and report there
             in the status of the policies of the admin tiers
  --connect  with --feed api: also write the CNI configuration and the routes to the other nodes
  --enforce  false: remove our rules and make none
  --mutant   enforce with this deliberate bug
  --ready    file to write once the first state is enforced (and the node connected)
`;

const start = async (): Promise<void> => {
  const options = readOptions();
  const mutant = options.mutant === undefined ? undefined : await findMutant(options.mutant);
  // The rules stay when we go: a plugin that stops must not open what it closed.
  const stop = async (): Promise<void> => {
    await mutant?.atStop?.();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
  await mutant?.atStart?.();
  const translate = createTranslation(options.node, options.enforce, mutant);
  const unready = new Set(options.connect ? ['rules', 'connection'] : ['rules']);
  const note = (part: string): void => {
    unready.delete(part);
    if (unready.size === 0 && options.ready !== undefined) writeFileSync(options.ready, '');
  };
  const rules = createApplier({
    apply: async (text) => {
      await mutant?.beforeRules?.();
      await runProgram('nft', ['-f', '-'], text);
    },
    onApplied: ({ number, text, milliseconds }) => {
      log({ applied: number, rules: countRules(text), milliseconds });
      note('rules');
      tell(number);
    },
    onFailure: (message) => complain(`rules not applied, will try again: ${message}`),
  });
  const connect = options.connect ? await startConnecting(options.node, () => note('connection')) : () => {};
  const { expect, tell } =
    options.feed === 'api' && options.enforce ? await startTelling(options.node) : silent;
  const take = (state: State, number: number): void => {
    try {
      expect(state, number);
      rules.offer(number, translate(state));
      connect(state, number);
    } catch (error) {
      complain(`state ${number} not understood, the rules stay as they are: ${textOf(error)}`);
    }
  };
  if (options.feed === 'stdin') {
    await readStates(take);
    await rules.idle();
    return stop();
  }
  const { watchCluster } = await import('./watch.ts');
  const { followNames } = await import('./names.ts');
  await watchCluster({ onState: followNames({ onState: take, onFailure: complain }), onFailure: complain });
};

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      node: { type: 'string', default: process.env['NODE_NAME'] ?? '' },
      feed: { type: 'string', default: 'stdin' },
      connect: { type: 'boolean', default: false },
      enforce: { type: 'string', default: 'true' },
      mutant: { type: 'string' },
      ready: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const problems = [
    values.node === '' ? '`--node` is missing, and NODE_NAME is not set' : '',
    ['stdin', 'api'].includes(values.feed) ? '' : `\`--feed\` must be stdin or api, got ${values.feed}`,
    ['true', 'false'].includes(values.enforce)
      ? ''
      : `\`--enforce\` must be true or false, got ${values.enforce}`,
    values.connect && values.feed !== 'api' ? '`--connect` needs `--feed api`' : '',
  ].filter((problem) => problem !== '');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { ...values, enforce: values.enforce === 'true' };
};

const findMutant = async (name: string): Promise<Mutant> => {
  const { mutants } = await import('./mutants.ts');
  const mutant = mutants.find((candidate) => candidate.name === name);
  if (mutant === undefined)
    throw new Error(`\`--mutant\` must be one of ${mutants.map(({ name }) => name).join(', ')}, got ${name}`);
  return mutant;
};

const createTranslation = (node: string, enforce: boolean, mutant?: Mutant): ((state: State) => string) => {
  if (!enforce) return renderRemoval;
  const follow = mutant?.follow?.() ?? ((state: State) => state);
  const semantics = { ...referenceSemantics, ...mutant?.semantics };
  const changeRules = mutant?.rules ?? ((pods: PodRules[]) => pods);
  const changeText = mutant?.text ?? ((text: string) => text);
  return (state) => {
    const followed = follow(state);
    const pods = changeRules(compile(followed, node, semantics), followed, node);
    return changeText(render(pods, semantics.stages));
  };
};

const startConnecting = async (
  node: string,
  onConnected: () => void,
): Promise<(state: State, number: number) => void> => {
  const { createConnector, describeConnection } = await import('./connect.ts');
  const connection = createApplier({
    apply: createConnector(),
    onApplied: onConnected,
    onFailure: (message) => complain(`node not connected, will try again: ${message}`),
  });
  return (state, number) => {
    const description = describeConnection(state, node);
    if (description !== undefined) connection.offer(number, description);
  };
};

const silent: Awaited<ReturnType<typeof startTelling>> = { expect: () => {}, tell: () => {} };

/** Reports a state in the status of its policies once the rules of that state, or of a later one, are in force. */
const startTelling = async (node: string) => {
  const { createStatusReporter } = await import('./status.ts');
  const reporter = createStatusReporter({ node, onFailure: complain });
  const expected = new Map<number, State>();
  return {
    expect: (state: State, number: number): void => void expected.set(number, state),
    tell: (number: number): void => {
      const state = expected.get(number);
      for (const earlier of expected.keys()) if (earlier <= number) expected.delete(earlier);
      if (state !== undefined) reporter.report(state, number);
    },
  };
};

const readStates = async (take: (state: State, number: number) => void): Promise<void> => {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number += 1;
    let state: State;
    try {
      state = JSON.parse(line);
    } catch {
      complain(`line ${number} is not JSON, the rules stay as they are`);
      continue;
    }
    take(state, number);
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown failure');
const log = (entry: object): void => void process.stdout.write(`${JSON.stringify(entry)}\n`);
const complain = (message: string): void => void process.stderr.write(`${message}\n`);

try {
  await start();
} catch (error) {
  complain(textOf(error));
  process.exitCode = 2;
}
