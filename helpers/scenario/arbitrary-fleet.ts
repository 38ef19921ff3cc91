import * as fc from 'fast-check';
import { defaultPodLabels, defaultPods, outsidePod, standingPod } from './default-world.ts';
import { anyGuests, anyLabels, why } from './arbitrary-guests.ts';
import type { Theme } from './arbitrary-theme.ts';
import type { Action, Scenario, ScenarioPod, ScenarioService } from './scenario.ts';

/** `churn`: pods and namespaces that come and go, one action a step, after the first step. */
export type Fleet = Pick<Scenario, 'namespaces' | 'pods' | 'services'> & { churn: readonly Action[] };

/** Three or four standing pods; and, where the world is about such, guests, hosts outside the cluster, a Service. */
export const anyFleet = (theme: Theme): fc.Arbitrary<Fleet> => {
  const labels = anyLabels(theme);
  const none = fc.constant(undefined);
  return fc
    .record({
      standing: fc.shuffledSubarray([...defaultPods], { minLength: 3, maxLength: 4 }),
      labels: fc.tuple(labels, labels, labels, labels),
      guests: theme.guests ? anyGuests(theme) : none,
      hosts: theme.hosts ? fc.shuffledSubarray(hosts, { minLength: 1, maxLength: 2 }) : none,
      service: theme.service ? anyService : none,
    })
    .map(({ standing, labels, guests, hosts, service }) => {
      const inside = standing.map((pod, index) => ({
        ...standingPod(pod, why),
        labels: { ...pod.labels, ...labels[index] },
      }));
      const pods = [...inside, ...(guests?.pods ?? []), ...(hosts ?? [])];
      return {
        namespaces: guests?.namespaces ?? [],
        churn: guests?.churn ?? [],
        pods: pods.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
        services: service === undefined ? [] : [buildService(inside, service)],
      };
    });
};

/** The blocks of policies are drawn round these addresses. */
const hosts: ScenarioPod[] = [
  outsidePod('a', ['203.0.113.10', '2001:db8:113::10'], why),
  outsidePod('b', ['203.0.113.200', '2001:db8:113::200'], why),
];

const anyService = fc.record({
  pick: fc.nat(),
  byRole: fc.boolean(),
  targetPort: fc.constantFrom<number | string>(80, 81, 'serve-81'),
});

/** In front of one pod, or of all pods of a namespace that have its role. No standing pod beyond the fleet may match. */
const buildService = (
  pods: readonly ScenarioPod[],
  { pick, byRole, targetPort }: { pick: number; byRole: boolean; targetPort: number | string },
): ScenarioService => {
  const { namespace, name, labels } = pods[pick % pods.length] as ScenarioPod;
  const { role } = labels;
  return {
    id: `${namespace}/web`,
    namespace,
    name: 'web',
    type: 'ClusterIP',
    selector: byRole && role !== undefined ? { role } : defaultPodLabels(name),
    ports: [{ protocol: 'TCP', port: 80, targetPort }],
  };
};
