// `node scripts/check-workflows.ts [DIRECTORY]`: workflows and actions of GitHub, ours and those that we show as examples.
// Keys, expressions, needs and cron by GitHub's own parser; what else must hold by scripts/workflow-rules.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path/posix';
import { formatProblem, type Problem } from '../helpers/errors.ts';
import { findRuleBreaks } from './workflow-rules.ts';

/** All that is wrong with the files below a directory, as `file:line:column: message`. */
export const checkWorkflows = async (root: string): Promise<string[]> => {
  const complaints: string[] = [];
  for (const file of listFiles(root)) {
    const text = readFileSync(join(root, file), 'utf8');
    const problems = [...(await parse(text, file)), ...findRuleBreaks(text, file)];
    complaints.push(...problems.toSorted(byPlace).map(formatProblem));
  }
  return complaints;
};

const folders = ['.github/workflows', 'docs/examples'];

const listFiles = (root: string): string[] => [
  ...['action.yml'].filter((file) => existsSync(join(root, file))),
  ...folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((file) => /\.ya?ml$/.test(file))
          .toSorted()
          .map((file) => join(folder, file))
      : [],
  ),
];

const byPlace = (one: Problem, other: Problem): number => (one.line ?? 0) - (other.line ?? 0);

// The parser imports JSON as bundlers do: https://github.com/actions/languageservices/issues.
const hooks = registerHooks({
  load: (url, context, next) =>
    next(
      url,
      url.includes('/@actions/workflow-parser/') && url.endsWith('.json')
        ? { ...context, importAttributes: { type: 'json' } }
        : context,
    ),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } =
  await import('@actions/workflow-parser');
const { convertActionTemplate, parseAction } = await import('@actions/workflow-parser/actions/index');
hooks.deregister();

const parse = async (content: string, file: string): Promise<Problem[]> => {
  const isAction = file.endsWith('action.yml');
  const trace = new NoOperationTraceWriter();
  const { context, value } = (isAction ? parseAction : parseWorkflow)({ name: file, content }, trace);
  // What is not even of the right form would only be complained of twice.
  if (value !== undefined && context.errors.count === 0) {
    if (isAction) convertActionTemplate(context, value);
    else await convertWorkflowTemplate(context, value);
  }
  return context.errors
    .getErrors()
    .map(({ rawMessage, range }) => ({ file, ...range?.start, message: rawMessage }));
};

if (import.meta.main) {
  const complaints = await checkWorkflows(process.argv[2] ?? '.');
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
