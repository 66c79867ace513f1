/** The names that differ least from a misspelt one, nearest first: at most three, and none that is quite another word. */
export function nearest(name: string, names: readonly string[]): string[] {
  const most = Math.max(2, Math.floor(name.length / 3));
  return names
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .filter((near) => near.distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** `; did you mean a or b?`, or nothing when nothing is near. */
export function suggestion(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found.length === 0 ? '' : `; did you mean ${found.join(' or ')}?`;
}

/** Insertions, deletions and replacements that lead from one to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
