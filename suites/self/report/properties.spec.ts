import { expect } from 'chai';
import type { Expectation, Outcome } from '../../../helpers/matrix/matrix.ts';
import { readProperties, type PropertyRecord } from '../../../helpers/report/properties.ts';
import { groupByArea } from '../../../helpers/report/property-areas.ts';
import type { CaseRecord, GridRecord } from '../../../helpers/report/record.ts';
import { formatSummary } from '../../../helpers/report/summary.ts';
import { properties, type Property } from '../../../helpers/scenario/properties.ts';
import { expectGolden } from './golden.ts';
import { records, samples } from './samples.ts';

/** A grid of one row; each cell is what was wanted and what was seen. */
const gridOf = (probe: string, cells: readonly (readonly [Expectation, Outcome])[]): GridRecord => ({
  probe,
  rows: ['x/a'],
  columns: cells.map((_, index) => `y/${index}`),
  want: cells.map(([want]) => want),
  got: cells.map(([, outcome]) => ({ outcome, milliseconds: 1 })),
  differing: [],
});

const caseOf = (name: string, grids: GridRecord[], changes: Partial<CaseRecord> = {}): CaseRecord => ({
  ...samples.pass,
  name,
  steps: [{ action: 'apply p', line: 1, settleMs: {}, rounds: 3, retries: 0, grids }],
  ...changes,
});

const told = (...cases: CaseRecord[]): Record<string, string> =>
  Object.fromEntries(readProperties(cases).map(({ name, value }) => [name, value]));

describe('properties of a plugin', () => {
  it('are told in the word for open or closed by the free cells alone', () => {
    const grid = (outcome: Outcome): GridRecord =>
      gridOf('v4 ICMP', [
        ['undefined', outcome],
        ['allow', 'connected'],
        ['ignored', 'error'],
      ]);
    expect(told(caseOf('a', [grid('connected')], { property: 'icmp' }))).to.deep.equal({ icmp: 'allowed' });
    expect(told(caseOf('a', [grid('dropped')], { property: 'icmp' }))).to.deep.equal({ icmp: 'denied' });
    expect(told(caseOf('a', [grid('refused')], { property: 'icmp' }))).to.deep.equal({ icmp: 'denied' });
  });

  it('are mixed where cells or cases disagree, with their numbers', () => {
    const open = caseOf('a', [gridOf('v4 ICMP', [['undefined', 'connected']])], { property: 'icmp' });
    const closed = caseOf('b', [gridOf('v6 ICMP', [['undefined', 'dropped']])], { property: 'icmp' });
    const [icmp] = readProperties([open, closed, closed]);
    expect(icmp).to.deep.include({ value: 'mixed: allowed 1, denied 2', cases: ['a', 'b', 'b'] });
  });

  it('are not told by cases that failed, erred or were skipped', () => {
    const grids = [gridOf('v4 ICMP', [['undefined', 'connected']])];
    for (const status of ['fail', 'error', 'skip'] as const)
      expect(told(caseOf('a', grids, { property: 'icmp', status }))).to.deep.equal({});
  });

  it('are not told by cells of which nothing could be told', () => {
    const grids = [gridOf('v4 ICMP', [['undefined', 'error']])];
    expect(told(caseOf('a', grids, { property: 'icmp' }))).to.deep.equal({});
  });

  it('carry the longest time until something was cut', () => {
    const cut = (cutMs: number): GridRecord => ({
      ...gridOf('v4 established TCP/80', [['undefined', 'dropped']]),
      cutMs,
    });
    expect(
      readProperties([caseOf('a', [cut(12), cut(40)], { property: 'established-tcp' })])[0],
    ).to.deep.equal({
      name: 'established-tcp',
      value: 'cut',
      families: { IPv4: 'cut' },
      cases: ['a'],
      cutMs: 40,
    });
  });

  it('are told apart for each family: ICMP of IPv6 is another protocol', () => {
    const grids = [
      gridOf('v4 ICMP', [['undefined', 'dropped']]),
      gridOf('v6 ICMP', [
        ['undefined', 'connected'],
        ['undefined', 'dropped'],
      ]),
    ];
    const [icmp] = readProperties([caseOf('a', grids, { property: 'icmp' })]);
    expect(icmp?.value).to.equal('mixed: allowed 1, denied 2');
    expect(icmp?.families).to.deep.equal({ IPv4: 'denied', IPv6: 'mixed: allowed 1, denied 1' });
  });

  it('have no family where their cells have none', () => {
    const lookup = gridOf('lookup', [['undefined', 'dropped']]);
    expect(readProperties([caseOf('a', [lookup], { property: 'icmp' })])[0]).to.not.have.property('families');
  });

  it('say how a denial ends for the families that can tell', () => {
    const v4 = gridOf('v4 TCP/80', [['deny', 'refused']]);
    const v6 = gridOf('v6 TCP/80', [['deny', 'dropped']]);
    expect(readProperties([caseOf('a', [v4, v6])])[0]?.families).to.deep.equal({ IPv4: 'reject' });
    expect(readProperties([caseOf('a', [v6])])[0]?.families).to.deep.equal({ IPv6: 'drop' });
  });

  it('tell drop from reject by denied cells of IPv4 where there are any', () => {
    const v4 = (outcome: Outcome): GridRecord => gridOf('v4 TCP/80', [['deny', outcome]]);
    const v6 = gridOf('v6 TCP/80', [['deny', 'dropped']]);
    expect(told(caseOf('a', [v4('dropped'), v6]))).to.deep.equal({ deny: 'drop' });
    expect(told(caseOf('a', [v4('refused'), v6]))).to.deep.equal({ deny: 'reject' });
    expect(told(caseOf('a', [v6]))).to.deep.equal({ deny: 'drop' });
    const service = gridOf('v4 service TCP/80', [['deny', 'refused']]);
    expect(told(caseOf('a', [v4('dropped'), service]))).to.deep.equal({ deny: 'drop' });
    expect(told(caseOf('a', [v4('refused'), v4('dropped')]))).to.deep.equal({
      deny: 'mixed: drop 1, reject 1',
    });
  });
});

const survey: PropertyRecord[] = [
  { name: 'icmp', value: 'mixed: allowed 1, denied 1', families: { IPv4: 'denied', IPv6: 'allowed' } },
  { name: 'icmp-with-port-rule', value: 'denied', families: { IPv4: 'denied', IPv6: 'denied' } },
  { name: 'hairpin', value: 'allowed', families: { IPv4: 'allowed', IPv6: 'allowed' } },
  { name: 'service-ip-in-ipBlock', value: 'not matched', families: { IPv4: 'not matched' } },
  {
    ...{ name: 'established-tcp', value: 'mixed: cut 1, kept 3', cutMs: 1234 },
    families: { IPv4: 'mixed: cut 1, kept 1', IPv6: 'kept' },
  },
  { name: 'host-network-peer', value: 'matched', families: { IPv6: 'matched' } },
  { name: 'of-another-version' as Property, value: 'left', families: { IPv4: 'left', IPv6: 'left' } },
  { name: 'deny', value: 'drop', families: { IPv4: 'drop' } },
];

const printed = (told: PropertyRecord[], width: number): string => {
  const layout = { width, colour: false };
  const text = formatSummary({ ...records.pass, properties: told }, { results: 'results/a' }, layout);
  return text.slice(text.indexOf('properties:'), text.indexOf('vacuous:'));
};

describe('table of properties', () => {
  for (const width of [100, 60])
    it(`has an area after the other, and a column for each family: width ${width}`, () => {
      expectGolden(`properties/survey-${width}.txt`, printed(survey, width));
    });

  it('puts every property that we have into an area of its own kind', () => {
    const named = [...Object.keys(properties), 'deny'].map((name) => ({ name }));
    const groups = groupByArea(named);
    expect(groups.flatMap(({ members }) => members)).to.have.deep.members(named);
    expect(groups.map(({ area }) => area)).to.not.include('others');
  });

  it('keeps what nobody knows, in the last area', () => {
    expect(groupByArea([{ name: 'new' }, { name: 'icmp' }]).map(({ area }) => area)).to.deep.equal([
      ...['ICMP and other protocols', 'others'],
    ]);
  });

  it('has one column where a record does not tell families apart', () => {
    const told = survey.map(({ name, value }) => ({ name, value }));
    expect(printed(told, 100))
      .to.match(/^ {4}deny +drop +how/m)
      .and.not.include('IPv4');
  });
});
