import { isProperty, properties, type Property } from '../scenario/properties.ts';
import type { CaseRecord, GridRecord } from './record.ts';

/** What a plugin does where the API leaves it open, comparable between plugins. */
export type PropertyRecord = {
  /** A name of `scenario/properties.ts`, or `deny`: how denied connections end. */
  name: Property | 'deny';
  /** One word, as `kept`; where cells disagree `mixed` and how they are shared out, as `mixed: kept 2, cut 6`. */
  value: string;
  /** The cases that tell it; absent where every denial does. */
  cases?: string[];
  /** The longest time from the accepted change until something that was cut was cut, in milliseconds. */
  cutMs?: number;
};

/**
 * The properties that the passed cases of a run tell: what is red could not be told. A property that no passed case
 * is about is not in the list. Only IPv4 tells drop from reject where there is any: an ICMPv6 error ends no TCP attempt.
 */
export const readProperties = (cases: readonly CaseRecord[]): PropertyRecord[] => {
  const passed = cases.filter(({ status }) => status === 'pass');
  const told = (Object.keys(properties) as Property[]).flatMap((name): PropertyRecord[] => {
    const about = passed.filter(({ property }) => property === name);
    const { open, closed } = properties[name];
    const grids = about.flatMap(gridsOf);
    const counts = countWords(grids.flatMap(freeOutcomes).map((isOpen) => (isOpen ? open : closed)));
    const times = grids.flatMap(({ cutMs }) => cutMs ?? []);
    if (counts.size === 0) return [];
    return [
      {
        name,
        value: wordFor(counts),
        cases: about.map((each) => each.name),
        ...(times.length > 0 && { cutMs: Math.max(...times) }),
      },
    ];
  });
  const denial = readDenial(passed);
  return denial === undefined ? told : [...told, denial];
};

/** A property as a report shows it: with what it is about. A name of another version is about nothing that we know. */
export const describeProperty = ({
  name,
  value,
  cutMs,
}: PropertyRecord): { name: string; about: string; value: string; cutMs?: number } => ({
  name,
  about: aboutOf(name),
  value,
  ...(cutMs !== undefined && { cutMs }),
});

export const aboutOf = (name: string): string => {
  if (name === 'deny') return 'how a connection that is denied ends';
  return isProperty(name) ? properties[name].about : '';
};

const readDenial = (passed: readonly CaseRecord[]): PropertyRecord | undefined => {
  const all = passed.flatMap(gridsOf).flatMap(denialsOf);
  const telling = all.some(({ isV4 }) => isV4) ? all.filter(({ isV4 }) => isV4) : all;
  const counts = countWords(telling.map(({ outcome }) => (outcome === 'dropped' ? 'drop' : 'reject')));
  return counts.size === 0 ? undefined : { name: 'deny', value: wordFor(counts) };
};

const gridsOf = ({ steps }: Pick<CaseRecord, 'steps'>): GridRecord[] => steps.flatMap(({ grids }) => grids);

/** Whether each free cell of a grid was open; those that could not be told are left out. */
const freeOutcomes = ({ want, got }: GridRecord): boolean[] =>
  want.flatMap((cell, index) => {
    const outcome = got[index]?.outcome ?? 'error';
    return cell === 'undefined' && outcome !== 'error' ? outcome === 'connected' : [];
  });

/** A Service that nobody is behind is refused by whoever translates it, not by the plugin. */
const denialsOf = ({ probe, want, got }: GridRecord): { outcome: string; isV4: boolean }[] =>
  want.flatMap((cell, index) =>
    cell === 'deny' && /^v[46] (?:TCP|UDP)\//.test(probe)
      ? { outcome: got[index]?.outcome ?? '', isV4: probe.startsWith('v4 ') }
      : [],
  );

const countWords = (words: readonly string[]): Map<string, number> =>
  words.reduce((counts, word) => counts.set(word, (counts.get(word) ?? 0) + 1), new Map<string, number>());

const wordFor = (counts: ReadonlyMap<string, number>): string => {
  const words = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return words.length === 1
    ? (words[0]?.[0] ?? '')
    : `mixed: ${words.map(([word, count]) => `${word} ${count}`).join(', ')}`;
};
