/** The first lines in which `after` differs from `before`, as a reader of diffs expects them; empty when they are equal. */
export function firstDifference(before: string, after: string, context = 3): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  const line = at < 0 ? now.length : at;
  if (at < 0 && old.length === now.length) return '';
  const part = (mark: string, lines: readonly string[], from: number, to: number) =>
    lines.slice(Math.max(0, from), to).map((text) => `${mark}${text}`);
  return [
    `@@ line ${line + 1} @@`,
    ...part(' ', now, line - context, line),
    ...part('-', old, line, line + context),
    ...part('+', now, line, line + context),
  ].join('\n');
}
