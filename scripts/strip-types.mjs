// Node leaves TypeScript alone in folders called node_modules, where npm installs this program: there this module,
// loaded before all others, takes the types away by Node's own means.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url).href;

registerHooks({
  load: (url, context, loadNext) =>
    url.startsWith(root) && new URL(url).pathname.endsWith('.ts')
      ? {
          format: 'module',
          source: stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')),
          shortCircuit: true,
        }
      : loadNext(url, context),
});
