import { existsSync, readFileSync } from 'node:fs';
import { InputError, messageOf, UsageError, type Problem } from '../../errors.ts';
import { layoutOf } from '../../report/layout.ts';
import type { World } from '../../kube/world.ts';
import { createView, type AuditInput, type View } from '../../system/audit-view.ts';
import { flowsOfLinks, flowsOfPolicies, openingsOf } from '../../system/flows.ts';
import { matchesGlob } from '../../system/glob.ts';
import { deriveGroups, type Needs } from '../../system/groups.ts';
import { podsOf } from '../../system/lint.ts';
import { groupsFileOf, loadSystem } from '../../system/load.ts';
import { compareGroups, readPublished, type Published } from '../../system/published.ts';
import { worldOf, type SystemRelease } from '../../system/system.ts';
import { readAuditInput, readClusterInput } from './audit-input.ts';
import { formatGroups } from './groups-text.ts';
import { listOf, textOf } from '../more-flags.ts';
import { readCommandLine } from '../selection.ts';

const command = 'system groups';

type Asked = { title: string; needs: Needs; before?: string[]; published?: string };

/**
 * `netpol system groups`: which namespaces a network would have to join that isolates namespaces from each other. Of a
 * system, of manifests, or of a live cluster, which is only read. Returns the exit code: 1 where the published groups
 * cut what is needed.
 * @throws UsageError, InputError, ClusterError
 */
export const systemGroupsCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags, json } = readCommandLine(command, argv);
  const system = textOf(command, flags, 'system');
  const release = textOf(command, flags, 'release');
  const selectors = listOf(command, flags, 'selector') ?? ['openshift-*'];
  const isCluster = (flags['kubeconfig'] ?? flags['context']) !== undefined;
  const ways = [system !== undefined, positionals.length > 0, isCluster].filter(Boolean).length;
  if (ways > 1 || (release !== undefined && system === undefined))
    throw new UsageError({
      subject: 'netpol system groups: of what?',
      wanted: '`--system NAME`, perhaps with `--release`; or FILE...; or a cluster',
      got: argv.join(' '),
      next: 'npm start -- system groups --help',
    });
  const asked =
    system === undefined
      ? askWorld(
          positionals.length > 0 ? readFilesInput(positionals) : await readClusterInput(config),
          selectors,
        )
      : await askSystem(system, release);
  const file = textOf(command, flags, 'published') ?? asked.published;
  const published = file === undefined ? undefined : readPublishedFile(file);
  const { title, needs, before } = asked;
  const groups = deriveGroups(needs);
  const comparison = published && compareGroups(groups, published, needs, before);
  const result = { groups, ...(published && { published }), ...comparison };
  console.log(
    json
      ? JSON.stringify(result, null, 2)
      : formatGroups(title, needs, result, layoutOf(process.stdout).width),
  );
  return (comparison?.joiners ?? []).length > 0 ? 1 : 0;
};

const readFilesInput = (paths: readonly string[]): AuditInput => {
  const problems: Problem[] = [];
  const input = readAuditInput(paths, problems);
  if (input !== undefined) return input;
  throw new InputError(
    'Some files cannot be used',
    problems,
    'correct them, or see npm start -- system groups --help',
  );
};

const askWorld = (input: AuditInput, selectors: readonly string[]): Asked => {
  const view = createView(input);
  const needs = needsOf(view, selectors, undefined);
  if (needs.namespaces.length > 0) return { title: selectors.join(', '), needs };
  throw new UsageError({
    subject: `no namespace matches \`${selectors.join('`, `')}\``,
    next: "say which are the system's with `--selector GLOB`",
  });
};

const askSystem = async (name: string, chosen: string | undefined): Promise<Asked> => {
  const system = await loadSystem(name);
  const names = system.releases.map((release) => release.name);
  const release = system.releases.find((one) => one.name === (chosen ?? names.at(-1)));
  if (release === undefined)
    throw new UsageError({ subject: '`--release`', wanted: names.join(', '), got: `\`${chosen}\`` });
  const worldAt = ({ deliveries }: SystemRelease): World =>
    worldOf({ deliveries, modeOf: () => 'restricted' }, podsOf(system));
  const view = createView({ world: worldAt(release), isComplete: true });
  const links = [...release.deliveries.values()].flatMap((delivery) => delivery.links);
  const before = system.releases.find((one) => one.name === release.from);
  const published = groupsFileOf(name);
  return {
    title: `${system.name}, release ${release.name}`,
    needs: needsOf(view, [system.namespaces], flowsOfLinks(links)),
    ...(before && { before: worldAt(before).namespaces.map((namespace) => namespace.name) }),
    ...(existsSync(published) && { published }),
  };
};

const needsOf = (view: View, selectors: readonly string[], known: Needs['flows'] | undefined): Needs => {
  const isSystem = (name: string): boolean => selectors.some((selector) => matchesGlob(selector, name));
  return {
    namespaces: [...view.namespaces.keys()].filter(isSystem),
    flows: known ?? flowsOfPolicies(view, isSystem),
    openings: openingsOf(view, isSystem),
  };
};

const readPublishedFile = (file: string): Published => {
  const problems: Problem[] = [];
  const attempt = (): Published | undefined => {
    try {
      return readPublished(readFileSync(file, 'utf8'), file, problems);
    } catch (error) {
      problems.push({ file, message: messageOf(error) });
      return undefined;
    }
  };
  const published = attempt();
  if (published !== undefined && problems.length === 0) return published;
  throw new InputError(
    'The published groups cannot be used',
    problems,
    'manifests/systems/openshift-like/groups.yaml is an example',
  );
};
