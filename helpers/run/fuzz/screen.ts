import { formatRedCase } from '../../report/console.ts';
import { openLive, type Output } from '../../report/live.ts';
import { changesInPlace, layoutOf } from '../../report/layout.ts';
import { redact } from '../../report/redact.ts';
import { countOf, formatSeconds, wrapLines } from '../../report/text.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { Fuzzed, FuzzListener } from './fuzz.ts';
import type { WrittenFind } from './find.ts';
import type { Reduced } from './reduce.ts';

/** What a person sees of `netpol fuzz`: the seed, how far it is, the find, and what it comes to. */
type FuzzScreen = FuzzListener & {
  tell(find: Reduced, written: WrittenFind): void;
  end(fuzzed: Fuzzed, isInterrupted: boolean): void;
};

/** Milliseconds between two lines where nobody watches a terminal. */
const plainInterval = 10_000;

export const openFuzzScreen = (
  output: Output,
  places: { results: string; flags: readonly string[] },
  { seed, count: wanted }: { seed: number; count: number },
): FuzzScreen => {
  const live = openLive(output);
  const layout = layoutOf(output);
  let began = performance.now();
  let said = began;
  let size = '';
  const note = (line: string): void => live.print(redact(`netpol: ${line}`));
  note(`seed ${seed}`);
  return {
    note,
    begin: () => {
      began = performance.now();
      said = began;
    },
    onWorld: (done) => {
      const elapsed = performance.now() - began;
      const of = Number.isFinite(wanted) ? `${done} of ${wanted}` : `${done}`;
      const line = `${of} worlds, ${formatSeconds(elapsed)}, no difference`;
      live.progress(line);
      if (changesInPlace(output) || performance.now() - said < plainInterval) return;
      said = performance.now();
      note(line);
    },
    onFind: ({ index, scenario }) => {
      live.progress('');
      size = sizeOf(scenario);
      note(`world ${index} differs: ${size}; looking for less of it`);
    },
    tell: ({ scenario, isAlone }, { entry, text }) => {
      note(`${size} shrunk to ${sizeOf(scenario)}`);
      live.print(formatRedCase(entry, places, layout));
      live.print(text);
      if (isAlone === false)
        live.print(
          wrapLines(
            'On a cluster of its own it passes: the plugin keeps something of the worlds before it.',
            layout.width,
          ).join('\n'),
        );
    },
    end: (fuzzed, isInterrupted) => {
      live.close();
      live.print(summarise(fuzzed, seed, isInterrupted).join('\n'));
    },
  };
};

const sizeOf = ({ pods, steps }: Scenario): string => {
  const policies = new Set(
    steps
      .flatMap(({ action }) => ('policies' in action ? action.policies : []))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  return [
    countOf(pods.length, 'pod'),
    countOf(policies.size, 'policy', 'policies'),
    countOf(steps.length, 'step'),
  ].join(', ');
};

const summarise = (
  { done, doubted, untold, find, unrepeated, milliseconds }: Fuzzed,
  seed: number,
  isInterrupted: boolean,
): string[] => {
  const each = done === 0 ? '' : `, ${(milliseconds / done / 1000).toFixed(3)} s each`;
  const red = (find === undefined ? 0 : 1) + unrepeated.length;
  return [
    `${countOf(done, 'world')} of seed ${seed} in ${formatSeconds(milliseconds)}${each}: ${
      red === 0 ? 'no difference' : countOf(red, 'difference')
    }${untold.length === 0 ? '' : `, ${untold.length} could not be told`}${isInterrupted ? ' (interrupted)' : ''}`,
    ...(doubted === 0 ? [] : [`${countOf(doubted, 'world')} differed for a moment and then agreed`]),
    ...untold.slice(0, 5).map(({ index, message }) => `error  world ${index}: ${message}`),
    ...(untold.length > 5 ? [`... and ${untold.length - 5} more`] : []),
  ].map(redact);
};
