import { spawnSync } from 'node:child_process';

const isRoot = process.getuid?.() === 0;

/** What `nft` answers to a text in a network namespace of its own; empty when it accepts it. `check` changes nothing. */
export const runNft = (text: string, ...options: string[]): string => {
  const unshare = isRoot ? ['--net'] : ['--net', '--user', '--map-root-user'];
  const { status, stderr, error } = spawnSync('unshare', [...unshare, 'nft', ...options, '-f', '-'], {
    input: text,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return status === 0 ? '' : stderr || `nft ended with ${status}`;
};
