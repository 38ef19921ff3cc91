import { Resolver } from 'node:dns/promises';
import { isDeepStrictEqual } from 'node:util';
import type { State } from './state.ts';

type NamesOptions = {
  /** All addresses of a name, none where it has none. @throws where nobody could be asked */
  resolve?: (name: string) => Promise<string[]>;
  /** Milliseconds between two looks at all names. */
  pause?: number;
  /** Called with each state, and again where the addresses of a name have changed since. */
  onState: (state: State, number: number) => void;
  onFailure: (message: string) => void;
};

/**
 * Adds to each state what addresses the domain names of its policies have, as far as they are known, and asks again and
 * again as long as a policy has such. A name keeps its addresses while no DNS server answers. A pattern (`*.example`)
 * cannot be asked for: it has the addresses of those headless Services whose names it matches, and no others.
 * @see https://network-policy-api.sigs.k8s.io/npeps/npep-133-fqdn-egress-selector/
 */
export const followNames = ({
  resolve = askServer,
  pause = 1000,
  onState,
  onFailure,
}: NamesOptions): ((state: State) => void) => {
  let known: Readonly<Record<string, readonly string[]>> = {};
  let last: State | undefined;
  let number = 0;
  let isAsking = false;
  let timer: NodeJS.Timeout | undefined;
  const isNew = (name: string): boolean => !Object.hasOwn(known, name);
  const report = (state: State): void => {
    last = state;
    number += 1;
    onState({ ...state, domainNames: known }, number);
  };
  const look = async (name: string, state: State): Promise<[string, readonly string[]]> => {
    try {
      const addresses = await Promise.all(namesMeantBy(name, state).map(resolve));
      return [name, [...new Set(addresses.flat())].toSorted()];
    } catch (error) {
      onFailure(`the name ${name}: ${error instanceof Error ? error.message : 'unknown failure'}`);
      return [name, known[name] ?? []];
    }
  };
  const ask = async (): Promise<void> => {
    clearTimeout(timer);
    if (isAsking || last === undefined) return;
    isAsking = true;
    const state = last;
    const found = Object.fromEntries(await Promise.all(namesOf(state).map((name) => look(name, state))));
    isAsking = false;
    const isOther = !isDeepStrictEqual(found, known);
    known = found;
    if (isOther) report(last);
    const names = namesOf(last);
    const isLeft = names.length > 0 || Object.keys(known).length > 0;
    if (isLeft) timer = setTimeout(() => void ask(), names.some(isNew) ? 0 : pause);
  };
  return (state) => {
    report(state);
    if (namesOf(state).some(isNew)) void ask();
  };
};

const namesOf = ({ adminPolicies }: State): string[] => {
  const peers = adminPolicies.flatMap(({ spec: { egress = [] } }) => egress.flatMap(({ to = [] }) => to));
  const names = peers.flatMap(({ domainNames = [] }) => domainNames);
  return [...new Set(names)];
};

/** The name itself, or the names of Services that a pattern matches: `*` stands for one label or more. */
const namesMeantBy = (name: string, { services }: State): string[] => {
  if (!name.startsWith('*.')) return [name];
  const end = name.slice(1).toLowerCase().replace(/\.$/, '');
  return services
    .filter(({ type }) => type === 'Headless')
    .map((service) => `${service.name}.${service.namespace}.svc.cluster.local`)
    .filter((candidate) => candidate.endsWith(end));
};

const resolver = new Resolver({ timeout: 1000, tries: 2 });

const askServer = async (name: string): Promise<string[]> => {
  const whole = name.endsWith('.') ? name : `${name}.`;
  const answers = await Promise.all([
    absentAsNone(resolver.resolve4(whole)),
    absentAsNone(resolver.resolve6(whole)),
  ]);
  return answers.flat();
};

const absentAsNone = async (answer: Promise<string[]>): Promise<string[]> => {
  try {
    return await answer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw error;
  }
};
