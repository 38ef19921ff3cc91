import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { profiles, providers } from '../../../helpers/config.ts';
import { conformanceProfiles, levelOf, profilesOf } from '../../../helpers/report/conformance-profiles.ts';
import { help } from '../../../helpers/run/help.ts';
import { profileOf } from '../../../helpers/run/profiles.ts';
import { features, type Feature } from '../../../helpers/scenario/features.ts';
import { loadShipped } from '../../../helpers/scenario/load.ts';
import { properties } from '../../../helpers/scenario/properties.ts';
import { root } from '../netpol.ts';

/** Rows of the table below a heading, cells trimmed and without backticks. */
const readTable = async (file: string, heading: string): Promise<string[][]> => {
  const text = await readFile(join(root, 'docs', file), 'utf8');
  const [, section = ''] = text.split(`\n${heading}\n`);
  const lines = section.split(/\n#+ /)[0]?.split('\n') ?? [];
  const [, , ...rows] = lines.filter((line) => line.startsWith('|'));
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
};

describe('tables of the documentation', () => {
  it('have every feature with its meaning, the profiles that its cases count for, and its level', async () => {
    const shipped = await loadShipped();
    const profilesOfCases = (feature: Feature): ReadonlySet<string> =>
      new Set(
        shipped
          .filter((scenario) => scenario.features.includes(feature))
          .flatMap((scenario) => profilesOf(scenario.features, scenario.name)),
      );
    const wanted = (Object.keys(features) as Feature[]).map((name) => [
      name,
      features[name],
      conformanceProfiles.filter((profile) => profilesOfCases(name).has(profile)).join(', '),
      levelOf([name]),
    ]);
    expect(await readTable('profiles.md', '## Features')).to.deep.equal(wanted);
  });

  it('have every set of scenarios with its meaning', async () => {
    const rows = await readTable('profiles.md', '## Sets of scenarios');
    expect(rows.map(([name, about]) => [name, about])).to.deep.equal(
      profiles.map((name) => [name, profileOf[name].about]),
    );
  });

  it('have every profile of the conformance report', async () => {
    const rows = await readTable('profiles.md', '## Profiles of the conformance report');
    expect(rows.map(([name]) => name)).to.deep.equal([...conformanceProfiles]);
  });

  it('have every property with what it is about and its two words', async () => {
    const wanted = Object.entries(properties).map(([name, { about, open, closed }]) => [
      name,
      about,
      open,
      closed,
    ]);
    expect(await readTable('semantics.md', '## Properties')).to.deep.equal(wanted);
  });

  it('have every command, in README', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const [, section = ''] = text.split('| command | what it does | more |');
    const [rows = ''] = section.split('\n\n');
    const commands = [...rows.matchAll(/^\| (.*?) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[a-z]+/g) ?? [],
    );
    expect(commands).to.have.members([...new Set(Object.keys(help).map((name) => name.split(' ')[0]))]);
  });

  it('have every provider, in README', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    for (const provider of providers.filter((name) => name !== 'auto'))
      expect(text).to.include(`| \`${provider}\` |`);
  });
});
