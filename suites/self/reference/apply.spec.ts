import { expect } from 'chai';
import { createApplier, runProgram } from '../../../helpers/reference/apply.ts';

/** An applier whose every application waits for the test. */
const createRig = () => {
  const started: { text: string; finish: (error?: Error) => void }[] = [];
  const applied: number[] = [];
  const failures: string[] = [];
  const applier = createApplier({
    apply: (text) =>
      new Promise((resolve, reject) => {
        started.push({ text, finish: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    onApplied: ({ number }) => applied.push(number),
    onFailure: (message) => failures.push(message),
  });
  const texts = (): string[] => started.map(({ text }) => text);
  return { applier, started, applied, failures, texts };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('reference apply', () => {
  it('applies one text at a time and then only the newest of those that came meanwhile', async () => {
    const { applier, started, applied, texts } = createRig();
    applier.offer(1, 'first');
    await turn();
    applier.offer(2, 'second');
    applier.offer(3, 'third');
    await turn();
    expect(texts()).to.deep.equal(['first']);
    started[0]?.finish();
    await turn();
    expect(texts()).to.deep.equal(['first', 'third']);
    started[1]?.finish();
    await applier.idle();
    expect(applied).to.deep.equal([1, 3]);
  });

  it('reports a text that is in force already without applying it, and takes the next one', async () => {
    const { applier, started, applied, texts } = createRig();
    applier.offer(1, 'same');
    await turn();
    started[0]?.finish();
    await applier.idle();
    applier.offer(2, 'same');
    await applier.idle();
    applier.offer(3, 'other');
    await turn();
    expect(texts()).to.deep.equal(['same', 'other']);
    expect(applied).to.deep.equal([1, 2]);
    started[1]?.finish();
    await applier.idle();
    expect(applied).to.deep.equal([1, 2, 3]);
  });

  it('tries a refused text again, and a newer one instead where one has come', async () => {
    const { applier, started, applied, failures, texts } = createRig();
    applier.offer(1, 'refused');
    await turn();
    started[0]?.finish(new Error('no'));
    while (started.length < 2) await turn();
    applier.offer(2, 'newer');
    started[1]?.finish(new Error('no again'));
    while (started.length < 3) await turn();
    started[2]?.finish();
    await applier.idle();
    expect(texts()).to.deep.equal(['refused', 'refused', 'newer']);
    expect(failures).to.deep.equal(['no', 'no again']);
    expect(applied).to.deep.equal([2]);
  });

  it('says what a program said when it fails, and that a program is missing', async () => {
    const failed = await runProgram('sh', ['-c', 'cat >/dev/null; echo bad rule >&2; exit 3'], 'x').catch(
      String,
    );
    expect(failed).to.include('sh ended with 3: bad rule');
    const missing = await runProgram('no-such-program', [], '').catch(String);
    expect(missing).to.include('ENOENT');
  });
});
