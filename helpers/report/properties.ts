import { isProperty, properties, type Property } from '../scenario/properties.ts';
import type { CaseRecord, GridRecord } from './record.ts';
import { formatSettle } from './text.ts';

/** What a plugin does where the API leaves it open, comparable between plugins. */
export type PropertyRecord = {
  /** A name of `scenario/properties.ts`, or `deny`: how denied connections end. */
  name: Property | 'deny';
  /** One word, as `kept`; where cells disagree `mixed` and how they are shared out, as `mixed: kept 2, cut 6`. */
  value: string;
  /** The same apart for each family of addresses, where the cells have one: ICMP of IPv6 is ICMPv6. */
  families?: { IPv4?: string; IPv6?: string };
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
    const wordsOf = (some: readonly GridRecord[]): string[] =>
      some.flatMap(freeOutcomes).map((isOpen) => (isOpen ? open : closed));
    const times = grids.flatMap(({ cutMs }) => cutMs ?? []);
    if (wordsOf(grids).length === 0) return [];
    return [
      {
        name,
        value: wordFor(wordsOf(grids)),
        ...familiesOf((prefix) => wordsOf(grids.filter(({ probe }) => probe.startsWith(prefix)))),
        cases: about.map((each) => each.name),
        ...(times.length > 0 && { cutMs: Math.max(...times) }),
      },
    ];
  });
  const denial = readDenial(passed);
  return denial === undefined ? told : [...told, denial];
};

/** What a property is about; a name of another version is about nothing that we know. */
export const aboutOf = (name: string): string => {
  if (name === 'deny') return 'how a connection that is denied ends';
  return isProperty(name) ? properties[name].about : '';
};

/** The same, and how long it took at most until something was cut. */
export const describeProperty = ({ name, cutMs }: { name: string; cutMs?: number | undefined }): string =>
  `${aboutOf(name)}${cutMs === undefined ? '' : `; cut within ${formatSettle(cutMs)}`}`;

const readDenial = (passed: readonly CaseRecord[]): PropertyRecord | undefined => {
  const all = passed.flatMap(gridsOf).flatMap(denialsOf);
  const telling = all.some(({ isV4 }) => isV4) ? all.filter(({ isV4 }) => isV4) : all;
  const wordsOf = (some: typeof telling): string[] =>
    some.map(({ outcome }) => (outcome === 'dropped' ? 'drop' : 'reject'));
  if (telling.length === 0) return undefined;
  const families = familiesOf((prefix) => wordsOf(telling.filter(({ isV4 }) => isV4 === (prefix === 'v4 '))));
  return { name: 'deny', value: wordFor(wordsOf(telling)), ...families };
};

/** `wordsOf` is asked for the grids whose probes start like this. */
const familiesOf = (wordsOf: (prefix: string) => string[]): Pick<PropertyRecord, 'families'> => {
  const families = Object.entries({ IPv4: wordsOf('v4 '), IPv6: wordsOf('v6 ') })
    .filter(([, words]) => words.length > 0)
    .map(([family, words]) => [family, wordFor(words)] as const);
  return families.length === 0 ? {} : { families: Object.fromEntries(families) };
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

const wordFor = (words: readonly string[]): string => {
  const counts = [...Map.groupBy(words, (word) => word)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return counts.length === 1
    ? (words[0] ?? '')
    : `mixed: ${counts.map(([word, { length }]) => `${word} ${length}`).join(', ')}`;
};
