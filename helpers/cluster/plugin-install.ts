import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError, messageOf } from '../errors.ts';
import { download, parseUrl, type DownloadWords } from './download.ts';
import { createUnpackedFolder } from './owner.ts';
import { isArchive } from './plugin-description-check.ts';
import type { Piece, PluginDescription } from './plugin-description.ts';
import { correctDescription } from './plugin-manifests.ts';
import { runProgram } from './programs.ts';

type Preparation = {
  /** Path of the description. */
  file: string;
  /** Name of the node with the API server, by which the other nodes find it. */
  controlPlane: string;
  signal?: AbortSignal | undefined;
};

/**
 * Fetches everything that a plugin consists of, and makes the text of its manifests of it: nothing but what the description
 * says, or nothing at all.
 * @throws InputError where something is not what its `sha256` says, or a text to be replaced is not there; EnvironmentError
 * where something cannot be fetched, or helm is not installed
 */
export const prepareManifests = async (
  description: PluginDescription,
  preparation: Preparation,
): Promise<string> => {
  const { objects, install } = description;
  if (install.some(({ chart }) => chart !== undefined)) await runProgram('helm', ['version', '--short']);
  const texts: string[] = objects.map((object) => JSON.stringify(fill(object, preparation)));
  for (const [index, piece] of install.entries()) {
    const fail = (message: string): Error =>
      new InputError(
        'The plugin is not what its description says',
        [{ ...description.positionOf(index), message }],
        correctDescription,
      );
    texts.push(replaceAll(await readPiece(piece, preparation, fail), piece.replace ?? {}, fail));
  }
  return texts.join('\n---\n');
};

type Fail = (message: string) => Error;

const words: DownloadWords = {
  option: 'install: url:',
  content: 'a plugin',
  next: 'download it yourself, and say `file` in a description of your own: `--plugin PATH`',
  // The archive of a whole repository may be meant.
  megabytes: 250,
};

const readPiece = async (piece: Piece, preparation: Preparation, fail: Fail): Promise<string> => {
  const { url, file, path, chart } = piece;
  const bytes =
    url === undefined
      ? await readBeside(preparation.file, file ?? '', fail)
      : await download(parseUrl(url, words), words, preparation.signal);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (piece.sha256 !== undefined && piece.sha256 !== actual)
    throw fail(`wanted ${url ?? file} with sha256 ${piece.sha256}, got ${actual}`);
  if (!isArchive(url ?? file ?? '')) return new TextDecoder().decode(bytes);
  await using folder = await createUnpackedFolder();
  const options = { input: bytes, signal: preparation.signal, subject: `cannot unpack ${url ?? file}` };
  await runProgram(
    'tar',
    ['--extract', '--gzip', '--strip-components=1', `--directory=${folder.path}`],
    options,
  );
  const place = join(folder.path, path ?? '.');
  // `await`: the folder is gone when this returns.
  if (chart !== undefined) return await render(chart, place, folder.path, preparation);
  return await readFile(place, 'utf8').catch(() => {
    throw fail(`${url ?? file} holds no file ${path}`);
  });
};

const readBeside = async (description: string, file: string, fail: Fail): Promise<Uint8Array> =>
  await readFile(join(dirname(description), file)).catch((error: unknown) => {
    throw fail(`cannot read ${file} beside the description: ${messageOf(error)}`);
  });

const render = async (
  { release, namespace, valuesFile, values = {} }: NonNullable<Piece['chart']>,
  place: string,
  folder: string,
  preparation: Preparation,
): Promise<string> => {
  const file = join(folder, 'netpol-values.json');
  await writeFile(file, JSON.stringify(fill(values, preparation)));
  const files = [...(valuesFile === undefined ? [] : [join(place, valuesFile)]), file];
  return await runProgram(
    'helm',
    [
      ...['template', release, place, `--namespace=${namespace}`, '--include-crds'],
      ...files.map((path) => `--values=${path}`),
    ],
    { signal: preparation.signal, subject: `cannot render the chart of ${release}` },
  );
};

/** `${CONTROL_PLANE}` in any text. */
const fill = (value: unknown, { controlPlane }: Preparation): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('${CONTROL_PLANE}', controlPlane));

const replaceAll = (text: string, replacements: Readonly<Record<string, string>>, fail: Fail): string => {
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw fail(`nothing to replace: ${JSON.stringify(from)} is not there`);
    text = text.replaceAll(from, () => to);
  }
  return text;
};
