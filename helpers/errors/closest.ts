/** The candidate that a misspelt word most likely means, or undefined. */
export const closestOf = (word: string, candidates: readonly string[]): string | undefined => {
  const plain = word.replace(/^[-_]+|[-_]+$/g, '').toLowerCase();
  const scored = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(plain, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= Math.min(2, best.candidate.length / 2)
    ? best.candidate
    : undefined;
};

/** What is put behind a word that nobody knows: the one that is most likely meant, or nothing. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const closest = closestOf(word, candidates);
  return closest === undefined ? '' : `: did you mean \`${closest}\`?`;
};

/** Letters that are missing, too many, others, or in the place of their neighbours. */
const distanceOf = (a: string, b: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? (before[j - 2] ?? 0) + 1 : change;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
};
