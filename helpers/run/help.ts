import { options, type Config } from '../config.ts';
import { clusterOptions, configFlag, journeyFlags, maxLeakFlag } from './help-flags.ts';

/** How a command is called, what it does, its settings, and its other flags with what they mean. */
export type Help = {
  usage: string;
  does: string;
  options: readonly (keyof Config)[];
  more: readonly [string, string][];
};

export type CommandName =
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
  | 'merge'
  | 'report'
  | 'clean'
  | 'completion';

/** What each command is called with: the flags that it takes and the words that `--help` says about it. */
export const help: Record<CommandName, Help> = {
  run: {
    usage: 'run [FILTER...]',
    does: 'proves scenarios on a cluster; FILTER is a name, a folder, a feature, a scenario file, or a part of a name or title',
    options: Object.keys(options) as (keyof Config)[],
    more: [configFlag],
  },
  list: {
    usage: 'list [FILTER...]',
    does: 'shows scenarios, features and profiles',
    options: ['profile', 'features', 'skip', 'shard'],
    more: [['--json', 'for machines']],
  },
  explain: {
    usage: 'explain [FILE...] [FROM TO PROTOCOL/PORT]',
    does: 'says who reaches whom and why, by what policies mean, without traffic; of manifests, or with --context or --kubeconfig of a live cluster, which it only reads (rights: manifests/run/rbac-explain.yaml)',
    options: ['kubeconfig', 'context'],
    more: [
      [
        '--unused',
        'policies and rules that have no effect between these pods: that select nobody, change no verdict, or never decide',
      ],
      ['--pod NAMESPACE/POD', 'who reaches this pod, and whom it reaches, by port'],
      [
        '--if-applied PATH...',
        'what would change if the policies of PATH were applied, in the place of those of their names and beside all others: cells with another verdict, and what decides before and after (repeatable)',
      ],
      [
        '--if-replaced PATH...',
        'the same if the policies of PATH were there, and no others at all (repeatable)',
      ],
      [
        '--graph FORMAT',
        'who reaches whom as a picture, pods that behave alike as one: dot (Graphviz) or svg',
      ],
      [
        '--fail-on WHAT',
        'opened, closed or changed with --if-..., unused with --unused: exit 1 where there is such; else the exit code is 0',
      ],
      [
        '--json',
        'for machines; without another question every cell: from, to, protocol, port, family, verdict, reason, decidedBy with file and line',
      ],
    ],
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
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force', 'quiet', 'verbose'],
    more: [
      ...journeyFlags,
      ['--orders N', 'how many random orders beside the worst, for each mode (default 5)'],
      ['--seed N', 'which random orders (default 1)'],
      ['--only ORDER', 'only this one of them, by its name in the results: worst-1, seed-1-order-3'],
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
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force', 'quiet', 'verbose'],
    more: [
      ['--system NAME', 'one under manifests/systems, or a directory'],
      ['--release RELEASE', 'which of its releases (default: the last)'],
      ['--mode MODE', 'restricted or unrestricted (default: both, switched back and forth)'],
      [
        '--in-place',
        "prove the system that is on the cluster as it is: probe pods beside the system's own in its namespaces, with their labels; changes no policy",
      ],
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
    does: 'proves a scenario, a release of a system or the policies of a live cluster, then probes each open and closed flow over and over while something happens, and tells what was lost and what leaked, in milliseconds; Ctrl-C ends it with the result',
    options: [...clusterOptions, 'output', 'settleBudgetMs', 'force'],
    more: [
      [
        '--until-exit',
        'ends with the command behind `--`, which is told the cluster: KUBECONFIG, NETPOL_LAB',
      ],
      ['--for TIME', 'ends after so long, such as 30s'],
      ['--system NAME', 'watches a release of this system instead of a scenario'],
      ['--release RELEASE', 'of that system (default: the last)'],
      ['--mode MODE', 'of that system: restricted (default) or unrestricted'],
      [
        '--in-place',
        "the system that is on the cluster: probe pods beside the system's own, no policy is changed",
      ],
      [
        '--live',
        'watches what the policies of the cluster say now, through probe pods beside those of its workloads',
      ],
      ['--selector GLOB...', 'in which namespaces, with --live (repeatable)'],
      ['--step N', 'watches what holds after this step of the scenario (default: the last)'],
      [
        '--interval TIME',
        'between two probes of a flow (default 20ms, more where there are more than 40 flows)',
      ],
      ['--max-loss TIME', 'the longest stretch that an open flow may be lost (default 0ms)'],
      maxLeakFlag,
      ['--max-blind TIME', 'the longest stretch of which nothing is known (default 1s); more is exit code 2'],
      configFlag,
    ],
  },
  compare: {
    usage: 'compare RECORD...',
    does: 'shows runs side by side, each a folder of results or a record.json; of a folder of such folders the fullest and newest run of each plugin, version and cluster; exits 1 where what passed in the first is red later, 2 where no case passes in all or a later run was aborted',
    options: [],
    more: [
      ['--json', 'all that was compared, for machines'],
      ['--html FILE', 'writes a page as well: plugins x features, and all that differs'],
    ],
  },
  merge: {
    usage: 'merge SHARD...',
    does: 'joins the shards of one run (`run --shard`), each a folder of results or a record.json, into one record with its reports and evidence; the cases of a shard that is missing are errors; exits as the whole run would',
    options: ['output'],
    more: [],
  },
  report: {
    usage: 'report RECORD',
    does: 'writes report.html, junit.xml, results.tap and conformance.yaml of a record again, beside it or into --output, and exits as its run did',
    options: ['output'],
    more: [],
  },
  clean: {
    usage: 'clean',
    does: 'removes what interrupted runs left behind, on a cluster that --kubeconfig or --context names too; with --force also of runs of other machines',
    options: ['kubeconfig', 'context', 'force'],
    more: [],
  },
  completion: {
    usage: 'completion bash|zsh|fish',
    does: 'prints the script with which a shell completes commands, flags, their values and names of scenarios',
    options: [],
    more: [],
  },
};

export const isCommand = (name: string): name is CommandName => Object.hasOwn(help, name);

/** The flags of a command that are not settings, as the parser wants them. */
export const valuesOfMore = (
  command: CommandName,
): Record<string, { type: 'boolean' | 'string'; multiple: boolean }> =>
  Object.fromEntries(
    help[command].more.map(([flag]) => {
      const [name = '', placeholder] = flag.replace('--', '').split(' ');
      const type = placeholder === undefined ? ('boolean' as const) : ('string' as const);
      return [name, { type, multiple: placeholder?.endsWith('...') ?? false }];
    }),
  );
