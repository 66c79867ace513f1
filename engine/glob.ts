/** Whether a text may be used as a glob: few stars, so that none takes long. */
export const isGlob = (glob: string): boolean => glob.length <= 256 && glob.split('*').length <= 9;

/** Whether a text is of this form; `*` stands for any characters, also none. Time is at most their lengths multiplied. */
export function matchesGlob(glob: string, text: string): boolean {
  if (!glob.includes('*')) return glob === text;
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop() ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
