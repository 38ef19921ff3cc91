// Starts a lab of nine pods, prints what a mesh of probes saw as JSON, and ends; with `wait` it stays until it is killed.
import { startLab } from '../../../helpers/cluster/lab/lab.ts';
import { linkAll, nine, probeMesh } from './lab-probes.ts';

await using lab = await startLab({ run: 'self', plugin: process.argv[3] ?? 'none', log: () => {} });
await using lane = await lab.openLane(0, nine);
await using links = await linkAll(lane);
const counts = await probeMesh(lane, links);
process.stdout.write(`${JSON.stringify({ counts, environment: lab.environment })}\n`);
if (process.argv[2] === 'wait') await new Promise(() => setInterval(() => {}, 60_000));
