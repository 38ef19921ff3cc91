import { parseDocuments } from '../kube/yaml.ts';
import { features as allFeatures, isFeature, isTopic, neededFeatures } from './features.ts';
import { channels, readPolicies } from './policy-documents.ts';
import { readPods } from './pods.ts';
import { isProperty, properties } from './properties.ts';
import { readNamespaces } from './namespaces.ts';
import { hintFor, readFields, readText, readTexts, refuseUnknownKeys } from './reading.ts';
import { readServices } from './services.ts';
import { readSteps } from './steps.ts';
import { asksApiServer } from './stored.ts';
import { completeIndentation, originOfText } from './text.ts';
import { refuseUnused } from './unused.ts';
import { adminPoliciesOf } from './world.ts';
import type { Problem } from '../errors.ts';
import type { Channel, Policy } from '../kube/types.ts';
import type { ParsedDocument } from '../kube/yaml.ts';
import type { Feature } from './features.ts';
import type { Complain, Fields } from './reading.ts';
import type { Scenario } from './scenario.ts';

const keys = [
  'scenario',
  'spec',
  'features',
  'property',
  'channel',
  'namespaces',
  'pods',
  'services',
  'steps',
];

/** Reads the text of one scenario file. The scenario is worth something only where there are no problems. */
export const readScenario = (
  text: string,
  file: string,
  name: string,
): { scenario: Scenario; problems: Problem[] } => {
  const { documents, problems } = parseDocuments(completeIndentation(text), file);
  const [front, ...rest] = documents;
  const scenario = emptyScenario(name, file);
  // What YAML itself refused would come back as a crowd of things that seem to be missing.
  if (problems.length > 0) return { scenario, problems };
  if (front === undefined) return { scenario, problems: [{ file, line: 1, message: 'the file is empty' }] };

  const complain = complainAbout(front, file, problems);
  const fields = readFields(front.value, [], complain, 'a front matter: a map that begins with `scenario`');
  if (fields === undefined) return { scenario, problems };
  refuseUnknownKeys(fields, keys, [], complain);
  const readSection = (key: string, wanted: string): Fields =>
    (fields[key] === undefined ? undefined : readFields(fields[key], [key], complain, wanted)) ?? {};
  scenario.namespaces = readNamespaces(readSection('namespaces', 'namespaces like { w: why }'), complain);
  const guests = scenario.namespaces.map((namespace) => namespace.name);
  const read = readPolicies(rest, file, guests);
  problems.push(...read.problems);
  scenario.title = readTitle(fields, complain);
  scenario.spec = readSpec(fields, complain);
  scenario.pods = readPods(
    readSection('pods', 'pods like { x/a: the server }'),
    complain,
    scenario.namespaces,
  );
  scenario.services = readServices(readSection('services', 'services'), complain);
  const channel = readChannel(fields, complain);
  if (channel !== undefined) scenario.channel = channel;
  scenario.steps = readSteps(fields['steps'], {
    ...scenario,
    policies: read.policies,
    channel,
    complain,
    textOrigin: (path, content) => originOfText(text, front.positionOf(path), content),
    keyPosition: (path) => front.keyPositionOf(path),
  });
  if (fields['pods'] === undefined && !asksApiServer(scenario.steps))
    complain(['pods'], 'wanted pods like { x/a: the server }, got nothing');
  scenario.features = readFeatures(
    fields,
    scenario,
    read.policies.flatMap(({ versions }) => versions.map(({ policy }) => policy)),
    complain,
  );
  readProperty(fields, scenario, complain);
  refuseIdleChannel(scenario, complain);
  refuseUnused(scenario, complain);
  return { scenario, problems };
};

const emptyScenario = (name: string, file: string): Scenario => ({
  title: '',
  name,
  file,
  spec: '',
  features: [],
  namespaces: [],
  pods: [],
  services: [],
  steps: [],
});

const complainAbout =
  (document: ParsedDocument, file: string, problems: Problem[]): Complain =>
  (path, message, where) => {
    const position =
      typeof where === 'object'
        ? where
        : where === 'key'
          ? document.keyPositionOf(path)
          : document.positionOf(path);
    problems.push({ file, ...position, message });
  };

const readTitle = (fields: Fields, complain: Complain): string => {
  const title = readText(fields['scenario'], ['scenario'], complain, 'the claim in one sentence') ?? '';
  if (title.includes('\n')) complain(['scenario'], 'the claim is one line');
  if (title.endsWith('.')) complain(['scenario'], 'the claim ends without a full stop, as a title does');
  return title;
};

const readSpec = (fields: Fields, complain: Complain): string => {
  const spec =
    readText(fields['spec'], ['spec'], complain, 'a link to the text that the claim follows from') ?? '';
  const isLink = /^https:\/\/\S+#\S+$/.test(spec) || /^https:\/\/\S+\/(issues|pull)\/\d+$/.test(spec);
  if (spec !== '' && !isLink)
    complain(['spec'], `\`${spec}\`: wanted an https link with a #fragment, or to an issue`);
  return spec;
};

/** The list must be exactly what the scenario needs: a vendor who lacks a feature skips by it. */
const readFeatures = (
  fields: Fields,
  scenario: Scenario,
  policies: Policy[],
  complain: Complain,
): Feature[] => {
  const names = readTexts(fields['features'], ['features'], complain, 'names of features');
  const listed = names.filter(isFeature);
  for (const [index, name] of names.entries()) {
    if (isFeature(name)) continue;
    complain(['features', index], `unknown feature \`${name}\`: ${hintFor(name, Object.keys(allFeatures))}`);
  }
  const needed = neededFeatures(scenario, policies);
  for (const feature of needed.filter((name) => !listed.includes(name))) {
    complain(
      ['features'],
      `the scenario needs the feature ${feature} (${allFeatures[feature]}) and does not list it`,
    );
  }
  for (const feature of listed.filter((name) => !needed.includes(name) && !isTopic(name))) {
    complain(['features', names.indexOf(feature)], `nothing in the scenario needs the feature ${feature}`);
  }
  if (listed.includes('SilentDeny') && !listed.includes('ClusterNetworkPolicy'))
    complain(['features'], 'nothing but a ClusterNetworkPolicy says that what is denied is silent');
  return listed;
};

const readChannel = (fields: Fields, complain: Complain): Channel | undefined => {
  if (fields['channel'] === undefined) return undefined;
  const name = readText(fields['channel'], ['channel'], complain, 'the name of a channel');
  const channel = channels.find((known) => known === name);
  if (channel === undefined && name !== undefined)
    complain(['channel'], `unknown channel \`${name}\`: known are ${channels.join(', ')}`);
  return channel;
};

/** What policies use says which channel packets need; only of what is refused and accepted it does not. */
const refuseIdleChannel = ({ channel, steps }: Scenario, complain: Complain): void => {
  if (channel === undefined || (asksApiServer(steps) && adminPoliciesOf(steps).length > 0)) return;
  complain(
    ['channel'],
    'only a scenario that asks the API server about policies of the admin tiers has a channel',
    'key',
  );
};

/** A property is told by `?` cells. */
const readProperty = (fields: Fields, scenario: Scenario, complain: Complain): void => {
  const { property } = fields;
  if (property === undefined) return;
  const name = readText(property, ['property'], complain, 'the name of a property') ?? '';
  if (isProperty(name)) scenario.property = name;
  else if (name !== '')
    complain(['property'], `unknown property \`${name}\`: ${hintFor(name, Object.keys(properties))}`);
  const isTold = scenario.steps.some(({ expect }) =>
    expect.some(({ grid }) => grid.cells.includes('undefined')),
  );
  if (!isTold) complain(['property'], 'no grid has a `?` cell that could tell the property', 'key');
};
