import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { checkWorkflows } from '../../../scripts/check-workflows.ts';
import { temporaryFolder } from '../netpol.ts';

const workflow = `name: good
on:
  push:
    branches: [main]
  schedule:
    - cron: '17 4 * * 1'
  workflow_dispatch:
    inputs:
      plugin: { type: string }
permissions:
  contents: read
jobs:
  first:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    outputs:
      list: \${{ steps.make.outputs.list }}
    steps:
      - uses: actions/checkout@v4
      - id: make
        run: echo "list=$PLUGIN" >> "$GITHUB_OUTPUT"
        env:
          PLUGIN: \${{ inputs.plugin || 'matrix.nothing' }}
  second:
    needs: [first]
    if: always() && needs.first.result == 'success'
    strategy:
      matrix:
        plugin: [a, b]
        include: [{ plugin: c, extra: d }]
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - uses: owner/action@0123456789012345678901234567890123456789
        with: { a: '\${{ matrix.plugin }} \${{ matrix.extra }}', b: '\${{ needs.first.outputs.list }}' }
`;

const action = `name: good
description: It does it.
inputs:
  plugin: { description: The plugin., default: '' }
outputs:
  verdict: { description: What came out., value: '\${{ steps.run.outputs.verdict }}' }
runs:
  using: composite
  steps:
    - id: run
      shell: bash
      env: { PLUGIN: '\${{ inputs.plugin }}' }
      run: echo "$PLUGIN"
`;

type Row = readonly [what: string, from: string | RegExp, to: string, complaint: RegExp];

const red: readonly Row[] = [
  ['an unknown key of an event', 'branches:', 'branchs:', /^\S+:4:\d+: Unexpected value 'branchs'/],
  [
    'an unknown key of a job',
    'timeout-minutes: 5',
    'timeout-minutes: 5\n    step: []',
    /Unexpected value 'step'/,
  ],
  ['a minute that no hour has', '17 4', '99 4', /^\S+:6:\d+: .*cron/i],
  ['a job that needs nobody', 'needs: [first]', 'needs: [frist]', /frist/],
  ['an unknown context', '${{ inputs.plugin ||', '${{ input.plugin ||', /Unrecognized named-value: 'input'/],
  ['an expression that does not end', "'matrix.nothing' }}", "'matrix.nothing'", /not closed/],
  ['a function that there is not', 'always() &&', 'alwys() &&', /function.*alwys|alwys.*function/i],
  [
    'an input that there is not',
    'inputs.plugin ||',
    'inputs.plugins ||',
    /inputs\.plugins leads nowhere: inputs has plugin here/,
  ],
  [
    'an axis that there is not',
    'matrix.extra',
    'matrix.more',
    /matrix\.more leads nowhere: matrix has plugin, extra here/,
  ],
  ['a step that there is not', 'steps.make.outputs', 'steps.made.outputs', /steps\.made.* leads nowhere/],
  ['an output that there is not', "outputs.list }}'", "outputs.lost }}'", /outputs of first are list/],
  [
    'a job that is not needed',
    'needs.first.result',
    'needs.other.result',
    /needs\.other leads nowhere: needs has first here/,
  ],
  ['an action that others can change', /@0123\d+/, '@v1', /owner\/action@v1 must be pinned/],
  ['an action by a short commit', /@0123\d+/, '@0123456', /must be pinned by a commit/],
  [
    'words of strangers in a shell',
    'list=$PLUGIN',
    'list=${{ github.event.head_commit.message }}',
    /no \$\{\{ \}\} in `run`/,
  ],
  [
    'a job without an end',
    /    timeout-minutes: 5\n    outputs/,
    '    outputs',
    /timeout-minutes must be said/,
  ],
  ['the rights of the token', 'permissions:\n  contents: read\n', '', /permissions must be said/],
  [
    'a workflow that others can change',
    /  second:\n[^]*/,
    '  second:\n    uses: owner/repository/.github/workflows/a.yml@main\n',
    /owner\/repository\/\.github\/workflows\/a\.yml@main must be pinned/,
  ],
];

const redAction: readonly Row[] = [
  ['an unknown key of an action', 'default:', 'defualt:', /Unexpected value 'defualt'/],
  ['a step that there is not in an output', 'steps.run.', 'steps.ran.', /steps\.ran.* leads nowhere/],
  [
    'an input that there is not in an action',
    'inputs.plugin',
    'inputs.plugins',
    /inputs\.plugins leads nowhere/,
  ],
  ['a step without a shell', '      shell: bash\n', '', /shell/],
  ['an input in a shell', 'echo "$PLUGIN"', 'echo "${{ inputs.plugin }}"', /no \$\{\{ \}\} in `run`/],
];

describe('check-workflows', () => {
  const check = async (files: Record<string, string>): Promise<string[]> => {
    await using folder = await temporaryFolder();
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder.path, file)), { recursive: true });
      await writeFile(join(folder.path, file), text);
    }
    return await checkWorkflows(folder.path);
  };
  const spoil = (text: string, [, from, to]: Row): string => {
    const spoilt = text.replace(from, () => to);
    expect(spoilt).to.not.equal(text);
    return spoilt;
  };

  it('accepts what is right, in workflows, in an action and in examples', async () => {
    const files = {
      '.github/workflows/a.yml': workflow,
      'docs/examples/b.yml': workflow,
      'action.yml': action,
    };
    expect(await check(files)).to.deep.equal([]);
  });

  for (const row of red) {
    it(`finds ${row[0]}`, async () => {
      const complaints = await check({ 'docs/examples/bad.yml': spoil(workflow, row) });
      expect(complaints.join('\n')).to.match(row[3]);
      expect(complaints[0]).to.match(/^docs\/examples\/bad\.yml:\d+:\d+: /);
    });
  }

  for (const row of redAction) {
    it(`finds ${row[0]}`, async () => {
      expect((await check({ 'action.yml': spoil(action, row) })).join('\n')).to.match(row[3]);
    });
  }

  it('says everything that is wrong at once', async () => {
    const text = [red[0]!, red[12]!, red[15]!].reduce((text, row) => spoil(text, row), workflow);
    expect(await check({ '.github/workflows/bad.yml': text })).to.have.length(3);
  });
});
