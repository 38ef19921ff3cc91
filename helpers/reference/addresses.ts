import { isIP } from 'node:net';

// Nothing but addresses, lengths and ports may reach nft: one bad word would cost the whole transaction.

/** 4 or 6; 0 for what is no address, or one with a zone. */
export const versionOf = (address: string): number => (address.includes('%') ? 0 : isIP(address));

/** 4 or 6; 0 for what is no CIDR. */
export const cidrVersion = (cidr: string): number => {
  const [address = '', length = '', ...rest] = cidr.split('/');
  const version = versionOf(address);
  const valid = rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
  return valid ? version : 0;
};

export const isPortRange = ({ first, last }: { first: number; last: number }): boolean =>
  Number.isInteger(first) && Number.isInteger(last) && first >= 1 && last <= 65_535 && first <= last;
