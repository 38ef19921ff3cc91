// `node scripts/list-plugins.ts [NAME...]`: the plugins that manifests/plugins describes and their modes, or those of them that
// are named, as the matrix of a workflow: [{ "plugin": "calico/nftables", "id": "calico-nftables" }].
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDescription, readDescription } from '../helpers/cluster/plugin-description.ts';
import { UsageError } from '../helpers/errors.ts';

/** @throws UsageError for a name that is not among them */
export const listPlugins = (wanted: readonly string[] = []): { plugin: string; id: string }[] => {
  const names = readdirSync(folder).toSorted().flatMap(namesOf);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new UsageError({ subject: `unknown plugin ${unknown.join(', ')}`, wanted: names.join(', ') });
  return names
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .map((plugin) => ({ plugin, id: plugin.replace('/', '-') }));
};

const folder = fileURLToPath(new URL('../manifests/plugins/', import.meta.url));

const namesOf = (file: string): string[] => {
  const text = readFileSync(`${folder}${file}`, 'utf8');
  if (!isDescription(text)) return [];
  const { plugin, modes } = readDescription(text, file, undefined, () => new Error());
  return [plugin, ...modes.map((mode) => `${plugin}/${mode}`)];
};

if (import.meta.main) console.log(JSON.stringify(listPlugins(process.argv.slice(2).filter(Boolean))));
