import type { Labels } from '../../kube/types.ts';
import { familyOf } from '../../kube/world.ts';

/** The lab's fixed numbers. Each lane has a quarter of each node's pod addresses: those that begin with the same three bytes. */
export const maximumLanes = 4;
const addressesPerLane = 256;

export type LabNode = {
  name: string;
  labels: Labels;
  addresses: [string, string];
  podCIDRs: [string, string];
  mac: string;
};

export const nodes: readonly LabNode[] = [0, 1].map((index) => ({
  name: `node${index}`,
  labels: { 'kubernetes.io/hostname': `node${index}`, 'kubernetes.io/os': 'linux' },
  addresses: [`172.30.0.1${index}`, `fd00:172:30::1${index}`],
  podCIDRs: [`10.244.${index * maximumLanes}.0/22`, `${podPrefix(index)}/64`],
  mac: `02:00:00:00:00:1${index}`,
}));

/** The source addresses of one lane's pods on one node, of both families. */
export const laneCIDRs = (lane: number, node: number): [string, string] => [
  `10.244.${node * maximumLanes + lane}.0/24`,
  `${podPrefix(node)}${hex(lane * addressesPerLane)}/120`,
];

/** Hands out numbers of `first..last` in rising order, so that a freed one comes again as late as possible. */
export const createNumbers = (first: number, last: number) => {
  const taken = new Set<number>();
  let next = first;
  return {
    take: (): number | undefined => {
      for (let tries = first; tries <= last; tries += 1) {
        const number = next;
        next = next === last ? first : next + 1;
        if (taken.has(number)) continue;
        taken.add(number);
        return number;
      }
      return undefined;
    },
    /** Takes this very number; false where it is taken or not ours. */
    claim: (number: number): boolean => {
      if (number < first || number > last || taken.has(number)) return false;
      taken.add(number);
      return true;
    },
    free: (number: number): void => {
      taken.delete(number);
    },
  };
};

/** Numbers for pods of one lane on one node; the subnet's first and last addresses stay unused. */
export const createPodNumbers = (lane: number) =>
  createNumbers(lane * addressesPerLane + 2, (lane + 1) * addressesPerLane - 2);

/** IPv4 and IPv6 address of a pod, canonical text. */
export const podAddresses = (node: number, number: number): [string, string] => [
  `10.244.${node * maximumLanes + Math.floor(number / addressesPerLane)}.${number % addressesPerLane}`,
  `${podPrefix(node)}${hex(number)}`,
];

/** The number that gives a pod these addresses on this node, or undefined where none does. */
export const numberOfPod = (node: number, addresses: readonly string[]): number | undefined => {
  const [, , third, last] =
    addresses
      .find((address) => familyOf(address) === 'IPv4')
      ?.split('.')
      .map(Number) ?? [];
  const number = (Number(third) - node * maximumLanes) * addressesPerLane + Number(last);
  const given: readonly string[] = podAddresses(node, number);
  return Number.isInteger(number) && addresses.every((address) => given.includes(address))
    ? number
    : undefined;
};

/** The addresses of all Services. */
export const serviceRanges: readonly string[] = ['10.96.0.0/16', 'fd00:10:96::/64'];

/** Addresses of a Service. */
export const serviceAddresses = (number: number): [string, string] => [
  `10.96.${Math.floor(number / 256)}.${number % 256}`,
  `fd00:10:96::${hex(number)}`,
];

/**
 * What nodes use as the next hop to an external host. No interface owns it: its neighbour entry leads to the host's
 * MAC, so that lanes can have external hosts of the same address.
 */
export const nextHops = (number: number): [string, string] => [
  `172.30.${1 + Math.floor(number / 256)}.${number % 256}`,
  `fd00:172:30::1:${hex(number)}`,
];

/** A locally administered MAC address. */
export const macOf = (kind: 'node-side' | 'pod' | 'external', number: number): string =>
  ['02', { 'node-side': '01', pod: '02', external: '03' }[kind], '00', number >> 16, number >> 8, number]
    .map((part) => (typeof part === 'string' ? part : hex(part & 255).padStart(2, '0')))
    .join(':');

/** The text that everybody prints for this address. */
export const canonicalAddress = (address: string): string =>
  familyOf(address) === 'IPv4' ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);

function podPrefix(node: number): string {
  return node === 0 ? 'fd00:10:244::' : `fd00:10:244:${hex(node)}::`;
}

function hex(number: number): string {
  return number.toString(16);
}
