import { isIP } from 'node:net';

// What Kubernetes accepts as names, labels and ports:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
// Each function returns what is wrong, in words that fit behind the name of the field, or undefined.

export type Flaw = string | undefined;

/** RFC 1123 label: what names a namespace. */
export const flawOfLabelName = (name: string): Flaw =>
  name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)
    ? undefined
    : `must be at most 63 lower-case letters, digits and '-', with a letter or digit at both ends, got ${quote(name)}`;

/** RFC 1123 subdomain: what names pods and policies. */
export const flawOfSubdomain = (name: string): Flaw =>
  name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
    ? undefined
    : `must be at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part, got ${quote(name)}`;

/** A label or annotation key: an optional prefix and '/', then a name. */
export const flawOfKey = (key: string): Flaw => {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) return `the key ${quote(key)} must have at most one '/'`;
  if (parts.length === 2 && flawOfSubdomain(parts[0] ?? '') !== undefined)
    return `the prefix of the key ${quote(key)} must be a DNS subdomain in lower case`;
  return name.length <= 63 && /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)
    ? undefined
    : `the name in the key ${quote(key)} must be 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends`;
};

/** A finalizer: a key with a prefix, or one of those that the API server knows. */
export const flawOfFinalizer = (name: string): Flaw =>
  flawOfKey(name) ??
  (name.includes('/') || ['orphan', 'foregroundDeletion', 'kubernetes'].includes(name)
    ? undefined
    : `must have a prefix and '/', got ${quote(name)}`);

export const flawOfLabelValue = (value: string): Flaw =>
  value.length <= 63 && /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)
    ? undefined
    : `must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, got ${quote(value)}`;

/** An IANA service name (RFC 6335), what a container calls its port. */
export const flawOfPortName = (name: string): Flaw => {
  if (/^[0-9]+$/.test(name))
    return `is a number in quotes, which would be a port name: write it without quotes`;
  return name.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name)
    ? undefined
    : `must be a number, or a port name of at most 15 lower-case letters, digits and single '-' inside, with at least one letter, got ${quote(name)}`;
};

export const flawOfPortNumber = (port: number): Flaw =>
  Number.isInteger(port) && port >= 1 && port <= 65535 ? undefined : `must be from 1 to 65535, got ${port}`;

/** What Go's net.ParseCIDR refuses. Bits behind the prefix length are fine, leading zeros in an address are not. */
export const flawOfCidr = (text: string): Flaw => {
  const [address = '', length = '', ...rest] = text.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || rest.length > 0 || !/^[0-9]+$/.test(length))
    return `must be an address and a prefix length like 192.0.2.0/24 or 2001:db8::/32, got ${quote(text)}`;
  const longest = version === 4 ? 32 : 128;
  return Number(length) <= longest
    ? undefined
    : `the prefix length must be at most ${longest}, got ${quote(text)}`;
};

/** What CEL's isCIDR refuses besides: zeros before the prefix length, and IPv4 written as IPv6. */
export const flawOfCanonicalCidr = (text: string): Flaw => {
  const flaw = flawOfCidr(text);
  if (flaw !== undefined) return flaw;
  const [address = '', length = ''] = text.split('/');
  if (/^0./.test(length)) return `the prefix length must not begin with 0, got ${quote(text)}`;
  return isIP(address) === 6 && isMappedIPv4(address)
    ? `must not be an IPv4 address written as IPv6, got ${quote(text)}`
    : undefined;
};

/** Whether an IPv6 address is an IPv4 address in another notation. */
export const isMappedIPv4 = (address: string): boolean =>
  /^\[::ffff:[0-9a-f]+:[0-9a-f]+\]$/.test(new URL(`http://[${address}]`).hostname);

const quote = (text: string): string => JSON.stringify(text);
