import { EnvironmentError, messageOf, UsageError } from '../errors.ts';

const deadline = 120_000;

export type DownloadWords = {
  /** What the address was given as, for messages: `--crd-bundle`. */
  option: string;
  /** What it must lead to: `CRDs`. */
  content: string;
  /** What to do where it leads nowhere. */
  next: string;
  /** How much it may be. */
  megabytes: number;
};

export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/**
 * Reads a URL from which we may fetch: https, or http from this machine itself.
 * @throws UsageError for any other
 */
export const parseUrl = (text: string, { option, content }: DownloadWords): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return url;
  throw new UsageError({
    subject: `\`${option} ${url === undefined ? text : withoutSecrets(url)}\` is no URL to take ${content} from`,
    wanted: 'https, or http from this machine itself',
    next: 'or download it yourself and give the path of the file',
  });
};

/** What stands before the host, and behind the path, may be a password or a token. */
export const withoutSecrets = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

/**
 * Fetches what is there, until it is told to stop.
 * @throws EnvironmentError where that gives nothing whole within two minutes; UsageError where it leads away from https; the
 * reason of `stop`
 */
export const download = async (first: URL, words: DownloadWords, stop?: AbortSignal): Promise<Uint8Array> => {
  const late = AbortSignal.timeout(deadline);
  const signal = stop === undefined ? late : AbortSignal.any([stop, late]);
  const fail = (got: string): EnvironmentError =>
    new EnvironmentError({
      subject: `cannot fetch \`${words.option} ${withoutSecrets(first)}\``,
      got,
      next: words.next,
    });
  let url = first;
  try {
    for (let hops = 0; hops <= 5; hops += 1) {
      // Each step is looked at, so that no redirect leads away from https.
      const response = await fetch(withoutUser(url), {
        redirect: 'manual',
        signal,
        headers: headersFor(url),
      });
      const next = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && next !== null) {
        url = parseUrl(new URL(next, url).href, words);
        continue;
      }
      if (!response.ok) throw fail(`HTTP ${response.status} ${response.statusText}`.trim());
      return await readBody(response, words.megabytes, fail);
    }
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof UsageError) throw error;
    stop?.throwIfAborted();
    if (late.aborted) throw fail(`no whole answer within ${deadline / 1000} s`);
    const { cause } = error as { cause?: unknown };
    throw fail(cause === undefined ? messageOf(error) : messageOf(cause));
  }
  throw fail('more than 5 redirects');
};

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

// fetch refuses addresses with a user, and says so with all that is in them.
const withoutUser = ({ origin, pathname, search }: URL): string => `${origin}${pathname}${search}`;

const headersFor = ({ username, password }: URL): Record<string, string> => {
  if (username === '' && password === '') return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
};

const readBody = async (
  response: Response,
  megabytes: number,
  fail: (got: string) => Error,
): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    parts.push(part as Uint8Array);
    size += part.length;
    if (size > megabytes * 1_000_000) throw fail(`more than ${megabytes} MB`);
  }
  return Buffer.concat(parts);
};
