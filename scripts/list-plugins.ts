// `node scripts/list-plugins.ts [NAME...]`: the plugins that manifests/plugins describes and their modes, or those of them that
// are named, as the matrix of a workflow: [{ "plugin": "cilium/policy-never", "id": "cilium-policy-never", "expect": "failed" }],
// with the verdicts that each may have.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDescription, readDescription } from '../helpers/cluster/plugin-description.ts';
import { UsageError } from '../helpers/errors.ts';

type Listed = { plugin: string; id: string; expect: string };

/** @throws UsageError for a name that is not among them */
export const listPlugins = (wanted: readonly string[] = []): Listed[] => {
  const all = readdirSync(folder).toSorted().flatMap(describe);
  const names = all.map(({ plugin }) => plugin);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new UsageError({ subject: `unknown plugin ${unknown.join(', ')}`, wanted: names.join(', ') });
  return all.filter(({ plugin }) => wanted.length === 0 || wanted.includes(plugin));
};

const folder = fileURLToPath(new URL('../manifests/plugins/', import.meta.url));

const describe = (file: string): Listed[] => {
  const text = readFileSync(`${folder}${file}`, 'utf8');
  if (!isDescription(text)) return [];
  const read = (mode?: string) => readDescription(text, file, mode, () => new Error());
  return [undefined, ...read().modes].map((mode) => {
    // A real plugin that fails is a result; where it is not known whether it does is none.
    const { plugin, expect = 'passed failed' } = read(mode);
    const name = mode === undefined ? plugin : `${plugin}/${mode}`;
    return { plugin: name, id: name.replace('/', '-'), expect };
  });
};

if (import.meta.main) console.log(JSON.stringify(listPlugins(process.argv.slice(2).filter(Boolean))));
