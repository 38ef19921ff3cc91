import { findViolations, isObject, type Violation } from './checks.ts';
import { checks, readPod, type PodObject } from './objects.ts';
import type { Pod } from './world.ts';

/** Where each kind of workload says what its pods will be. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  'apps/v1 Deployment': ['spec', 'template'],
  'apps/v1 DaemonSet': ['spec', 'template'],
  'apps/v1 StatefulSet': ['spec', 'template'],
  'apps/v1 ReplicaSet': ['spec', 'template'],
  'batch/v1 Job': ['spec', 'template'],
  'batch/v1 CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

export const isWorkload = (kind: string): boolean => Object.hasOwn(templatePaths, kind);

/** The pod that a workload will make: with its labels and ports, without an address; called `Deployment web`. */
export const readTemplate = (kind: string, value: unknown): { pod: Pod } | { violations: Violation[] } => {
  const path = templatePaths[kind] ?? [];
  const given: unknown = path.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value);
  const template = isObject(given) ? given : {};
  const metadata = isObject(value) && isObject(value['metadata']) ? value['metadata'] : {};
  const { name, namespace } = metadata;
  const { labels } = isObject(template['metadata']) ? template['metadata'] : {};
  const object = { metadata: { name, namespace, labels }, spec: template['spec'] };
  const violations = findViolations(checks.pod, object);
  if (violations.length > 0)
    return {
      violations: violations.map(({ path: inner, message }) => {
        const isOwn = inner[0] === 'metadata' && inner[1] !== 'labels';
        return isOwn
          ? { path: inner, message }
          : { path: [...path, ...inner], message: `${path.join('.')}.${message}` };
      }),
    };
  // The check has just proved it.
  const pod = readPod(object as PodObject);
  return { pod: { ...pod, name: `${kind.replace(/.* /, '')} ${pod.name}` } };
};
