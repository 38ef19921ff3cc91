import { setTimeout as sleep } from 'node:timers/promises';
import { findServer, readLines, StatusError } from './api.ts';
import { resources } from './objects.ts';
import { emptyState, nameOf } from './state.ts';
import { tierResources } from './tier-objects.ts';
import type { Server } from './api.ts';
import type { ApiObject } from './objects.ts';
import type { State } from './state.ts';

type WatchOptions = {
  server?: Server;
  signal?: AbortSignal;
  /** Milliseconds before the first and the last of the retries, and before we look again for a kind that is not there. */
  pauses?: { first: number; longest: number; absent: number };
  /** Called with each new state, never before every part was listed once. Bursts of events give one call. */
  onState: (state: State, number: number) => void;
  onFailure: (message: string) => void;
};

type Event = { type: string; object: ApiObject & { code?: number; metadata: { resourceVersion?: string } } };
type List = { metadata: { resourceVersion: string; continue?: string }; items?: ApiObject[] };
type Items = Map<string, { text: string; item: unknown }>;
type Followed = {
  path: string;
  read: (object: ApiObject) => unknown;
  onItems: (items: Items) => void;
  /** Whether the API may be without this kind, as if there were no object of it. */
  mayBeAbsent?: boolean;
};

const watchSeconds = 60;
const listSilence = 30_000;
// Longer than the server's own end of a watch: only a connection that nobody serves is this quiet.
const watchSilence = (watchSeconds + 15) * 1000;

/**
 * Lists and watches everything that decides over policies, until `signal` aborts. While the API server is away
 * nothing is reported, so that the last state stays in force.
 */
export const watchCluster = async ({
  server = findServer(),
  signal = new AbortController().signal,
  pauses = { first: 100, longest: 5000, absent: 2000 },
  onState,
  onFailure,
}: WatchOptions): Promise<void> => {
  const state: State = { ...emptyState };
  const listed = new Set<string>();
  let number = 0;
  let scheduled = false;
  const report = (): void => {
    scheduled = false;
    number += 1;
    onState({ ...state }, number);
  };
  const take = (name: string, change: Partial<State>): void => {
    Object.assign(state, change);
    listed.add(name);
    if (listed.size < followed.length || scheduled) return;
    scheduled = true;
    setImmediate(report);
  };
  const parts = (['nodes', 'namespaces', 'pods', 'services', 'policies'] as const).map((part) => ({
    ...resources[part],
    onItems: (items: Items) => take(part, { [part]: itemsOf(items) }),
  }));
  const kinds = new Map<string, Items>(tierResources.map(({ kind }) => [kind, new Map()]));
  const tiers = tierResources.map(({ kind, path, read }) => ({
    path,
    read,
    mayBeAbsent: true,
    onItems: (items: Items) => {
      kinds.set(kind, items);
      take(kind, { adminPolicies: [...kinds.values()].flatMap(itemsOf) as State['adminPolicies'] });
    },
  }));
  const followed: Followed[] = [...parts, ...tiers];
  await Promise.all(followed.map((each) => follow(each, { server, signal, pauses, onFailure })));
};

const itemsOf = (items: Items): unknown[] => [...items.values()].map(({ item }) => item);

type Following = Required<Pick<WatchOptions, 'server' | 'signal' | 'pauses' | 'onFailure'>>;

const follow = async (
  followed: Followed,
  { server, signal, pauses, onFailure }: Following,
): Promise<void> => {
  const items: Items = new Map();
  const position: { version?: string } = {};
  let pause = pauses.first;
  let absences = 0;
  while (!signal.aborted) {
    const start = performance.now();
    try {
      if (position.version === undefined) await list(followed, items, position, { server, signal });
      absences = 0;
      await watch(followed, items, position, { server, signal });
    } catch (error) {
      if (signal.aborted) return;
      if (followed.mayBeAbsent && error instanceof StatusError && error.status === 404) {
        delete position.version;
        absences += 1;
        // A server that starts may not know yet what it serves: what we hold counts until a second look.
        if (absences === (items.size === 0 ? 1 : 2)) {
          items.clear();
          followed.onItems(items);
        }
        await pauseFor(pauses.absent, signal);
        continue;
      }
      // The server has forgotten our version: what we hold stays in force until the new list is complete.
      if (error instanceof StatusError && error.status === 410) delete position.version;
      else onFailure(error instanceof Error ? error.message : 'the watch failed');
    }
    // A connection that held for a while was sound, and so is the next one, probably.
    pause = performance.now() - start > pauses.longest ? pauses.first : pause;
    await pauseFor(pause, signal);
    pause = Math.min(pause * 2, pauses.longest);
  }
};

// Not all at once, when many nodes have lost the same server.
const pauseFor = (pause: number, signal: AbortSignal): Promise<void> =>
  sleep(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});

type Access = { server: Server; signal: AbortSignal };

const list = async (followed: Followed, items: Items, position: { version?: string }, access: Access) => {
  const objects: ApiObject[] = [];
  let page: List | undefined;
  do {
    const query = new URLSearchParams({ limit: '500', continue: page?.metadata.continue ?? '' });
    const lines: string[] = [];
    const path = `${followed.path}?${query.toString()}`;
    for await (const line of readLines(access.server, path, { ...access, silence: listSilence }))
      lines.push(line);
    page = readList(lines.join('\n'));
    objects.push(...(page.items ?? []));
  } while ((page.metadata.continue ?? '') !== '');
  items.clear();
  for (const object of objects) put(items, object, followed.read);
  position.version = page.metadata.resourceVersion;
  followed.onItems(items);
};

const watch = async (followed: Followed, items: Items, position: { version?: string }, access: Access) => {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: `${watchSeconds}`,
    resourceVersion: position.version ?? '',
  });
  const path = `${followed.path}?${query.toString()}`;
  for await (const line of readLines(access.server, path, { ...access, silence: watchSilence })) {
    const { type, object }: Event = JSON.parse(line);
    if (type === 'ERROR') throw new StatusError(followed.path, object.code ?? 0, 'in the watch');
    const changed =
      type === 'DELETED'
        ? items.delete(nameOf(object.metadata))
        : type !== 'BOOKMARK' && put(items, object, followed.read);
    if (object.metadata.resourceVersion !== undefined) position.version = object.metadata.resourceVersion;
    if (changed) followed.onItems(items);
  }
};

const readList = (text: string): List => JSON.parse(text);

/** Most events change nothing that we read (a heartbeat, a condition): those are not worth a new state. */
const put = (items: Items, object: ApiObject, read: Followed['read']): boolean => {
  const key = nameOf(object.metadata);
  const item = read(object);
  if (item === undefined) return items.delete(key);
  const text = JSON.stringify(item);
  if (items.get(key)?.text === text) return false;
  items.set(key, { text, item });
  return true;
};
