import { expect } from 'chai';
import { parse } from 'yaml';
import { formatConformance } from '../../../helpers/report/conformance.ts';
import { isStandard, levelOf, profilesOf } from '../../../helpers/report/conformance-profiles.ts';
import type { CaseRecord, RunRecord, Status } from '../../../helpers/report/record.ts';
import { features } from '../../../helpers/scenario/features.ts';
import { expectGolden } from './golden.ts';
import { recordOf, records, samples } from './samples.ts';
import { tiers } from './tier-samples.ts';

type Level = {
  result: string;
  summary: string;
  statistics: Record<string, number>;
  [list: string]: unknown;
};
type Report = {
  networkPolicyV2APIVersion: string;
  profiles: { name: string; standard: Level; experimental?: Level }[];
  [field: string]: unknown;
};

const reportOf = (record: RunRecord): Report => parse(formatConformance(record)) as Report;

const profileIn = (record: RunRecord, name = 'NetworkPolicy'): Report['profiles'][number] => {
  const found = reportOf(record).profiles.find((profile) => profile.name === name);
  if (found === undefined) throw new Error(`the report has no profile ${name}`);
  return found;
};

let count = 0;
const caseOf = (status: Status, ...needed: string[]): CaseRecord => ({
  ...samples[status],
  name: `network-policy/case/${(count += 1)}`,
  features: needed.length > 0 ? needed : ['NetworkPolicy'],
});

const resultOf = (changes: Partial<RunRecord>, ...cases: CaseRecord[]): string =>
  profileIn({ ...recordOf(cases), ...changes }).standard.result;

describe('ConformanceReport', () => {
  for (const [name, record] of Object.entries({ ...records, tiers })) {
    it(`gives a run with ${name} as the golden`, () => {
      expectGolden(`conformance/${name}.yaml`, formatConformance(record));
    });

    it(`says the same to a reader of YAML 1.1 and of 1.2: ${name}`, () => {
      const text = formatConformance(record);
      expect(parse(text, { version: '1.1' })).to.deep.equal(parse(text, { version: '1.2' }));
    });
  }

  it('counts every case of a profile once, but for those that an unsupported feature takes out', () => {
    for (const record of [...Object.values(records), tiers])
      for (const { name, standard, experimental } of reportOf(record).profiles) {
        const cases = record.cases.filter((entry) =>
          (profilesOf(entry.features, entry.name) as string[]).includes(name),
        );
        const levels = [standard, ...(experimental === undefined ? [] : [experimental])];
        const counted = levels.map(
          ({ statistics, unsupportedTests = [] }) =>
            Object.values(statistics).reduce((sum, number) => sum + number, 0) +
            (unsupportedTests as string[]).length,
        );
        expect(
          counted.reduce((sum, number) => sum + number, 0),
          name,
        ).to.equal(cases.length);
      }
  });

  it('counts what could not be told as Failed, and names it', () => {
    const error = caseOf('error');
    const { standard } = profileIn(recordOf([caseOf('pass'), error]));
    expect(standard.result).to.equal('failure');
    expect(standard.statistics).to.deep.equal({ Passed: 1, Skipped: 0, Failed: 1 });
    expect(standard.failedTests).to.deep.equal([error.name]);
    expect(standard.erroredTests).to.deep.equal([error.name]);
    expect(standard.summary).to.equal('1 passed; 1 could not be told, which counts as Failed');
  });

  it('is a success only where everything was asked, told and proved', () => {
    const passed = caseOf('pass');
    const unasked = [{ features: ['NetworkPolicy'], cases: 3 }];
    expect(resultOf({}, passed)).to.equal('success');
    expect(resultOf({}, passed, caseOf('skip'))).to.equal('partial');
    expect(resultOf({}, passed, caseOf('fail'))).to.equal('failure');
    expect(resultOf({}, passed, caseOf('fail'), caseOf('skip'))).to.equal('failure');
    expect(resultOf({ unasked }, passed)).to.equal('partial');
    expect(resultOf({ aborted: 'interrupted' }, passed)).to.equal('failure');
    expect(resultOf({ vacuous: [{ name: passed.name, reason: 'no denied cell' }] }, passed)).to.equal(
      'partial',
    );
    const { unasked: taken, ...generatedOnly } = recordOf([passed]);
    expect(taken).to.deep.equal([]);
    expect(profileIn(generatedOnly).standard.result).to.equal('partial');
  });

  it('is no success where no case of the level ran', () => {
    const { standard, experimental } = profileIn(recordOf([caseOf('pass', 'NetworkPolicy', 'ICMP')]));
    expect(standard.result).to.equal('partial');
    expect(standard.statistics).to.deep.equal({ Passed: 0, Skipped: 0, Failed: 0 });
    expect(experimental?.result).to.equal('success');
  });

  it('holds a level back only for cases of that level and that profile', () => {
    const unasked = [
      { features: ['NetworkPolicy', 'ICMP'], cases: 2 },
      { features: ['ClusterNetworkPolicy'], cases: 9 },
    ];
    const passed = [caseOf('pass'), caseOf('pass', 'NetworkPolicy', 'ICMP')];
    const { standard, experimental } = profileIn({ ...recordOf(passed), unasked });
    expect(standard.result).to.equal('success');
    expect(experimental?.result).to.equal('partial');
    expect(experimental?.summary).to.equal('1 passed; 2 not asked for');
    expect(experimental).to.deep.include({ supportedFeatures: [], untoldFeatures: ['ICMP'] });
  });

  it('counts skipped cases of a standard feature, whoever skipped them', () => {
    const record = recordOf([caseOf('pass'), caseOf('skip', 'NetworkPolicy', 'NetworkPolicyEndPort')]);
    const { standard } = profileIn({ ...record, config: { skip: ['NetworkPolicyEndPort'] } });
    expect(standard.statistics).to.deep.equal({ Passed: 1, Skipped: 1, Failed: 0 });
    expect(standard.result).to.equal('partial');
  });

  it('sorts experimental features by what the user said and by what their cases showed', () => {
    const record = recordOf([
      caseOf('pass', 'NetworkPolicy', 'HostNetwork'),
      caseOf('pass', 'NetworkPolicy', 'Fragments'),
      caseOf('skip', 'NetworkPolicy', 'Fragments', 'ICMP'),
      caseOf('skip', 'PolicyValidation'),
      caseOf('pass', 'NodePort'),
      caseOf('skip', 'NodePort'),
      caseOf('error', 'KubeletProbes'),
      caseOf('pass', 'EstablishedConnections'),
      caseOf('fail', 'EstablishedConnections'),
    ]);
    const config = { skip: ['ICMP'], features: ['HostNetwork'] };
    const { experimental } = profileIn({ ...record, config });
    expect(experimental).to.deep.include({
      supportedFeatures: ['Fragments', 'HostNetwork'],
      unsupportedFeatures: ['ICMP', 'PolicyValidation'],
      inferredFeatures: ['Fragments'],
      failedFeatures: ['EstablishedConnections'],
      untoldFeatures: ['KubeletProbes', 'NodePort'],
      statistics: { Passed: 4, Skipped: 1, Failed: 2 },
    });
    expect(experimental?.unsupportedTests).to.have.length(2);
  });

  it('infers no feature from what an idle plugin would pass', () => {
    const passed = caseOf('pass', 'NetworkPolicy', 'ICMP');
    const record = { ...recordOf([passed]), vacuous: [{ name: passed.name, reason: 'no denied cell' }] };
    expect(profileIn(record).experimental).to.deep.include({
      supportedFeatures: [],
      untoldFeatures: ['ICMP'],
    });
  });

  it('has the date of the end of the run', () => {
    expect(reportOf(records.pass).date).to.equal('2026-01-02T03:04:08Z');
  });

  it('has empty fields where the user did not say who made the plugin, and no version without a CRD', () => {
    const { implementation, ...record } = records.pass;
    expect(implementation).to.not.equal(undefined);
    expect(reportOf(record).implementation).to.deep.equal({
      ...{ organization: '', project: '', url: '', version: '', contact: [], additionalInformation: '' },
    });
    expect(reportOf(record).networkPolicyV2APIVersion).to.equal('');
  });

  it('keeps names as they are, whatever stands in them, and hides nothing behind a broken line', () => {
    const hostile =
      'a: [b] {c} # d "e" \'f\' & *g !h | > % @ ` \\ \u00fc \u{1f600}\n- \u001b[31mred\u001b[0m\u0000\u0007\ud800\u2028x\ufeff\ufffe\ttab';
    const kept = 'a: [b] {c} # d "e" \'f\' & *g !h | > % @ ` \\ \u00fc \u{1f600}\n- red\ufffd x\ttab';
    const words = [
      'yes',
      'null',
      '~',
      '1:30',
      '0o7',
      '1_000',
      '2026-01-02',
      '',
      ' x ',
      '=',
      '<<',
      '- a',
      '#',
    ];
    const names = [hostile, ...words];
    const cases = names.map((name) => ({ ...caseOf('fail'), name }));
    const implementation = { ...records.pass.implementation, version: '1.10', contact: names };
    const text = formatConformance({ ...recordOf(cases), implementation } as RunRecord);
    for (const version of ['1.1', '1.2'] as const) {
      const read = parse(text, { version }) as Report;
      expect(read.profiles[0]?.standard.failedTests).to.deep.equal([kept, ...words]);
      expect(read.implementation).to.deep.include({ version: '1.10', contact: [kept, ...words] });
    }
    expect(text.replaceAll('\n', '')).to.not.match(/[\p{Cc}\u2028\u2029\ufeff]/u);
  });

  it('holds a list that is used twice twice, without an anchor', () => {
    const names = ['@one'];
    const implementation = { ...records.pass.implementation, contact: names };
    const unaliased = { ...records.pass, implementation, command: names } as RunRecord;
    expect(formatConformance(unaliased)).to.not.match(/[&*]a\d/);
  });
});

describe('conformance profiles', () => {
  it('take a case by the kinds that its features are named after', () => {
    expect(profilesOf(['NetworkPolicy', 'NetworkPolicyUDP'])).to.deep.equal(['NetworkPolicy']);
    expect(profilesOf(['NetworkPolicy', 'AdminNetworkPolicyNamedPorts'])).to.deep.equal([
      'AdminNetworkPolicy',
    ]);
    expect(profilesOf(['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'])).to.deep.equal([
      ...['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'],
    ]);
    expect(profilesOf(['ClusterNetworkPolicy', 'SilentDeny'])).to.deep.equal(['ClusterNetworkPolicy']);
    expect(profilesOf(['ICMP'])).to.deep.equal(['NetworkPolicy']);
  });

  it('find the kind of a case that asks only the API server in its folders, or take all admin kinds', () => {
    const needed = ['AdminPolicyValidation'];
    expect(profilesOf(needed, 'cluster-network-policy/api/tier')).to.deep.equal(['ClusterNetworkPolicy']);
    expect(profilesOf(needed, 'admin-network-policy/api/x')).to.deep.equal(['AdminNetworkPolicy']);
    expect(profilesOf(needed, 'admin/api/x')).to.have.length(3);
  });

  it('demand what NetworkPolicy can say about TCP and UDP, and leave the rest to the plugin', () => {
    expect(Object.keys(features).filter((name) => /^(Network|Services|System)/.test(name))).to.deep.equal(
      Object.keys(features).filter(
        (name) => isStandard(name) && (profilesOf([name])[0] ?? '') === 'NetworkPolicy',
      ),
    );
  });

  it('are experimental for a case as soon as one of its features is, or is unknown', () => {
    expect(levelOf(['ClusterNetworkPolicy', 'ClusterNetworkPolicyNetworks'])).to.equal('standard');
    for (const name of [
      'ClusterNetworkPolicyNamedPorts',
      'ClusterNetworkPolicyDomainNames',
      'SilentDeny',
      'New',
    ])
      expect(levelOf(['ClusterNetworkPolicy', name]), name).to.equal('experimental');
  });
});
