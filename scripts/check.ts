// `npm run check`: everything that needs no cluster and no packets. All parts run, all complaints are shown.
import { execa } from 'execa';

const parts = [
  ['types', 'tsc', ['-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['imports', 'node', ['scripts/check-imports.ts']],
  ['workflows', 'node', ['scripts/check-workflows.ts']],
] as const;

const results = await Promise.all(
  parts.map(async ([name, command, args]) => {
    const { exitCode = 1, all } = await execa(command, args, { preferLocal: true, all: true, reject: false });
    return { name, isFine: exitCode === 0, all };
  }),
);
for (const { name, isFine, all } of results)
  console.log(isFine ? `ok    ${name}` : `RED   ${name}\n${all}\n`);
process.exitCode = results.every(({ isFine }) => isFine) ? 0 : 1;
