import type { IPBlock } from '../kube/types.ts';
import type { Family } from '../kube/world.ts';

/** An address as words of 32 bits, the highest first: one for IPv4, four for IPv6. */
export type Address = { family: Family; words: readonly number[] };

/** A range of addresses. Bits behind the prefix length are zero. */
type Cidr = Address & { bits: number };

export type Block = { cidr: Cidr; except: readonly Cidr[] };

/**
 * Reads an address as strictly as Go's net/netip: no leading zeros in IPv4, no zones, no short forms but `::`.
 * An IPv4 address written in IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
 * @throws RangeError where the text is not an address
 */
export const parseAddress = (text: string): Address => {
  const words = text.includes(':') ? readIPv6(text) : readIPv4(text);
  if (words === undefined) throw new RangeError(`not an IP address: ${JSON.stringify(text)}`);
  return unmap(words);
};

/**
 * Reads what Go's net.ParseCIDR reads. Bits behind the prefix length are cleared; a range inside
 * `::ffff:0:0/96` is the IPv4 range.
 * @throws RangeError where the text is not a CIDR
 */
export const parseCidr = (text: string): Cidr => {
  const slash = text.indexOf('/');
  const address = text.slice(0, Math.max(0, slash));
  const length = text.slice(slash + 1);
  const words = address.includes(':') ? readIPv6(address) : readIPv4(address);
  const bits = /^[0-9]+$/.test(length) ? Number(length) : Infinity;
  if (slash < 0 || words === undefined || bits > words.length * 32)
    throw new RangeError(`not an IP range: ${JSON.stringify(text)}`);
  const network = unmap(words.map((word, index) => (word & maskOf(bits, index)) >>> 0));
  return { ...network, bits: bits - (words.length - network.words.length) * 32 };
};

/** Whether the range holds the address. Ranges hold addresses of their own family only. */
export const contains = (cidr: Cidr, address: Address): boolean => {
  if (cidr.family !== address.family) return false;
  for (let index = 0; index * 32 < cidr.bits; index += 1) {
    const difference = cidr.words[index]! ^ address.words[index]!;
    if ((difference & maskOf(cidr.bits, index)) !== 0) return false;
  }
  return true;
};

/** @throws RangeError where a range does not parse */
export const parseBlock = ({ cidr, except }: IPBlock): Block => ({
  cidr: parseCidr(cidr),
  except: (except ?? []).map(parseCidr),
});

/** Whether an ipBlock matches the address: inside `cidr` and inside none of `except`. */
export const blockContains = ({ cidr, except }: Block, address: Address): boolean =>
  contains(cidr, address) && !except.some((hole) => contains(hole, address));

/** The part of a prefix mask that lies in one word. JavaScript shifts by at most 31. */
const maskOf = (bits: number, index: number): number => {
  const here = bits - index * 32;
  if (here >= 32) return -1;
  return here <= 0 ? 0 : -1 << (32 - here);
};

const unmap = (words: readonly number[]): Address => {
  if (words.length === 1) return { family: 'IPv4', words };
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? { family: 'IPv4', words: words.slice(3) } : { family: 'IPv6', words };
};

const readIPv4 = (text: string): number[] | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return [bytes.reduce((word, byte) => word * 256 + byte, 0)];
};

const readIPv6 = (text: string): number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : readGroups(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return [0, 2, 4, 6].map((index) => groups[index]! * 65536 + groups[index + 1]!);
};

/** The 16-bit groups of one half; an IPv4 address may stand only at the very end. */
const readGroups = (text: string, isLast: boolean): number[] | undefined => {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const word = isLast && index === parts.length - 1 && part.includes('.') ? readIPv4(part)?.[0] : undefined;
    if (word !== undefined) groups.push(word >>> 16, word & 0xffff);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
};
