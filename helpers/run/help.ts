import { environmentName, options, type Config } from '../config.ts';

type Help = {
  usage: string;
  does: string;
  options: readonly (keyof Config)[];
  more: readonly [string, string][];
};

/** Flags that only some commands have; `--config` is read before the configuration. */
const configFlag: [string, string] = [
  '--config FILE',
  'settings as YAML, flags without dashes as keys (default netpol.yaml, if there)',
];

/** Settings that choose a cluster and what enforces its policies. */
const clusterOptions = [
  ...['provider', 'plugin', 'kubeconfig', 'context', 'cluster', 'keep'],
  ...['kindImage', 'probeImage', 'kindConfig', 'crdBundle'],
] as const satisfies readonly (keyof Config)[];

/** Flags that say from where to where a system goes. */
const journeyFlags: [string, string][] = [
  ['--system NAME', 'one under manifests/systems, or a directory'],
  ['--from RELEASE', 'where it starts (default: the release that TO comes from)'],
  ['--to RELEASE', 'where it goes (default: the last); the other way round is a downgrade'],
  [
    '--mode MODE',
    'restricted, unrestricted, both with a comma (default), or unrestricted-restricted: switched on the way',
  ],
  ['--own-mode C=MODE', 'components that are in a mode of their own, with commas'],
];

const maxLeakFlag: [string, string] = [
  '--max-leak TIME',
  'the longest stretch that a closed flow may be open (default 0ms)',
];

/** What each command is called with: the flags that it takes and the words that `--help` says about it. */
export const help: Record<
  | 'run'
  | 'list'
  | 'explain'
  | 'fuzz'
  | 'system audit'
  | 'system groups'
  | 'system upgrade'
  | 'system replay'
  | 'system restricted'
  | 'monitor'
  | 'compare'
  | 'clean',
  Help
> = {
  run: {
    usage: 'run [FILTER...]',
    does: 'proves scenarios on a cluster; FILTER is a name, a folder, a feature, a part of a title or a scenario file',
    options: Object.keys(options) as (keyof Config)[],
    more: [configFlag],
  },
  list: {
    usage: 'list [FILTER...]',
    does: 'shows scenarios, features and profiles',
    options: ['profile', 'features', 'skip'],
    more: [['--json', 'for machines']],
  },
  explain: {
    usage: 'explain FILE... [FROM TO PROTOCOL/PORT]',
    does: 'says who reaches whom and why, from manifests, without a cluster',
    options: [],
    more: [['--json', 'every cell: from, to, protocol, port, family, verdict, reason']],
  },
  fuzz: {
    usage: 'fuzz',
    does: 'tries random worlds against the oracle, and writes a difference as the smallest scenario that shows it',
    options: [...clusterOptions, 'lanes', 'output', 'settleBudgetMs', 'force'],
    more: [
      ['--seed N', 'which worlds, and in which order (default: another one each time)'],
      ['--count N', 'how many worlds at most (default 200, without --seconds)'],
      ['--seconds S', 'how long at most, without starting the cluster and shrinking a find'],
      configFlag,
    ],
  },
  'system upgrade': {
    usage: 'system upgrade --system NAME',
    does: 'says what is lost or left open on the way from one release of a system to another, in whatever order its components move; by the oracle, without a cluster',
    options: [],
    more: [...journeyFlags, ['--json', 'for machines']],
  },
  'system replay': {
    usage: 'system replay --system NAME',
    does: 'makes the way from one release of a system to another on a cluster, in the worst orders and in random ones, and watches meanwhile that nothing is lost and nothing leaks',
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force'],
    more: [
      ...journeyFlags,
      ['--orders N', 'how many random orders beside the worst, for each mode (default 5)'],
      ['--seed N', 'which random orders (default 1)'],
      [
        '--max-loss TIME',
        'the longest stretch that an open flow may be lost (default 500ms, as what a component delivers comes one by one)',
      ],
      maxLeakFlag,
    ],
  },
  'system restricted': {
    usage: 'system restricted --system NAME',
    does: "proves on a cluster that a release of a system keeps its needed connections open and its closed doors closed, in both modes and with each component in a mode of its own; with probe pods in namespaces of our own in place of the system's",
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force'],
    more: [
      ['--system NAME', 'one under manifests/systems, or a directory'],
      ['--release RELEASE', 'which of its releases (default: the last)'],
      ['--mode MODE', 'restricted or unrestricted (default: both, switched back and forth)'],
    ],
  },
  'system audit': {
    usage: 'system audit [FILE...]',
    does: "says which of a system's namespaces are open, and what is wrong with their labels and policies; of manifests, or without FILE of a live cluster, which it only reads",
    options: ['kubeconfig', 'context'],
    more: [
      ['--selector GLOB...', "which namespaces are the system's (default openshift-*; repeatable)"],
      ['--expect-label LABEL...', 'KEY or KEY=VALUE that each of them must have (repeatable)'],
      ['--mode MODE', 'restricted or unrestricted: what the namespaces should be'],
      ['--allow FILE', 'YAML list of accepted findings: { id, namespace, object, reason, expires }'],
      ['--baseline FILE', 'findings that were there before: they do not count'],
      ['--write-baseline FILE', 'writes what is found now as a baseline, which it is then'],
      ['--sarif FILE', 'writes SARIF 2.1.0'],
      ['--junit FILE', 'writes JUnit XML: a case for each namespace and kind of finding'],
      ['--json', 'all of it, for machines'],
    ],
  },
  'system groups': {
    usage: 'system groups [FILE...]',
    does: 'says which namespaces must reach everybody and which must reach each other, and why; of a system, of manifests, or of a live cluster, which it only reads; exits 1 where the published groups cut what is needed',
    options: ['kubeconfig', 'context'],
    more: [
      ['--system NAME', 'one under manifests/systems, or a directory'],
      ['--release RELEASE', 'of that system (default: the last)'],
      ['--selector GLOB...', "which namespaces are the system's (default openshift-*; repeatable)"],
      ['--published FILE', 'YAML groups to compare with: source, default, control-plane, remarks'],
      ['--json', 'for machines'],
    ],
  },
  monitor: {
    usage: 'monitor [SCENARIO] [--until-exit -- COMMAND...]',
    does: 'proves a scenario, then probes each of its flows over and over while something happens, and tells what was lost and what leaked, in milliseconds; Ctrl-C ends it with the result',
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force'],
    more: [
      [
        '--until-exit',
        'ends with the command behind `--`, which is told the cluster: KUBECONFIG, NETPOL_LAB',
      ],
      ['--for TIME', 'ends after so long, such as 30s'],
      ['--step N', 'watches what holds after this step of the scenario (default: the last)'],
      ['--interval TIME', 'between two probes of a flow (default 20ms)'],
      ['--max-loss TIME', 'the longest stretch that an open flow may be lost (default 0ms)'],
      maxLeakFlag,
      ['--max-blind TIME', 'the longest stretch of which nothing is known (default 1s); more is exit code 2'],
      configFlag,
    ],
  },
  compare: {
    usage: 'compare RECORD RECORD...',
    does: 'shows runs side by side, each a folder of results or a record.json; exits 1 where what passed in the first is red later',
    options: [],
    more: [['--json', 'all that was compared, for machines']],
  },
  clean: {
    usage: 'clean',
    does: 'removes what interrupted runs left behind',
    options: ['kubeconfig', 'context', 'force'],
    more: [],
  },
};

/** The help page of one command, of all that begin with this word, or the overview. */
export const formatHelp = (...words: readonly string[]): string => {
  const [first = '', second = ''] = words;
  const names = Object.keys(help) as (keyof typeof help)[];
  const exact = names.find((name) => name === first || name === `${first} ${second}`);
  const pages = exact === undefined ? names.filter((name) => name.startsWith(`${first} `)) : [exact];
  return pages.length === 0 ? overview() : pages.map((name) => commandPage(help[name])).join('\n\n');
};

const overview = (): string =>
  [
    'netpol: proves with real packets whether a cluster enforces its network policies, and says why',
    '',
    'npm start -- COMMAND, or npx netpol COMMAND:',
    ...table(Object.values(help).map(({ usage, does }) => [usage, does])),
    '',
    'Without a command: run. COMMAND --help shows its flags.',
    'Exit code: 0 all passed; 1 something failed; 2 we could not tell, or bad usage; 130 interrupted.',
  ].join('\n');

const commandPage = ({ usage, does, options: keys, more }: Help): string => {
  const flags = keys.map((key): [string, string] => {
    const { flag, placeholder, help } = options[key];
    return [
      `--${flag}${placeholder === undefined ? '' : ` ${placeholder}`}`,
      `${help} [${environmentName(key)}]`,
    ];
  });
  const settings =
    flags.length === 0
      ? []
      : ['', 'Flags win over the environment variables in brackets, those over netpol.yaml.'];
  return [
    `netpol ${usage}`,
    ...wrap(does, 96).map((line) => `  ${line}`),
    '',
    ...table([...flags, ...more]),
    ...settings,
  ].join('\n');
};

/** Two columns; where the first is too wide the second goes below, so that 100 columns are enough. */
const table = (rows: readonly (readonly [string, string])[]): string[] =>
  rows.flatMap(([left, right]) => {
    const lines = wrap(right, 70);
    const [first = '', ...rest] = lines;
    const indented = rest.map((line) => `${' '.repeat(28)}${line}`);
    return left.length <= 24
      ? [`  ${left.padEnd(26)}${first}`, ...indented]
      : [`  ${left}`, `${' '.repeat(28)}${first}`, ...indented];
  });

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};
