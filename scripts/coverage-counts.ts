import type { CoveragePeer } from './coverage-file.ts';
import type { Problem } from '../helpers/errors.ts';

type Cases = readonly [byDefault: number, all: number];

/** How many rows the peers have that were counted in their sources, so that none can vanish here. */
const rowCounts: Readonly<Record<string, number>> = {
  // 42 with TCP, 3 with UDP, 3 with SCTP.
  'kubernetes-netpol': 48,
  'kubernetes-netpol-api': 2,
  // 24 of v0.2.0, and what came after it.
  'network-policy-api': 37,
  'network-policy-api-gaps': 27,
  gaps: 26,
  'nobody-has': 10,
};

/** The groups of Cyclonus' GenerateAllTestCases and its tags: cases that run by default, and all. */
const cyclonusCounts: Readonly<Record<string, Cases>> = {
  'cyclonus/target': [6, 6],
  'cyclonus/rules': [4, 4],
  'cyclonus/peers': [22, 112],
  'cyclonus/ports': [58, 70],
  'cyclonus/example': [0, 1],
  'cyclonus/action': [6, 6],
  'cyclonus/conflict': [16, 16],
  'cyclonus/namespace': [0, 2],
  'cyclonus/upstream': [0, 13],
  'cyclonus/action/create-policy': [2, 2],
  'cyclonus/action/delete-policy': [1, 2],
  'cyclonus/action/update-policy': [1, 1],
  'cyclonus/action/create-pod': [1, 1],
  'cyclonus/action/delete-pod': [1, 1],
  'cyclonus/action/set-pod-labels': [1, 1],
  'cyclonus/action/create-namespace': [1, 1],
  'cyclonus/action/delete-namespace': [1, 1],
  'cyclonus/action/set-namespace-labels': [1, 1],
  'cyclonus/target/target-namespace': [3, 3],
  'cyclonus/target/target-pod-selector': [3, 3],
  'cyclonus/direction/ingress': [51, 105],
  'cyclonus/direction/egress': [51, 103],
  'cyclonus/policy-stack': [0, 0],
  'cyclonus/rule/deny-all': [10, 13],
  'cyclonus/rule/allow-all': [6, 7],
  'cyclonus/rule/any-peer': [2, 2],
  'cyclonus/rule/any-port-protocol': [2, 2],
  'cyclonus/rule/multi-peer': [0, 90],
  'cyclonus/rule/multi-port/protocol': [14, 14],
  'cyclonus/peer-pods/all-pods': [14, 84],
  'cyclonus/peer-pods/pods-by-label': [6, 54],
  'cyclonus/peer-pods/all-namespaces': [10, 58],
  'cyclonus/peer-pods/namespaces-by-label': [6, 54],
  'cyclonus/peer-pods/policy-namespace': [4, 38],
  'cyclonus/peer-pods/namespaces-by-default-label': [0, 2],
  'cyclonus/peer-ipblock/ip-block-no-except': [2, 20],
  'cyclonus/peer-ipblock/ip-block-with-except': [2, 20],
  'cyclonus/port/any-port': [14, 14],
  'cyclonus/port/numbered-port': [28, 40],
  'cyclonus/port/named-port': [24, 25],
  'cyclonus/port/end-port': [0, 12],
  'cyclonus/protocol/tcp': [16, 20],
  'cyclonus/protocol/udp': [16, 20],
  'cyclonus/protocol/sctp': [10, 14],
  'cyclonus/miscellaneous/pathological': [6, 6],
  'cyclonus/miscellaneous/conflict': [16, 17],
  'cyclonus/miscellaneous/example': [0, 1],
  'cyclonus/miscellaneous/upstream-e2e': [0, 13],
};

/** Where the file has other numbers than the sources of the peers. */
export const checkCounts = (peers: readonly CoveragePeer[], file: string): Problem[] => [
  ...checkRowCounts(peers, file),
  ...checkCyclonus(peers, file),
];

const checkRowCounts = (peers: readonly CoveragePeer[], file: string): Problem[] =>
  Object.entries(rowCounts).flatMap(([id, wanted]) => {
    const peer = peers.find((candidate) => candidate.id === id);
    const got = peer?.rows.length ?? 0;
    return got === wanted
      ? []
      : [{ file, line: peer?.line ?? 1, message: `${id}: wanted ${wanted} rows, got ${got}` }];
  });

const checkCyclonus = (peers: readonly CoveragePeer[], file: string): Problem[] => {
  const rows = peers.flatMap((peer) => peer.rows);
  const missing = Object.keys(cyclonusCounts).filter((id) => rows.every((row) => row.id !== id));
  const problems = missing.map((id) => ({ file, line: 1, message: `${id}: the row is missing` }));
  for (const { id, cases, line } of rows) {
    const wanted = cyclonusCounts[id];
    if (wanted === undefined && cases !== undefined)
      problems.push({ file, line, message: `${id}: no row of Cyclonus, but it has \`cases\`` });
    if (wanted === undefined) continue;
    const [byDefault, all] = wanted;
    if (cases?.default !== byDefault || cases.all !== all)
      problems.push({
        file,
        line,
        message: `${id}: wanted cases { default: ${byDefault}, all: ${all} }, got ${JSON.stringify(cases)}`,
      });
  }
  return problems;
};
