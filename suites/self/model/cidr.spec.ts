import { BlockList } from 'node:net';
import { expect } from 'chai';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { flawOfCidr } from '../../../helpers/kube/syntax.ts';
import { blockContains, contains, parseAddress, parseBlock, parseCidr } from '../../../helpers/model/cidr.ts';

const isIn = (address: string, cidr: string): boolean => contains(parseCidr(cidr), parseAddress(address));

const parses = (cidr: string): boolean => {
  try {
    parseCidr(cidr);
    return true;
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(RangeError);
    return false;
  }
};

// Bytes near each other, so that ranges often hold the address.
const ipv4 = fc
  .tuple(...[0, 1, 2, 3].map(() => fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 255), fc.nat(255))))
  .map((bytes) => bytes.join('.'));
const group = fc.oneof(fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff), fc.nat(0xffff));
const ipv6 = fc
  .tuple(...[0, 1, 2, 3, 4, 5, 6, 7].map(() => group))
  // The other libraries treat IPv4 inside IPv6 in ways of their own.
  .filter((groups) => groups.slice(0, 5).some((value) => value !== 0))
  .map((groups) => groups.map((value) => value.toString(16)).join(':'));

const near = (address: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> =>
  fc.oneof(
    fc.tuple(address, address),
    address.map((same): [string, string] => [same, same]),
    address.map(flipLast),
  );

const flipLast = (address: string): [string, string] => [
  address,
  address.replace(/[0-9a-f]+$/, (digits) => (digits === '0' ? '1' : '0')),
];

describe('CIDR arithmetic', () => {
  it('accepts what Go accepts', () => {
    const accepted = [
      '0.0.0.0/0', '10.0.0.0/8', '10.1.2.3/8', '255.255.255.255/32', '10.0.0.0/08', '::/0', '2001:DB8::/32',
      '::1.2.3.4/120', '1:2:3:4:5:6:7::/64', '::2:3:4:5:6:7:8/128', '1:2:3:4:5:6:1.2.3.4/128', '::ffff:10.0.0.0/104',
    ]; // prettier-ignore
    for (const cidr of accepted)
      expect([cidr, parses(cidr), flawOfCidr(cidr)]).to.deep.equal([cidr, true, undefined]);
  });

  it('refuses what Go refuses', () => {
    const refused = [
      '', '/', '/8', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/+8', '10.0.0.0/ 8', '10.0.0.0/8 ',
      ' 10.0.0.0/8', '010.0.0.0/8', '10.0.0.00/8', '0x0a.0.0.0/8', '10.0.0/8', '10/8', '10.0.0.0.0/8', '256.0.0.0/8',
      '10.0.0.0/8/8', '::/129', ':::/3', ':1::/3', '1::2::3/8', '00001::/16', 'fe80::1%eth0/64', '1:2:3:4:5:6:7:8:9/64',
      '1:2:3:4:5:6:7::8/64', '1:2:3:4:5:6:7:1.2.3.4/128', '::1.2.3/96', '1.2.3.4::/64', '::01.2.3.4/120', 'g::/8', '10.0.0.0/1e1',
    ]; // prettier-ignore
    for (const cidr of refused) {
      expect([cidr, parses(cidr)]).to.deep.equal([cidr, false]);
      expect(flawOfCidr(cidr), cidr).to.be.a('string');
    }
  });

  it('never mixes families: ::/0 holds no IPv4 address and 0.0.0.0/0 no IPv6 address', () => {
    expect([isIn('10.0.0.1', '::/0'), isIn('fd00::1', '0.0.0.0/0')]).to.deep.equal([false, false]);
    expect([isIn('10.0.0.1', '0.0.0.0/0'), isIn('fd00::1', '::/0')]).to.deep.equal([true, true]);
  });

  it('takes IPv4 written in IPv6 for IPv4, as Go does', () => {
    expect(isIn('10.1.2.3', '::ffff:10.0.0.0/104')).to.equal(true);
    expect(isIn('::ffff:a01:203', '10.0.0.0/8')).to.equal(true);
    expect(isIn('11.1.2.3', '::ffff:10.0.0.0/104')).to.equal(false);
    expect(isIn('10.1.2.3', '::ffff:0:0/90')).to.equal(false);
  });

  it('ignores bits behind the prefix length', () => {
    expect(parseCidr('10.1.2.3/9')).to.deep.equal(parseCidr('10.0.0.0/9'));
    expect(parseCidr('2001:db8:ffff::1/33')).to.deep.equal(parseCidr('2001:db8:8000::/33'));
  });

  it('meets each boundary of a range', () => {
    const edges = ['10.127.255.255', '10.128.0.0', '10.255.255.255', '11.0.0.0'];
    expect(edges.map((edge) => isIn(edge, '10.128.0.0/9'))).to.deep.equal([false, true, true, false]);
    const edges6 = ['fd00::ff', 'fd00::100', 'fd00::1ff', 'fd00::200'];
    expect(edges6.map((edge) => isIn(edge, 'fd00::100/120'))).to.deep.equal([false, true, true, false]);
  });

  it('takes exceptions out of a block', () => {
    const block = parseBlock({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.3.4/32'] });
    const held = ['10.0.0.1', '10.1.0.1', '10.2.3.4', '10.2.3.5'].map((at) =>
      blockContains(block, parseAddress(at)),
    );
    expect(held).to.deep.equal([true, false, false, true]);
  });

  for (const [name, addresses, longest] of [
    ['IPv4', ipv4, 32],
    ['IPv6', ipv6, 128],
  ] as const)
    it(`agrees with net.BlockList and ipaddr.js on ${name}`, () => {
      fc.assert(
        fc.property(near(addresses), fc.nat(longest), ([address, network], bits) => {
          const list = new BlockList();
          const family = longest === 32 ? 'ipv4' : 'ipv6';
          list.addSubnet(network, bits, family);
          const parsed = ipaddr.parse(address);
          const range = ipaddr.parseCIDR(`${network}/${bits}`);
          const answers = [
            isIn(address, `${network}/${bits}`),
            list.check(address, family),
            parsed.match(range),
          ];
          expect(new Set(answers).size, `${address} in ${network}/${bits}: ${answers.join()}`).to.equal(1);
        }),
        { numRuns: 2000 },
      );
    });

  it('reads every way of writing an IPv6 address alike', () => {
    fc.assert(
      fc.property(ipv6, (long) => {
        const short = ipaddr.IPv6.parse(long).toString();
        expect(parseAddress(short)).to.deep.equal(parseAddress(long));
        expect(parseAddress(long.toUpperCase())).to.deep.equal(parseAddress(long));
      }),
    );
  });
});
