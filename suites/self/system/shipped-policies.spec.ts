import { expect } from 'chai';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import { judgeLink } from '../../../helpers/system/judge.ts';
import { podsOf } from '../../../helpers/system/lint.ts';
import { listSystems, loadSystem } from '../../../helpers/system/load.ts';
import { modes, namespaceOf, worldOf, type Delivery, type System } from '../../../helpers/system/system.ts';

describe('the policies of the systems that come with this package', function () {
  this.timeout(60_000);

  it('are each needed: without it some connection is not as it must be', async () => {
    const idle: string[] = [];
    let needed = 0;
    for (const system of await Promise.all((await listSystems()).map(loadSystem)))
      for (const { name, from = '', deliveries } of system.releases) {
        if (name.endsWith('-doubled')) continue;
        const before = system.releases.find((release) => release.name === from)?.deliveries;
        const fresh = [...deliveries.values()].filter(
          (delivery) => delivery !== before?.get(delivery.component),
        );
        const policiesOf = ({ objects, only }: Delivery): NetworkPolicy[] =>
          [objects, only.restricted, only.unrestricted].flatMap((part) => part.policies);
        const policies = [...deliveries.values()].flatMap(policiesOf);
        for (const policy of fresh.flatMap(policiesOf)) {
          const { namespace = '', name: title } = policy.metadata;
          const { ingress, egress } = policy.spec ?? {};
          // What a namespace begins with: it admits nobody, or everybody, before others say more.
          const isBaseline = ingress === undefined && egress === undefined;
          const isAlone = policies.filter(({ metadata }) => metadata.namespace === namespace).length === 1;
          if (isBaseline || isAlone) continue;
          if (isWrongWithout(policy, system, deliveries)) needed += 1;
          else idle.push(`${system.name}, ${name}: ${namespace}/${title}`);
        }
      }
    expect(idle).to.deep.equal([]);
    expect(needed).to.be.at.least(100);
  });
});

const isWrongWithout = (
  policy: NetworkPolicy,
  system: System,
  deliveries: ReadonlyMap<string, Delivery>,
): boolean => {
  const { namespace = '' } = policy.metadata;
  const links = [...deliveries.values()].flatMap((delivery) => delivery.links);
  const near = links.filter(({ from, to }) => [from, to].map(namespaceOf).includes(namespace));
  return modes.some((mode) => {
    const placement = { deliveries, modeOf: () => mode };
    return near.some((link) => {
      const ends = [link.from, link.to].map(namespaceOf);
      const world = worldOf(placement, podsOf(system), (name) => ends.includes(name));
      const policies = world.policies.filter((other) => other !== policy);
      return judgeLink(link, placement, { ...world, policies }) !== undefined;
    });
  });
};
