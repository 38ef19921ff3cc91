import { NetpolError } from '../errors.ts';

/** A terminal's Ctrl-C reaches us twice, by itself and through the program that started us. */
const sameKeystroke = 1000;

/**
 * The first interrupt aborts the signal, so that the run ends in order; a second one, a while later, ends the
 * process at once. Disposing gives the signals back.
 */
export const listenForInterrupts = (
  then = 'cleaning up (again to stop at once)',
): Disposable & { signal: AbortSignal } => {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (first === 0) {
      first = performance.now();
      process.stderr.write(`\nnetpol: interrupted; ${then}\n`);
      controller.abort(new NetpolError('interrupted', { subject: 'interrupted' }));
    } else if (performance.now() - first > sameKeystroke) process.exit(130);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
};
