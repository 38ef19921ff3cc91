import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { complete } from '../../../helpers/run/completion.ts';
import { shells, type Shell } from '../../../helpers/run/completion-scripts.ts';
import { help, type CommandName } from '../../../helpers/run/help.ts';
import { installWherePossible, isThere } from '../../../helpers/run/programs.ts';
import { readCommandLine } from '../../../helpers/run/selection.ts';
import { mutants } from '../../../helpers/reference/mutants.ts';
import { runNetpol, root, temporaryFolder } from '../netpol.ts';

const wordsAt = async (line: string): Promise<string[]> => (await complete(line.split(' '))).words;

describe('completion', () => {
  it('offers each command of --help, and the second words of two', async () => {
    expect(await wordsAt('')).to.have.members([
      ...new Set(Object.keys(help).map((name) => name.split(' ')[0])),
      'help',
    ]);
    expect(await wordsAt('system ')).to.have.members(['audit', 'groups', 'replay', 'restricted', 'upgrade']);
    expect(await wordsAt('help system re')).to.deep.equal(['replay', 'restricted']);
    expect(await wordsAt('nothing ')).to.deep.equal([]);
  });

  it('offers of each command the flags that its parser takes', async () => {
    for (const name of Object.keys(help) as CommandName[]) {
      const offered = (await wordsAt(`${name} --`)).filter(
        (flag) => flag !== '--help' && flag !== '--config',
      );
      expect(
        () =>
          readCommandLine(
            name,
            offered.map((flag) => `${flag}=1`),
          ),
        name,
      ).not.to.throw(/unknown/);
      expect(offered.length, name).to.be.at.least(help[name].options.length);
    }
    expect(await wordsAt('--qu')).to.deep.equal(['--quiet']);
  });

  it('offers the values of a flag where there is a list of them, with a space and with =', async () => {
    expect(await wordsAt('run --provider ')).to.deep.equal(['auto', 'existing', 'kind', 'lab']);
    expect(await wordsAt('run --provider=k')).to.deep.equal(['--provider=kind']);
    expect(await wordsAt('run --profile lat')).to.deep.equal(['latency']);
    expect(await wordsAt('list --feature NetworkPolicyE')).to.include('NetworkPolicyEgress');
    expect(await wordsAt('run --plugin ')).to.include.members(['default', 'none', 'reference', 'mutant:']);
    expect(await wordsAt('run --plugin mutant:')).to.have.length(mutants.length);
    expect(await wordsAt('run --crd-bundle v0.2')).to.deep.equal(['v0.2-experimental', 'v0.2-standard']);
    const systems = await readdir(join(root, 'manifests/systems'));
    expect(await wordsAt('system upgrade --system ')).to.deep.equal(systems.toSorted());
    expect(await wordsAt('system upgrade --system openshift-like --to label-')).to.include('label-settled');
    expect(await wordsAt('system restricted --mode r')).to.deep.equal(['restricted']);
  });

  it('knows no value of a flag that the command does not have, and takes none for a switch', async () => {
    expect(await wordsAt('list --provider ')).not.to.include('lab');
    expect(await wordsAt('run --keep ne')).to.deep.equal(['network-policy/']);
  });

  it('goes into the folders of scenarios, one at a time, and ends with their names', async () => {
    expect(await wordsAt('run net')).to.deep.equal(['network-policy/']);
    expect(await wordsAt('list network-policy/pe')).to.deep.equal(['network-policy/peers/']);
    expect(await wordsAt('run network-policy/peers/pod-and')).to.deep.equal([
      'network-policy/peers/pod-and-namespace',
    ]);
    expect(await wordsAt('run ../../')).to.deep.equal([]);
  });

  it('leaves files to the shell, where they may stand', async () => {
    for (const line of [
      'explain x',
      'run --kubeconfig ',
      'run own',
      'monitor --until-exit -- up',
      'run --plugin ./',
    ])
      expect((await complete(line.split(' '))).files, line).to.equal(true);
    for (const line of ['run --provider x', 'run --x', 'system ', 'completion ', 'run net'])
      expect((await complete(line.split(' '))).files, line).to.equal(false);
  });

  it('refuses a shell that it does not know', async () => {
    const { exitCode, stderr } = await runNetpol(['completion', 'tcsh']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('bash or zsh or fish').and.to.include('tcsh');
  });
});

/** What is typed before TAB, and what the line is then. */
const typed: [string, string][] = [
  ['netpol comp', 'netpol comp'],
  ['netpol mon', 'netpol monitor '],
  ['netpol system restr', 'netpol system restricted '],
  ['netpol run --prov', 'netpol run --provider '],
  ['netpol run --provider la', 'netpol run --provider lab '],
  ['netpol run --provider=la', 'netpol run --provider=lab '],
  ['netpol run network-policy/pee', 'netpol run network-policy/peers/'],
  ['netpol run --plugin mut', 'netpol run --plugin mutant:'],
  ['netpol run --plugin mutant:absent-l', 'netpol run --plugin mutant:absent-label-is-empty '],
  ['netpol explain FOLDER/clus', 'netpol explain FOLDER/cluster.yaml '],
];

/** Lines of each shell after TAB, as a person would see them. */
const press: Readonly<Record<Shell, (script: string, lines: readonly string[]) => Promise<string[]>>> = {
  bash: async (script, lines) => {
    const setUp = [
      `source ${script}`,
      String.raw`bind -x '"\C-x\C-x": printf "LINE<%s>\n" "$READLINE_LINE"; READLINE_LINE='`,
    ];
    const input = [...setUp, ...lines.map((line) => `${line}\t\u0018\u0018`), 'exit'].join('\n');
    const { stdout } = await execa('bash', ['--norc', '--noprofile', '-i'], {
      input,
      timeout: 300_000,
      reject: false,
    });
    return [...stdout.matchAll(/LINE<(.*)>/g)].map(([, line = '']) => line);
  },
  zsh: async (script, lines) => {
    const setUp = `${script}.set-up`;
    await writeFile(
      setUp,
      [
        ...['PS1=', 'autoload -Uz compinit && compinit -u -D', `source ${script}`],
        ...[
          String.raw`show() { print -r -- "LINE<$BUFFER>"; BUFFER= }`,
          'zle -N show',
          "bindkey '^X^X' show",
        ],
        'print REA""DY',
      ].join('\n'),
    );
    const drive = `zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "source ${setUp}"
      zpty -r shell out '*READY*'
      for line in "$@"; do
        zpty -w -n shell "$line"$'\\t\\x18\\x18'
        zpty -r shell out '*LINE<*>*'
        print -r -- "\${\${out##*LINE<}%%>*}"
      done`;
    const { stdout } = await execa('zsh', ['-f', '-c', drive, 'zsh', ...lines], {
      timeout: 300_000,
      stripFinalNewline: true,
    });
    return stdout.split('\n');
  },
  // Fish has a command that tells all answers. One that is left alone ends with a space, unless its last sign says that it goes on.
  fish: async (script, lines) => {
    const ask = `source ${script}
      for line in $argv
        echo "LINE<"(complete -C $line | string replace -r '\\t.*' '' | string join '|')">"
      end`;
    const { stdout } = await execa('fish', ['--no-config', '-c', ask, ...lines], { timeout: 300_000 });
    return stdout.split('\n').map((answer, index) => {
      const found = answer.slice('LINE<'.length, -1);
      const line = lines[index] ?? '';
      if (found === '' || found.includes('|')) return line;
      return `${line.slice(0, line.lastIndexOf(' ') + 1)}${found}${/[/:=]$/.test(found) ? '' : ' '}`;
    });
  },
};

describe('the completion script', function () {
  this.timeout(900_000);

  before(async () => {
    const there = await Promise.all(shells.map(isThere));
    // Where that cannot be done, what is there is proved.
    await installWherePossible(
      shells.filter((_, index) => !there[index]),
      () => {},
    ).catch(() => {});
  });

  it('completes what is typed in bash, and in zsh and fish where they are', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'cluster.yaml'), '');
    const inFolder = (text: string): string => text.replace('FOLDER', folder.path);
    for (const shell of shells) {
      if (shell !== 'bash' && !(await isThere(shell))) continue;
      const script = join(folder.path, shell);
      const { stdout } = await runNetpol(['completion', shell]);
      await writeFile(script, stdout);
      const lines = await press[shell](
        script,
        typed.map(([line]) => inFolder(line)),
      );
      expect(lines, shell).to.deep.equal(typed.map(([, line]) => inFolder(line)));
    }
  });
});
