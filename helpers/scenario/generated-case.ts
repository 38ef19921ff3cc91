import { defaultPods, defaultPorts, isStanding, outsidePod, standingPod } from './default-world.ts';
import type {
  Labels,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../kube/types.ts';
import type { Action, Scenario, ScenarioNamespace, ScenarioPod } from './scenario.ts';

/** What makes a generated case: all but its expectations, which only the oracle can give. */
export type GeneratedCase = {
  title: string;
  /** `generated/cyclonus/017-...`: stable, so that a failure of last week can be replayed. */
  name: string;
  /** The file of the generator. */
  file: string;
  spec: string;
  actions: readonly Action[];
  /** Pods and hosts beside the standing ones. */
  pods?: readonly ScenarioPod[];
  namespaces?: readonly ScenarioNamespace[];
};

/**
 * The scenario of a case before its grids are drawn: all standing pods take part, no step expects anything, and the
 * features are still to be found.
 */
export const draftScenario = (generated: GeneratedCase): Scenario => {
  const { title, name, file, spec, actions, pods = [], namespaces = [] } = generated;
  return {
    title,
    name,
    file,
    spec,
    features: [],
    namespaces: [...namespaces],
    pods: [...defaultPods.map((pod) => standingPod(pod, '')), ...pods],
    services: [],
    steps: actions.map((action) => ({ action, expect: [], line: 1 })),
  };
};

export const apply = (...policies: NetworkPolicy[]): Action => ({ verb: 'apply', policies });

/** Whether a scenario was made by a generator, so that it has no file of its own. */
export const isGenerated = ({ name }: Pick<Scenario, 'name'>): boolean => name.startsWith('generated/');

/** A rule of either direction. */
export type Rule = { peers?: NetworkPolicyPeer[]; ports?: NetworkPolicyPort[] };

export type PolicyParts = {
  name: string;
  namespace: string;
  podSelector: LabelSelector;
  /** A direction that is absent is not isolated. */
  ingress?: readonly Rule[];
  egress?: readonly Rule[];
};

/** A policy with its types spelled out. Empty lists of peers and ports are left out, as they are on the wire. */
export const buildPolicy = ({
  name,
  namespace,
  podSelector,
  ingress,
  egress,
}: PolicyParts): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec: {
    podSelector,
    policyTypes: [...(ingress ? (['Ingress'] as const) : []), ...(egress ? (['Egress'] as const) : [])],
    ...(ingress && {
      ingress: ingress.map(({ peers, ports }) => ({
        ...nonEmpty('from', peers),
        ...nonEmpty('ports', ports),
      })),
    }),
    ...(egress && {
      egress: egress.map(({ peers, ports }) => ({ ...nonEmpty('to', peers), ...nonEmpty('ports', ports) })),
    }),
  },
});

/** A selector of one label. */
export const withLabel = (key: string, value: string): LabelSelector => ({ matchLabels: { [key]: value } });

/** A selector of the values that a label may have. */
export const withAnyOf = (key: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator: 'In', values }],
});

/** A pod that a step creates, with labels in place of its default one, where they have the same key. */
export const laterPod = (id: string, labels: Labels): ScenarioPod => {
  const [namespace = '', name = ''] = id.split('/');
  if (isStanding(id)) throw new RangeError(`${id} stands before every scenario`);
  const all = { pod: name, ...labels };
  return { id, namespace, name, why: '', labels: all, ports: [...defaultPorts], node: 1, createdLater: true };
};

/** The hosts outside the cluster: `a` in the first quarter of each range for documentation, `b` in the second. */
const outsideHosts = {
  a: ['203.0.113.10', '2001:db8:113::10'],
  b: ['203.0.113.70', '2001:db8:113::170'],
} as const;

/** Ranges that hold all hosts outside the cluster, the first one only, and the second one only, a family each. */
export const outsideRanges = {
  all: ['203.0.113.0/24', '2001:db8:113::/64'],
  a: ['203.0.113.0/26', '2001:db8:113::/120'],
  b: ['203.0.113.64/26', '2001:db8:113::100/120'],
} as const;

/** `external/a` or `external/b`. */
export const outsideHost = (name: keyof typeof outsideHosts): ScenarioPod =>
  outsidePod(name, outsideHosts[name], '');

const nonEmpty = <Key extends string, Item>(key: Key, items: Item[] = []): { [K in Key]?: Item[] } =>
  items.length === 0 ? {} : ({ [key]: items } as { [K in Key]?: Item[] });
