import type { IPBlock } from '../kube/types.ts';
import { idOf } from '../kube/world.ts';
import { blockContains, parseAddress, parseBlock, type Address } from '../model/cidr.ts';
import type { Direction } from '../model/network-policy.ts';
import { isRegulated, listNames, type AuditedPolicy, type View } from './audit-view.ts';
import type { Observation } from './findings.ts';

type Addressed = { id: string; address: Address };

export type AuditBlock = (policy: AuditedPolicy, direction: Direction, block: IPBlock) => Observation[];

/** What is wrong with an ipBlock: it is for addresses outside, and the API leaves open what it does to those inside. */
export const createBlockAudit = (view: View): AuditBlock => {
  const pods = [...view.namespaces.keys()].flatMap(view.podsIn).filter(isRegulated).flatMap(addressesOf);
  const services = view.world.services.flatMap(addressesOf);
  return ({ object }, direction, given) => {
    const block = parseBlock(given);
    const inside = (all: readonly Addressed[]): string[] => [
      ...new Set(all.filter(({ address }) => blockContains(block, address)).map(({ id }) => id)),
    ];
    const text = describeBlock(given);
    const detail = `${direction} ipBlock ${text}`;
    const insidePods = inside(pods);
    const insideServices = direction === 'egress' ? inside(services) : [];
    if (block.cidr.bits === 0) {
      if (insidePods.length + insideServices.length === 0) return [];
      return [
        {
          id: 'ip-block-of-everybody',
          object,
          detail,
          message: `${detail}: it depends on the plugin whether pods and Services of the cluster are part of it`,
          next: 'put the ranges of pods and Services into `except`, and admit pods by selectors',
        },
      ];
    }
    const observe = (
      id: 'ip-block-of-pods' | 'ip-block-of-services',
      what: string,
      ids: readonly string[],
    ): Observation[] =>
      ids.length === 0
        ? []
        : [
            {
              id,
              object,
              detail,
              message: `${detail} holds addresses of ${ids.length} ${ids.length === 1 ? what : `${what}s`}: ${listNames(ids)}`,
              next: 'admit pods by selectors; their addresses change, and plugins need not compare them',
            },
          ];
    return [
      ...observe('ip-block-of-pods', 'pod', insidePods),
      ...observe('ip-block-of-services', 'Service', insideServices),
    ];
  };
};

const addressesOf = (one: { namespace: string; name: string; addresses: readonly string[] }): Addressed[] =>
  one.addresses.map((address) => ({ id: idOf(one), address: parseAddress(address) }));

const describeBlock = ({ cidr, except = [] }: IPBlock): string =>
  (except ?? []).length === 0 ? cidr : `${cidr} except ${(except ?? []).join(', ')}`;
