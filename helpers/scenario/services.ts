import { flawOfLabelName, flawOfPortName, flawOfPortNumber } from '../kube/syntax.ts';
import { serviceNameOf } from '../kube/world.ts';
import { defaultPodLabels, namespaceNames } from './default-world.ts';
import { booleanHint, describe, isFields, readFields, readLabels, refuseUnknownKeys } from './reading.ts';
import type { Flaw } from '../kube/syntax.ts';
import type { Protocol } from '../kube/types.ts';
import type { Path } from '../kube/yaml.ts';
import type { Complain, Fields } from './reading.ts';
import type { ScenarioService } from './scenario.ts';

const serviceTypes = ['ClusterIP', 'Headless', 'NodePort'] as const;
const serviceKeys = ['port', 'protocol', 'targetPort', 'type', 'selector'];

/**
 * Reads the `services` section: `x/web: { port: 80 }`. Unless said otherwise: TCP, to the same port of the pods,
 * `type: ClusterIP`, and the selector `pod: web`. A `type: NodePort` can also be asked by grids `node-port TCP/80`; a
 * `type: ExternalName` is another name for a headless Service of its namespace.
 */
export const readServices = (section: Fields, complain: Complain): ScenarioService[] => {
  const services: ScenarioService[] = [];
  const names: ExternalName[] = [];
  for (const [id, value] of Object.entries(section)) {
    const path = ['services', id];
    const [namespace = '', name = '', ...rest] = id.split('/');
    const known: readonly string[] = namespaceNames;
    if (rest.length > 0 || flawOfLabelName(name) !== undefined || !known.includes(namespace)) {
      complain(
        path,
        `service \`${id}\`: wanted a name like x/web in ${known.join(', ')}${booleanHint(id)}`,
        'key',
      );
      continue;
    }
    const fields = readFields(value, path, complain, 'a service like { port: 80 }');
    if (fields === undefined) continue;
    if (fields['type'] === 'ExternalName') {
      refuseUnknownKeys(fields, ['type', 'externalName'], path, complain);
      names.push({ id, namespace, name, meant: fields['externalName'] });
      continue;
    }
    refuseUnknownKeys(fields, serviceKeys, path, complain);
    const { selector } = fields;
    if (isFields(selector) && Object.keys(selector).length === 0) {
      complain([...path, 'selector'], 'an empty selector selects no pods');
    }
    if (
      fields['type'] === 'Headless' &&
      fields['targetPort'] !== undefined &&
      fields['targetPort'] !== fields['port']
    ) {
      complain(
        [...path, 'targetPort'],
        'a headless Service does not translate ports: `targetPort` is its `port`',
      );
    }
    services.push({
      id,
      namespace,
      name,
      type: readType(fields['type'], [...path, 'type'], complain),
      selector:
        selector === undefined
          ? defaultPodLabels(name)
          : readLabels(selector, [...path, 'selector'], complain),
      ports: [readPort(fields, path, complain)],
    });
  }
  return [...services, ...names.flatMap((alias) => resolveName(alias, services, complain))];
};

/** A Service of `type: ExternalName`, and what its `externalName` says. */
type ExternalName = { id: string; namespace: string; name: string; meant: unknown };

const resolveName = (
  { id, namespace, name, meant }: ExternalName,
  services: readonly ScenarioService[],
  complain: Complain,
): ScenarioService[] => {
  const service = services.find(
    (candidate) =>
      candidate.namespace === namespace &&
      candidate.type === 'Headless' &&
      serviceNameOf(candidate) === meant,
  );
  if (service !== undefined) return [{ ...service, id, name, externalName: service.name }];
  complain(
    ['services', id],
    `\`externalName\` of ${id} must be the name of a headless Service of its namespace, like first.${namespace}.svc.cluster.local, got ${describe(meant)}`,
  );
  return [];
};

const readPort = (fields: Fields, path: Path, complain: Complain): ScenarioService['ports'][number] => {
  const { port, targetPort = port, protocol = 'TCP' } = fields;
  const check = (key: string, flaw: Flaw): void => {
    if (flaw !== undefined) complain([...path, key], `\`${key}\` ${flaw}`);
  };
  check('port', numberFlaw(port));
  if (fields['targetPort'] !== undefined) {
    check('targetPort', typeof targetPort === 'string' ? flawOfPortName(targetPort) : numberFlaw(targetPort));
  }
  check(
    'protocol',
    protocol === 'TCP' || protocol === 'UDP' ? undefined : `must be TCP or UDP, got ${describe(protocol)}`,
  );
  return {
    protocol: (protocol === 'UDP' ? 'UDP' : 'TCP') satisfies Protocol,
    port: Number(port),
    targetPort: typeof targetPort === 'string' ? targetPort : Number(targetPort),
  };
};

const numberFlaw = (value: unknown): Flaw =>
  typeof value === 'number' ? flawOfPortNumber(value) : `must be a number, got ${describe(value)}`;

const readType = (value: unknown, path: Path, complain: Complain): ScenarioService['type'] => {
  const known = serviceTypes.find((type) => type === value);
  if (value !== undefined && known === undefined)
    complain(path, `\`type\` must be ClusterIP, Headless, NodePort or ExternalName, got ${describe(value)}`);
  return known ?? 'ClusterIP';
};
