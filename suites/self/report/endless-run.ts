// A run that never closes its record: `node endless-run.ts FOLDER SIGKILL|exit|throw`. It says when a case was written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openRunLog } from '../../../helpers/report/run-log.ts';
import { samples, startOf } from './samples.ts';

const [folder = '', how = ''] = process.argv.slice(2);
const declared = Array.from({ length: 1000 }, (_, index) => ({ ...samples.pass, name: `many/${index}` }));
const log = openRunLog(folder, startOf(declared));

const countPassed = (): number =>
  (JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')) as { counts: { pass: number } }).counts.pass;

for (const entry of declared.slice(0, 900)) {
  log.finish(entry);
  if (how !== 'SIGKILL' || countPassed() > 0) break;
  await delay(5);
}
console.log('written');
if (how === 'throw') throw new Error('on purpose');
if (how === 'exit') process.exit(3);
await delay(60_000);
