import { expect } from 'chai';
import type { Lane, ObjectName, PodsInPlace } from '../../../helpers/cluster/cluster.ts';
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { type World } from '../../../helpers/kube/world.ts';
import { openSessionInPlace } from '../../../helpers/run/system/in-place-session.ts';
import { inPlaceScenario, restrictedScenarios } from '../../../helpers/run/system/restricted.ts';
import type { Session } from '../../../helpers/run/session.ts';
import type { CaseRecord } from '../../../helpers/report/record.ts';
import { renamePolicy } from '../../../helpers/scenario/rename.ts';
import type { Scenario } from '../../../helpers/scenario/scenario.ts';
import { visitor } from '../../../helpers/system/wants.ts';
import { loadSystem } from '../../../helpers/system/load.ts';

const realName = (lane: Lane, id: string): ObjectName => {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace: lane.namespaceNames[namespace] ?? '', name };
};

/** A scenario's namespaces, pods and policies in a lane of the lab. */
const stand = async (lane: Lane, { namespaces, pods, steps }: Scenario): Promise<void> => {
  for (const { name, labels } of namespaces)
    await lane.createNamespace(realName(lane, name).namespace, labels);
  await Promise.all(pods.map((pod) => lane.createPod({ ...pod, ...realName(lane, pod.id) })));
  for (const { action } of steps)
    if (action.verb === 'apply')
      for (const policy of action.policies) await lane.applyPolicy(renamePolicy(policy, lane));
};

const nowhere: World = { namespaces: [], pods: [], services: [], policies: [] };

type Change = {
  /** Done to the lane before it is proved. */
  change?: (lane: Lane) => Promise<void>;
  /** What is said of the world. */
  tell?: (world: World) => World;
  draw?: (scenario: Scenario) => Scenario;
};

/** The system stands in the lab with its policies, and is changed. */
const openStanding = async ({
  change = async () => {},
  tell = (world) => world,
  draw = (scenario) => scenario,
}: Change): Promise<{ session: Session; scenario: Scenario }> => {
  const system = await loadSystem('kubernetes-addons');
  const [standing] = restrictedScenarios(system, 'default-deny', 'restricted') as [Scenario];
  const scenario = draw(inPlaceScenario(system, 'default-deny', 'restricted'));
  const lab = await startLab({ run: 'self', plugin: 'reference', log: () => {} });
  const guests = standing.namespaces.map(({ name }) => name);
  const openPods = async (): Promise<PodsInPlace> => {
    const lane = await lab.openLane(0, [], guests);
    await stand(lane, standing);
    await change(lane);
    return {
      realName: ({ namespace, name }) =>
        realName(lane, namespace === '' ? visitor.id : `${namespace}/${name}`),
      world: async () => tell(await lane.world()),
      connect: (name) => lane.connect(name),
      evidence: async () => ({ 'pods.yaml': 'some' }),
      [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
    };
  };
  const cluster = { ...lab, live: { openPods, world: async () => nowhere } };
  return {
    session: await openSessionInPlace(cluster, scenario, { settleBudgetMs: 1500 }, () => {}),
    scenario,
  };
};

/** It is proved as it is then. */
const proveStanding = async (change: Change = {}): Promise<CaseRecord & { files: string[] }> => {
  const { session: opened, scenario } = await openStanding(change);
  await using session = opened;
  session.schedule([scenario]);
  const { record, evidence } = await session.result(scenario);
  return { ...record, files: Object.keys(evidence) };
};

const dropPolicy =
  (namespace: string, name: string) =>
  async (lane: Lane): Promise<void> =>
    lane.deletePolicy({ kind: 'NetworkPolicy', namespace: realName(lane, namespace).namespace, name });

describe('a system that is proved in place', function () {
  this.timeout(60_000);

  it('passes as its release says, without one of its policies being touched', async () => {
    const { status, message, steps } = await proveStanding();
    expect(status, message).to.equal('pass');
    const cells = steps.flatMap(({ grids }) => grids.flatMap(({ want }) => want));
    expect(cells.filter((cell) => cell === 'deny').length).to.be.greaterThan(40);
    expect(steps.map(({ action }) => action)).to.deep.equal(['apply nothing']);
  });

  it('is not probed where it is skipped', async () => {
    const { session: opened } = await openStanding({});
    await using session = opened;
    session.schedule([]);
    expect(session.running()).to.deep.equal([]);
  });

  it('fails where a policy is gone, and says that it is the policies', async () => {
    const { status, message, files } = await proveStanding({
      change: dropPolicy('addon-dns', 'allow-monitoring'),
    });
    expect(status).to.equal('fail');
    expect(message).to.match(/^\d+ of \d+ probes differ after step 1 \(apply nothing\)\n/);
    expect(message).to.include('are not what the release says, whatever the plugin is');
    expect(files).to.deep.equal(['pods.yaml']);
  });

  it('fails where the plugin is wrong, and does not blame the policies', async () => {
    // The policy is gone, but the world is told as if it were there.
    let told: World['policies'] = [];
    const { status, message } = await proveStanding({
      change: async (lane) => {
        told = (await lane.world()).policies;
        await dropPolicy('addon-dns', 'allow-monitoring')(lane);
      },
      tell: (world) => ({ ...world, policies: told }),
    });
    expect(status).to.equal('fail');
    expect(message).to.match(/^\d+ of \d+ probes differ/);
    expect(message).not.to.include('are not what the release says');
  });

  it('is an error where the network is as wanted and the policies say otherwise', async () => {
    const { status, message } = await proveStanding({
      tell: (world) => ({
        ...world,
        policies: world.policies.filter(
          ({ metadata: { name, namespace = '' } }) =>
            name !== 'allow-monitoring' || !namespace.endsWith('-addon-dns'),
        ),
      }),
    });
    expect(status).to.equal('error');
    expect(message).to.include('the network is as it is wanted, but not by the policies of the cluster');
    expect(message).to.match(
      /addon-monitoring\/prometheus -> addon-dns\/dns v4 TCP\/9153: wanted allow, by the policies deny/,
    );
  });

  it('is an error where nothing shows that a pod with closed doors can be reached at all', async () => {
    const { status, message } = await proveStanding({
      // Of all that concerns the registry, only what is closed is asked.
      draw: ({ steps, ...scenario }) => ({
        ...scenario,
        steps: steps.map((step) => ({
          ...step,
          expect: step.expect.map(closeOnly('addon-registry/registry')),
        })),
      }),
    });
    expect(status).to.equal('error');
    expect(message).to.include('nothing shows that the network reaches');
    expect(message).to.include('addon-registry/registry v6');
  });
});

const closeOnly =
  (id: string) =>
  <Drawn extends Scenario['steps'][number]['expect'][number]>(drawn: Drawn): Drawn => {
    const { rows, columns, cells } = drawn.grid;
    const concerns = (index: number): boolean =>
      rows[Math.floor(index / columns.length)] === id || columns[index % columns.length] === id;
    return {
      ...drawn,
      grid: {
        ...drawn.grid,
        cells: cells.map((cell, index) => (cell === 'allow' && concerns(index) ? 'ignored' : cell)),
      },
    };
  };
