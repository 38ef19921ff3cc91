import { draftScenario } from './generated-case.ts';
import type { Scenario } from './scenario.ts';

const policies = [10, 100, 1000];
const pods = [9, 50, 200];

/** How long changes take until they hold, in a cluster that has so many policies and pods. Nothing is drawn: it is measured. */
export const latencyCases = (): Scenario[] =>
  pods.flatMap((pods) =>
    policies.map((policies) => ({
      ...draftScenario({
        title: `How long changes take beside ${policies} policies and ${pods} pods`,
        name: `latency/${policies}-policies-${pods}-pods`,
        file: 'helpers/scenario/generated-latency.ts',
        spec: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#pod-lifecycle',
        actions: [],
      }),
      features: ['NetworkPolicy'] satisfies Scenario['features'],
      load: { policies, pods },
    })),
  );
