import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkImports } from '../../../scripts/check-imports.ts';

type Row = readonly [file: string, source: string, complaint?: RegExp];

const red: readonly Row[] = [
  ['helpers/errors.ts', `import { a } from './wait.ts';`, /wait\.ts: helpers\/errors may import nothing/],
  ['helpers/config.ts', `import { a } from './kube/client.ts';`, /config is plain data/],
  ['helpers/kube/a.ts', `import { a } from '../matrix/matrix.ts';`, /helpers\/matrix\/matrix\.ts/],
  ['helpers/matrix/a.ts', `import { idOf } from '../kube/world.ts';`, /write `import type`/],
  ['helpers/matrix/a.ts', `import type { A } from '../kube/client.ts';`, /compute its cells elsewhere/],
  ['helpers/model/a.ts', `import type { A } from '../scenario/scenario.ts';`, /give it a World/],
  ['helpers/model/a.ts', `import { a } from '../kube/yaml.ts';`, /helpers\/kube\/yaml\.ts/],
  ['helpers/scenario/a.ts', `import { a } from '../kube/client.ts';`, /helpers\/run brings it together/],
  ['helpers/reference/a.ts', `import { idOf } from '../kube/types.ts';`, /write `import type`/],
  ['helpers/reference/a.ts', `import { type A } from '../kube/types.ts';`, /write `import type`/],
  ['helpers/reference/a.ts', `import type { A } from '../kube/world.ts';`, /shares no line/],
  ['helpers/reference/a.ts', `import { matches } from '../model/matching.ts';`, /shares no line/],
  ['helpers/reference/a.ts', `import { parse } from 'yaml';`, /`node:` only/],
  [
    'helpers/reference/a.ts',
    `import data from '../../package.json' with { type: 'json' };`,
    /shares no line/,
  ],
  ['helpers/probe/agent.mjs', `import { execa } from 'execa';`, /`node:` only/],
  ['helpers/probe/agent.mjs', `import { a } from '../errors.ts';`, /the agent is one file/],
  ['helpers/probe/link.ts', `import { a } from '../cluster/kind.ts';`, /through cluster\/cluster\.ts only/],
  ['helpers/cluster/lab/a.ts', `import type { A } from '../../scenario/scenario.ts';`, /knows no scenario/],
  ['helpers/report/a.ts', `import { a } from '../config.ts';`, /pure function of the run record/],
  [
    'helpers/report/a.ts',
    `import type { A } from '../scenario/scenario.ts';`,
    /pure function of the run record/,
  ],
  [
    'suites/network-policy/a.spec.ts',
    `import { a } from '../../helpers/kube/client.ts';`,
    /a loop over scenarios/,
  ],
  ['suites/network-policy/a.spec.ts', `import { a } from '../self/a.ts';`, /a loop over scenarios/],
  ['helpers/run/a.ts', `import { a } from '../../scripts/bench.ts';`, /move it below helpers/],
  ['helpers/run/a.ts', `import { a } from '../../../elsewhere.ts';`, /outside of the repository/],
  ['helpers/cluster/a.ts', `import { A } from '@kubernetes/client-node';`, /private keys/],
  ['helpers/model/a.ts', `import { expect } from 'chai';`, /only suites, helpers\/run/],
  ['helpers/probe/a.ts', `import Mocha from 'mocha/lib/mocha.js';`, /only suites, helpers\/run/],
  ['helpers/run/a.ts', `import { join } from 'path';`, /write `node:path`/],
  ['helpers/news/a.ts', `export {};`, /Unknown room: helpers\/news\/a\.ts/],
  ['helpers/model/a.ts', `export const a = 1;\n`.repeat(251), /Too long: .* 251 lines/],
  // The forms in which an import can be written.
  ['helpers/errors.ts', `export { a } from './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `export * from './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `export type * as all from './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `\n\nimport './wait.ts';`, /errors\.ts:3/],
  ['helpers/errors.ts', `import a, * as all from './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `import type { A } from './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `import {\n  a as b, // one\n  type C,\n} from\n  "./wait.ts"`, /errors\.ts:1/],
  ['helpers/errors.ts', `const a = 4 / 2; const b = await import('./wait.ts'); 1 / a;`, /errors\.ts:1/],
  ['helpers/errors.ts', `/* a\n*/ type A = import('./wait.ts').A;`, /errors\.ts:2/],
  ['helpers/errors.ts', 'const a = `${await import(`./wait.ts`)}`;', /errors\.ts:1/],
  ['helpers/errors.ts', 'const a = `x\n${b}\n`; import "./wait.ts";', /errors\.ts:3/],
  ['helpers/errors.ts', `const a = /["'\`]/; import './wait.ts';`, /errors\.ts:1/],
  ['helpers/errors.ts', `const a = require('./wait.ts');`, /errors\.ts:1/],
  ['helpers/errors.ts', `const from = 1;\nexport { from };\nimport './wait.ts';`, /errors\.ts:3/],
  ['helpers/run/a.ts', `await import(name);`, /\(computed\)/],
  ['helpers/run/a.ts', 'await import(`./${name}.ts`);', /\(computed\)/],
];

const green: readonly Row[] = [
  ['helpers/errors.ts', `// import './wait.ts'\n/* import './wait.ts' */\nconst a = "import './wait.ts'";`],
  ['helpers/errors.ts', "const a = `import './wait.ts'`; const b = `${1} import './wait.ts'`;"],
  ['helpers/errors.ts', `const a = { import: 1 }; a.import; import.meta.url; thing.require('./wait.ts');`],
  ['helpers/errors.ts', `export const from = './wait.ts'; export type A = 'a' | 'b'; export { from as to };`],
  ['helpers/matrix/a.ts', `import type { Family } from '../kube/world.ts'; import { a } from './grid.ts';`],
  ['helpers/model/a.ts', `import { idOf } from '../kube/world.ts'; import { a } from '../matrix/matrix.ts';`],
  [
    'helpers/scenario/a.ts',
    `import { a } from '../kube/yaml.ts'; import { b } from '../kube/validate-policy.ts';`,
  ],
  [
    'helpers/reference/a.ts',
    `import type { A } from '../kube/types.ts'; import fs from 'node:fs'; import './b.ts';`,
  ],
  ['helpers/probe/a.ts', `import { a } from '../cluster/cluster.ts'; import { b } from '../kube/client.ts';`],
  ['helpers/report/a.ts', `import { a } from '../scenario/features.ts'; import Mocha from 'mocha';`],
  ['helpers/kube/client.ts', `import { KubeConfig } from '@kubernetes/client-node';`],
  ['helpers/run/a.ts', `import { a } from '../model/oracle.ts'; import data from '../../package.json';`],
  ['suites/self/model/a.spec.ts', `import { a } from '../../../helpers/reference/plugin.ts'; import 'chai';`],
  ['suites/network-policy/a.spec.ts', `import { check } from '../../helpers/run/suite.ts';`],
  ['helpers/model/a.ts', `export const a = 1;\n`.repeat(250)],
];

const script = fileURLToPath(new URL('../../../scripts/check-imports.ts', import.meta.url));

const run = (root: string) => spawnSync(process.execPath, [script, root], { encoding: 'utf8' });

describe('check-imports', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'netpol-imports-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (file: string, source: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), source);
  };

  for (const [file, source, complaint] of red) {
    it(`refuses ${JSON.stringify(source.slice(0, 80))} in ${file}`, () => {
      write(file, source);
      const complaints = checkImports(root);
      expect(complaints).to.have.length(1);
      expect(complaints[0]).to.match(complaint ?? /never/);
    });
  }

  for (const [file, source] of green) {
    it(`accepts ${JSON.stringify(source.slice(0, 80))} in ${file}`, () => {
      write(file, source);
      expect(checkImports(root)).to.deep.equal([]);
    });
  }

  it('says every complaint and ends with 1 when red, with 0 when green', () => {
    write('helpers/errors.ts', `import './wait.ts';\nimport './config.ts';`);
    expect(run(root).status).to.equal(1);
    expect(run(root).stderr.match(/^Disallowed import helpers\/errors\.ts:\d -> /gm)).to.have.length(2);
    write('helpers/errors.ts', 'export {};');
    expect(run(root)).to.include({ status: 0, stderr: '' });
  });
});
