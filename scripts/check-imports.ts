// `node scripts/check-imports.ts [DIRECTORY]`: which room may import which, and how long a file may be.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { findImports, type Import } from './find-imports.ts';

type Room = {
  /** A folder or a file without its ending. */
  path: string;
  /** Rooms, folders or files without their ending that it may import beside itself; `type X`: only the types of X. */
  may: readonly string[] | 'anything';
  /** Whether it may import packages from npm at all, and its own folder. */
  isClosed?: boolean;
  instead: string;
};

const maximumLines = 250;

/** Files that must stay whole, with their own ceiling. */
const longFiles: Readonly<Record<string, number>> = {
  // One file by contract: it goes into a pod as it is.
  'helpers/probe/agent.mjs': 750,
};

// They load spec files, whose paths are data.
const loaders: readonly string[] = ['helpers/run/suite.ts'];

// Imports go down only. The longest path that fits a file is its room.
const rooms: readonly Room[] = [
  { path: 'helpers/errors', may: [], instead: 'errors stand below everything: pass in what they need' },
  {
    path: 'helpers/config',
    may: ['helpers/errors'],
    instead: 'config is plain data: check against the cluster in helpers/run',
  },
  { path: 'helpers/wait', may: ['helpers/errors'], instead: 'take a function as an argument' },
  {
    path: 'helpers/kube',
    may: ['helpers/errors', 'helpers/wait'],
    instead: 'kube only reads and writes the API: combine it with other rooms in cluster or run',
  },
  {
    path: 'helpers/matrix',
    may: ['helpers/errors', 'helpers/wait', 'type helpers/kube/types', 'type helpers/kube/world'],
    instead: 'a matrix knows names and outcomes only: compute its cells elsewhere',
  },
  {
    path: 'helpers/model',
    may: ['helpers/errors', 'helpers/kube/types', 'helpers/kube/world', 'helpers/matrix'],
    instead: 'the oracle must not know how packets are sent or enforced: give it a World',
  },
  {
    path: 'helpers/scenario',
    may: [
      'helpers/errors',
      'helpers/kube/types',
      'helpers/kube/world',
      'helpers/kube/yaml',
      'helpers/kube/validate-policy',
      'helpers/kube/syntax',
      'helpers/matrix',
    ],
    instead: 'a scenario is only read here: helpers/run brings it together with oracle and cluster',
  },
  {
    path: 'helpers/system',
    may: [
      'helpers/errors',
      'helpers/kube/types',
      'helpers/kube/world',
      'helpers/kube/checks',
      'helpers/kube/syntax',
      'helpers/kube/yaml',
      'helpers/kube/manifests',
      'helpers/matrix',
      'helpers/model',
    ],
    instead: 'systems are read and judged without a cluster: helpers/run brings them to one',
  },
  {
    path: 'helpers/reference',
    may: ['type helpers/kube/types'],
    isClosed: true,
    instead: 'the reference plugin shares no line with what judges it: write it again here, or import a type',
  },
  {
    path: 'helpers/cluster',
    may: ['helpers/errors', 'helpers/config', 'helpers/wait', 'helpers/kube', 'helpers/reference'],
    instead: 'a provider knows no scenario, probe or report: hand it over through cluster/cluster.ts',
  },
  {
    path: 'helpers/probe/agent',
    may: [],
    isClosed: true,
    instead: 'the agent is one file that runs in any image with Node: write it there',
  },
  {
    path: 'helpers/probe',
    may: ['helpers/errors', 'helpers/wait', 'helpers/kube', 'helpers/matrix', 'helpers/cluster/cluster'],
    instead: 'probes see a cluster through cluster/cluster.ts only',
  },
  {
    path: 'helpers/report',
    may: ['helpers/errors', 'helpers/matrix', 'helpers/scenario/features', 'helpers/scenario/properties'],
    instead: 'a report is a pure function of the run record: put what it needs into report/record.ts',
  },
  { path: 'helpers/run', may: ['helpers'], instead: 'move it below helpers' },
  { path: 'suites/self', may: 'anything', instead: '' },
  {
    path: 'suites',
    may: ['helpers/run', 'helpers/scenario', 'helpers/matrix'],
    instead: 'a suite is a loop over scenarios: let helpers/run do the work',
  },
  { path: 'scripts', may: 'anything', instead: '' },
];

type PackageRule = { names: readonly string[]; only: readonly string[]; instead: string };

const packageRules: readonly PackageRule[] = [
  {
    names: ['@kubernetes/client-node'],
    only: ['helpers/kube', 'suites/self'],
    instead: 'its errors carry private keys and its models lose fields: go through helpers/kube/client.ts',
  },
  {
    names: ['mocha', 'chai'],
    only: ['suites', 'helpers/run', 'helpers/report', 'scripts'],
    instead: 'helpers below run throw the classes of helpers/errors.ts',
  },
];

/** Every complaint about the tree below `root`, one a line: `Disallowed import FROM:LINE -> TO: why; what instead`. */
export const checkImports = (root: string): string[] =>
  ['helpers', 'suites', 'scripts']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => listModules(root, folder))
    .flatMap((file) => checkFile(file, readFileSync(join(root, file), 'utf8')));

const checkFile = (file: string, source: string): string[] => {
  const lines = source.trimEnd().split('\n').length;
  const ceiling = longFiles[file] ?? maximumLines;
  const tooLong =
    lines > ceiling
      ? [`Too long: ${file} has ${lines} lines, wanted at most ${ceiling}: split it by what it does`]
      : [];
  const room = roomOf(file);
  if (room === undefined) {
    return [
      ...tooLong,
      `Unknown room: ${file} stands in no room of the table in scripts/check-imports.ts: move it or add its room`,
    ];
  }
  const complaints = findImports(source).flatMap((found) => {
    const complaint = checkImport(file, room, found);
    return complaint === undefined ? [] : [`Disallowed import ${file}:${found.line} -> ${complaint}`];
  });
  return [...tooLong, ...complaints];
};

const checkImport = (file: string, room: Room, { specifier, isType }: Import): string | undefined => {
  if (specifier === undefined && loaders.includes(file)) return undefined;
  if (specifier === undefined) return '(computed): nobody can check it; write the path as a literal text';
  if (!specifier.startsWith('.')) return checkPackage(file, room, specifier);
  const target = join(dirname(file), specifier);
  if (target.startsWith('..')) return `${target}: it stands outside of the repository; move it inside`;
  if (room.may === 'anything' || roomOf(target) === room) return undefined;
  if (!/^(?:helpers|suites|scripts)\//.test(target) && room.isClosed !== true) return undefined;
  const allowed = room.may.some((entry) =>
    entry.startsWith('type ') ? isType && isInside(target, entry.slice(5)) : isInside(target, entry),
  );
  if (allowed) return undefined;
  const asType = room.may.includes(`type ${withoutEnding(target)}`);
  const wish = asType ? 'write `import type`: only its types may be used here' : room.instead;
  return `${target}: ${room.path} may import ${room.may.join(', ') || 'nothing'}; ${wish}`;
};

const checkPackage = (file: string, room: Room, specifier: string): string | undefined => {
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return `${specifier}: it is part of Node; write \`node:${specifier}\``;
  if (room.isClosed === true) return `${specifier}: ${room.path} may import \`node:\` only; ${room.instead}`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const rule = packageRules.find(({ names }) => names.includes(name));
  if (rule === undefined || rule.only.some((path) => isInside(file, path))) return undefined;
  return `${specifier}: only ${rule.only.join(', ')} may import it; ${rule.instead}`;
};

const roomOf = (file: string): Room | undefined =>
  rooms
    .filter(({ path }) => isInside(file, path))
    .toSorted((one, other) => other.path.length - one.path.length)[0];

const isInside = (file: string, path: string): boolean =>
  file.startsWith(`${path}/`) || withoutEnding(file) === path;

const withoutEnding = (file: string): string => file.replace(/\.m?[jt]s$/, '');

const listModules = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder))
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      if (name === 'node_modules') return [];
      if (statSync(join(root, path)).isDirectory()) return listModules(root, path);
      return /\.[mc]?[jt]s$/.test(name) ? [path] : [];
    });

if (import.meta.main) {
  const complaints = checkImports(process.argv[2] ?? '.');
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
