// Flags and settings that several commands have.
import type { Config } from '../config.ts';

/** It is read before the configuration. */
export const configFlag: [string, string] = [
  '--config FILE',
  'settings as YAML, flags without dashes as keys (default netpol.yaml, if there)',
];

/** Settings that choose a cluster and what enforces its policies. */
export const clusterOptions = [
  ...['provider', 'plugin', 'kubeconfig', 'context', 'cluster', 'keep'],
  ...['kindImage', 'probeImage', 'kindConfig', 'crdBundle'],
] as const satisfies readonly (keyof Config)[];

/** Flags that say from where to where a system goes. */
export const journeyFlags: [string, string][] = [
  ['--system NAME', 'one under manifests/systems, or a directory'],
  ['--from RELEASE', 'where it starts (default: the release that TO comes from)'],
  ['--to RELEASE', 'where it goes (default: the last); the other way round is a downgrade'],
  [
    '--mode MODE',
    'restricted, unrestricted, both with a comma (default), or unrestricted-restricted: switched on the way',
  ],
  ['--own-mode C=MODE', 'components that are in a mode of their own, with commas'],
];

/** Of commands that watch flows. */
export const maxLeakFlag: [string, string] = [
  '--max-leak TIME',
  'the longest stretch that a closed flow may be open (default 0ms)',
];
