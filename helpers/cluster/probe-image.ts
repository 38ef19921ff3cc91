import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ClusterError, messageOf } from '../errors.ts';
import { runProgram, succeeds } from './programs.ts';

type ImageOptions = { log: (line: string) => void; signal?: AbortSignal | undefined };

const dockerfile = fileURLToPath(new URL('../../manifests/run/Dockerfile', import.meta.url));

/**
 * The name of the probe image: the given one, else our own, built from manifests/run/Dockerfile unless docker has it.
 * @throws ClusterError where it cannot be built
 */
export const prepareProbeImage = async (given: string, { log, signal }: ImageOptions): Promise<string> => {
  if (given !== '') return given;
  const text = await readFile(dockerfile, 'utf8');
  const name = `netpol-conformance/probe:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  if (await succeeds('docker', ['image', 'inspect', name])) return name;
  log(`kind: building the probe image ${name}`);
  await runProgram('docker', ['build', '--quiet', '--tag', name, '-'], {
    input: text,
    signal,
    timeout: 600_000,
    subject: 'cannot build the probe image from manifests/run/Dockerfile',
    next: 'name an image that has Node >= 20, ip and nft with `--probe-image` (NETPOL_PROBE_IMAGE)',
  });
  return name;
};

/** Brings the image to the nodes where docker has it and they lack it; else the kubelet pulls it, or says why not. */
export const loadIntoNodes = async (
  image: string,
  cluster: string,
  nodes: readonly string[],
  { log, signal }: ImageOptions,
): Promise<void> => {
  const lacking = await Promise.all(nodes.map(async (node) => !(await hasImage(node, image))));
  if (!lacking.includes(true) || !(await succeeds('docker', ['image', 'inspect', image]))) return;
  log(`kind: loading ${image} into the nodes`);
  await runProgram('kind', ['load', 'docker-image', image, '--name', cluster], { signal, timeout: 300_000 });
};

/**
 * Makes docker know an image that so far only a node may have, as with node images that carry the probe image.
 * @throws ClusterError where neither has it and it cannot be pulled
 */
export const bringToDocker = async (
  image: string,
  nodes: readonly string[],
  { log, signal }: ImageOptions,
): Promise<string> => {
  if (await succeeds('docker', ['image', 'inspect', image])) return image;
  for (const node of nodes) {
    if (!(await hasImage(node, image))) continue;
    log(`kind: taking ${image} out of node ${node} for the external hosts`);
    await copyOut(node, image, signal);
    return image;
  }
  await runProgram('docker', ['pull', '--quiet', image], {
    signal,
    timeout: 300_000,
    subject: `docker does not have image ${image}`,
    next: `\`docker load\` it, or name another one with \`--probe-image\``,
  });
  return image;
};

const copyOut = async (node: string, image: string, signal?: AbortSignal): Promise<void> => {
  const options = { timeout: 120_000, ...(signal === undefined ? {} : { cancelSignal: signal }) };
  const command = ['exec', node, 'ctr', '-n', 'k8s.io', 'images', 'export', '-', fullName(image)];
  try {
    await execa('docker', command, { ...options, buffer: false }).pipe(
      'docker',
      ['load', '--quiet'],
      options,
    );
  } catch (error) {
    throw new ClusterError({
      subject: `cannot take image ${image} out of node ${node}`,
      got: (error as { shortMessage?: string }).shortMessage ?? messageOf(error),
      next: `\`docker load\` ${image}, so that external hosts can use it`,
    });
  }
};

const hasImage = async (node: string, image: string): Promise<boolean> => {
  const names = await runProgram('docker', ['exec', node, 'ctr', '-n', 'k8s.io', 'images', 'ls', '-q']);
  return names.split('\n').includes(fullName(image));
};

/** `node` -> `docker.io/library/node:latest`, the name that containerd keeps. */
const fullName = (image: string): string => {
  const [first = '', ...rest] = image.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasRegistry ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`;
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`;
};
