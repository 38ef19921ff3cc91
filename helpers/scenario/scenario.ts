import type { Labels, NetworkPolicy, Protocol } from '../kube/types.ts';
import type { ContainerPort, Family } from '../kube/world.ts';
import type { Position } from '../matrix/grid.ts';
import type { Expectation, Matrix, Target } from '../matrix/matrix.ts';
import type { Feature } from './features.ts';
import type { Property } from './properties.ts';

/** `namespace/name` with the short names of the file. */
export type PodId = string;

export type ScenarioPod = {
  id: PodId;
  namespace: string;
  name: string;
  /** Why the scenario needs this pod. */
  why: string;
  labels: Labels;
  ports: ContainerPort[];
  /** The node, 0 or 1: the standing fleet's place, or the one that the scenario asks for (0 unless it does). */
  node: number;
  /** Present only for a host outside the cluster: one of each family. */
  addresses?: string[];
  /** The pod does not exist before a step creates it. */
  createdLater: boolean;
};

export type ScenarioService = {
  id: string;
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'Headless';
  selector: Labels;
  ports: { protocol: Protocol; port: number; targetPort: number | string }[];
};

export type Action =
  /** `update` is an `apply` of the next document of the same name. */
  | { verb: 'apply' | 'update' | 'delete'; policies: NetworkPolicy[] }
  /** `labels` are added (or overwritten), `unlabel` names keys to take away. Key: pod id or namespace. */
  | { verb: 'label'; labels: Record<string, Labels> }
  | { verb: 'unlabel'; keys: Record<string, string[]> }
  | { verb: 'create' | 'remove'; pods: PodId[] };

/** One drawn grid. Without a family in its key it holds for every family that the cluster has. */
export type ExpectedGrid = {
  /** As the file says it: `v6 service TCP/80`. */
  key: string;
  target: Target;
  protocol: Protocol;
  port: number;
  family?: Family;
  grid: Matrix<Expectation>;
  /** Where each cell stands in the file. */
  cells: Matrix<Position>;
  line: number;
};

export type Step = { action: Action; expect: ExpectedGrid[]; line: number };

export type Scenario = {
  /** The claim in one sentence, unique. */
  title: string;
  /** `network-policy/peers/pod-and-namespace`: the path below manifests/scenarios without `.yaml`. */
  name: string;
  file: string;
  spec: string;
  features: Feature[];
  /** What its `?` cells, taken together, tell about the plugin. */
  property?: Property;
  pods: ScenarioPod[];
  services: ScenarioService[];
  steps: Step[];
};
