import * as fc from 'fast-check';
import { defaultPodLabels, namespaceNames } from './default-world.ts';
import type { Labels } from '../kube/types.ts';
import type { ContainerPort } from '../kube/world.ts';
import type { Theme } from './arbitrary-theme.ts';
import type { Action, ScenarioNamespace, ScenarioPod } from './scenario.ts';

/** What a scenario brings beside the standing pods, and how it comes and goes. */
type Guests = { namespaces?: ScenarioNamespace[]; pods: ScenarioPod[]; churn?: Action[] };

export const why = 'takes part';

/** Beside the label `pod`: for each other key that the world is about, one of its values or none. */
export const anyLabels = ({ podLabels }: Theme): fc.Arbitrary<Labels> => {
  const keys = Object.entries(podLabels).filter(([key]) => key !== 'pod' && key !== 'ns');
  const values = keys.map(([key, words]) =>
    fc
      .constantFrom(undefined, ...words.filter((word) => word !== 'nobody'))
      .map((value) => (value === undefined ? {} : { [key]: value })),
  );
  return fc.tuple(...values).map((labels): Labels => Object.assign({}, ...labels));
};

/** A pod with other ports, that stays, comes later, comes back, or leaves its addresses to another; or a namespace. */
export const anyGuests = (theme: Theme): fc.Arbitrary<Guests> =>
  fc
    .record({
      namespace: fc.constantFrom(...namespaceNames),
      labels: anyLabels(theme),
      otherLabels: anyLabels(theme),
      ports: fc.constantFrom<ContainerPort[]>(
        [
          { name: 'serve-80', protocol: 'TCP', port: 8080 },
          { name: 'web', protocol: 'TCP', port: 80 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
        [
          { name: 'serve-81', protocol: 'TCP', port: 80 },
          { name: 'serve-80', protocol: 'TCP', port: 81 },
        ],
        [
          { name: 'serve-80', protocol: 'UDP', port: 80 },
          { name: 'serve-80-udp', protocol: 'TCP', port: 80 },
        ],
        [
          { protocol: 'TCP', port: 80 },
          { protocol: 'UDP', port: 81 },
        ],
      ),
      node: fc.constantFrom(0, 1),
      fate: fc.constantFrom(...Object.values(fates)),
    })
    .map(({ namespace, labels, otherLabels, ports, node, fate }) =>
      fate(buildPod(namespace, 'd', labels, ports, node), buildPod(namespace, 'e', otherLabels, ports, node)),
    );

type Fate = (pod: ScenarioPod, heir: ScenarioPod) => Guests;

const fates: Readonly<Record<string, Fate>> = {
  stays: (pod) => ({ pods: [pod] }),
  // A client only: all lanes would have to share its ports.
  isOnItsNode: (pod) => ({ pods: [{ ...pod, ports: [], hostNetwork: true }] }),
  comesLater: (pod) => ({
    pods: [{ ...pod, createdLater: true }],
    churn: [{ verb: 'create', pods: [pod.id] }],
  }),
  comesBack: (pod) => ({
    pods: [pod],
    churn: [
      { verb: 'remove', pods: [pod.id] },
      { verb: 'create', pods: [pod.id] },
    ],
  }),
  leavesAddresses: (pod, heir) => ({
    pods: [pod, { ...heir, createdLater: true, addressesOf: pod.id }],
    churn: [
      { verb: 'remove', pods: [pod.id] },
      { verb: 'create', pods: [heir.id] },
    ],
  }),
  completes: (pod, heir) => ({
    pods: [pod, { ...heir, createdLater: true, addressesOf: pod.id }],
    churn: [
      { verb: 'complete', pods: [pod.id] },
      { verb: 'create', pods: [heir.id] },
      { verb: 'remove', pods: [pod.id] },
    ],
  }),
  bringsNamespace: (pod) => {
    const guest = inGuestNamespace(pod);
    return {
      namespaces: [{ ...guestNamespace, createdLater: true }],
      pods: [{ ...guest, createdLater: true }],
      churn: [{ verb: 'create', namespaces: [guestNamespace.name], pods: [guest.id] }],
    };
  },
  namespaceComesBack: (pod) => {
    const guest = inGuestNamespace(pod);
    return {
      namespaces: [guestNamespace],
      pods: [guest],
      churn: [
        { verb: 'remove', namespaces: [guestNamespace.name], pods: [] },
        { verb: 'create', namespaces: [guestNamespace.name], pods: [guest.id] },
      ],
    };
  },
};

/** Its labels are such that selectors for `ns: x` mean it as well. */
const guestNamespace: ScenarioNamespace = {
  name: 'w',
  why,
  labels: { ns: 'x', team: 'red' },
  createdLater: false,
};

const inGuestNamespace = (pod: ScenarioPod): ScenarioPod => ({
  ...pod,
  id: `${guestNamespace.name}/${pod.name}`,
  namespace: guestNamespace.name,
});

const buildPod = (
  namespace: string,
  name: string,
  labels: Labels,
  ports: ContainerPort[],
  node: number,
): ScenarioPod => ({
  ...{ id: `${namespace}/${name}`, namespace, name, why, ports, node },
  labels: { ...defaultPodLabels(name), ...labels },
  createdLater: false,
});
