import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EnvironmentError, InputError, messageOf, UsageError, type Problem } from '../../errors.ts';
import { layoutOf } from '../../report/layout.ts';
import { readAllowList } from '../../system/allow-list.ts';
import type { ExpectedLabel } from '../../system/audit-namespace.ts';
import { audit } from '../../system/audit.ts';
import { formatBaseline, readBaseline } from '../../system/baseline.ts';
import { modes, type Mode } from '../../system/system.ts';
import { triage } from '../../system/triage.ts';
import { readAuditInput, readClusterInput } from './audit-input.ts';
import { formatAuditJunit } from './audit-junit.ts';
import { formatSarif } from './audit-sarif.ts';
import { formatAudit } from './audit-text.ts';
import { listOf, textOf } from '../more-flags.ts';
import { readCommandLine } from '../selection.ts';
import { readVersion } from '../version.ts';

const command = 'system audit';

/**
 * `netpol system audit`: the namespaces of a platform, in manifests or in a live cluster, which is only read. Returns the
 * exit code: 1 where something of severity error is neither allowed nor in the baseline.
 * @throws UsageError, InputError with every problem of every file, ClusterError
 */
export const systemAuditCommand = async (argv: readonly string[]): Promise<number> => {
  const { config, positionals, flags, json } = readCommandLine(command, argv);
  const mode = readMode(flags['mode']);
  const selectors = listOf(command, flags, 'selector') ?? ['openshift-*'];
  const expectLabels = (listOf(command, flags, 'expect-label') ?? []).map(readLabel);
  const [allowFile, baselineFile, newBaseline, sarif, junit] = (
    ['allow', 'baseline', 'write-baseline', 'sarif', 'junit'] as const
  ).map((flag) => textOf(command, flags, flag));
  if (positionals.length > 0 && (flags['kubeconfig'] ?? flags['context']) !== undefined)
    throw new UsageError({
      subject: 'files and a cluster at once',
      wanted: 'FILE..., or `--kubeconfig` and `--context`',
      got: positionals.join(' '),
      next: 'npm start -- system audit --help',
    });
  const problems: Problem[] = [];
  const input = positionals.length > 0 ? readAuditInput(positionals, problems) : undefined;
  const allow = readWith(readAllowList, allowFile, problems);
  const baseline = newBaseline === undefined ? readWith(readBaseline, baselineFile, problems) : [];
  if (problems.length > 0)
    throw new InputError(
      'Some files cannot be used',
      problems,
      'correct them, or see npm start -- system audit --help',
    );
  const found = audit(input ?? (await readClusterInput(config)), {
    selectors,
    expectLabels,
    ...(mode && { mode }),
  });
  const today = new Date().toISOString().slice(0, 10);
  let result = triage(found, { allow, baseline, today });
  if (newBaseline !== undefined) {
    const text = formatBaseline(
      result.findings.filter(({ status, id }) => status === 'open' && !isStale(id)),
    );
    write(newBaseline, text);
    result = triage(found, { allow, baseline: readBaseline(text, newBaseline, []), today });
  }
  const options = { mode, selectors, hasExpectedLabels: expectLabels.length > 0 };
  if (sarif !== undefined) write(sarif, formatSarif(result, await readVersion()));
  if (junit !== undefined) write(junit, formatAuditJunit(result, options));
  console.log(
    json ? JSON.stringify(result, null, 2) : formatAudit(result, options, layoutOf(process.stdout).width),
  );
  return result.isClean ? 0 : 1;
};

const isStale = (id: string): boolean => id.startsWith('allow-entry-') || id.startsWith('baseline-entry-');

const readWith = <Entry>(
  read: (text: string, file: string, problems: Problem[]) => Entry[],
  file: string | undefined,
  problems: Problem[],
): Entry[] => {
  if (file === undefined) return [];
  try {
    return read(readFileSync(file, 'utf8'), file, problems);
  } catch (error) {
    problems.push({ file, message: messageOf(error) });
    return [];
  }
};

const readMode = (value: unknown): Mode | undefined => {
  if (value === undefined) return undefined;
  const mode = modes.find((each) => each === value);
  if (mode !== undefined) return mode;
  throw new UsageError({ subject: '`--mode`', wanted: modes.join(' or '), got: JSON.stringify(value) });
};

const readLabel = (text: string): ExpectedLabel => {
  const [key = '', ...rest] = text.split('=');
  if (key !== '') return { key, ...(rest.length > 0 && { value: rest.join('=') }) };
  throw new UsageError({ subject: '`--expect-label`', wanted: 'KEY or KEY=VALUE', got: text });
};

const write = (file: string, text: string): void => {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new EnvironmentError({ subject: `cannot write ${file}`, got: messageOf(error) });
  }
};
