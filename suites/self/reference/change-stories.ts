import { nameOf } from '../../../helpers/reference/state.ts';
import { createPod, createPolicy, createState } from './worlds.ts';
import type { NetworkPolicyIngressRule } from '../../../helpers/kube/types.ts';
import type { Pod, State } from '../../../helpers/reference/state.ts';

const admitting = (pod: string, port: number): NetworkPolicyIngressRule => ({
  from: [{ podSelector: { matchLabels: { pod } } }],
  ports: [{ port }],
});
const admitB = createPolicy({ ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] });
const calm = createState(admitB, createPolicy({ podSelector: {} }, 'deny'));

const changePod = (name: string, change: (pod: Pod) => Pod[]): State => ({
  ...calm,
  pods: calm.pods.flatMap((pod) => (nameOf(pod) === name ? change(pod) : [pod])),
});
const completed = (name: string): State => changePod(name, (pod) => [{ ...pod, phase: 'Succeeded' }]);
const heir: Pod = { ...createPod('x/heir', 2), node: 'node1' };
const withHeir = changePod('x/b', (pod) => [{ ...pod, phase: 'Failed' }, heir]);
const onlyHeir = changePod('x/b', () => [heir]);

const ofNamespace = createState(
  createPolicy({ ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'red' } } }] }] }),
);
const inNamespaces = (...namespaces: State['namespaces']): State => ({ ...ofNamespace, namespaces });
const x = { name: 'x', labels: { ns: 'x' } };

const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const longText = 'n'.repeat(62);

/** States that follow each other, with what ends, comes back, is exchanged, many or long. */
export const changeStories: State[][] = [
  [completed('x/a')],
  [completed('x/b')],
  [withHeir, onlyHeir],
  [calm, changePod('x/b', () => [])],
  [calm, { ...calm, namespaces: [], policies: [] }, { ...calm, policies: [] }],
  [
    inNamespaces(x, { name: 'y', labels: { team: 'red' } }),
    inNamespaces(x),
    inNamespaces(x, { name: 'y', labels: {} }),
  ],
  [
    createState(createPolicy({ ingress: [admitting('a', 80), admitting('b', 81)] })),
    createState(createPolicy({ ingress: [admitting('a', 81), admitting('b', 80)] })),
  ],
  [
    createState(
      ...many(20).map((port) => createPolicy({ ingress: [admitting('b', port)] }, `policy-${port}`)),
    ),
  ],
  [createState(createPolicy({ ingress: many(80).map((port) => admitting('b', port)) }))],
  [createState(createPolicy({ ingress: [{ ports: many(50).map((port) => ({ port: port * 2 })) }] }))],
  [
    createState(
      ...['a', 'b'].map((pod, index) =>
        createPolicy({ ingress: [admitting(pod, 80 + index)] }, `${longText}n${pod}`),
      ),
    ),
  ],
  [
    {
      ...createState(createPolicy({ ingress: [admitting(`${longText}a`, 80)] })),
      pods: calm.pods.map((pod) => ({
        ...pod,
        labels: { pod: pod.name, ...(pod.name === 'b' && { pod: `${longText}b` }) },
      })),
    },
  ],
];
