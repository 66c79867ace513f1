/** How something is shown: when, how wide, in which colours. Every rendering function takes it and returns lines. */

/** Colours by meaning; `plain` has none. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'added' | 'removed' | 'hunk';
export type Paint = (tone: Tone, text: string) => string;

/** What every rendering function is given. */
export interface View {
  readonly nowMs: number;
  /** Lines are at most so wide, where that is possible. */
  readonly columns: number;
  /** Whether more columns are wanted (`-o wide`). */
  readonly wide: boolean;
  readonly paint: Paint;
}

/** No colours. */
export const plain: Paint = (_tone, text) => text;

const codes: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  warn: '33',
  dim: '2',
  strong: '1',
  added: '32',
  removed: '31',
  hunk: '36',
};

/** Colours of a terminal (ANSI). */
export const ansi: Paint = (tone, text) => (text === '' ? '' : `\u001B[${codes[tone]}m${text}\u001B[0m`);

// oxlint-disable-next-line no-control-regex -- colours begin with the control character ESC
const escapes = /\u001B\[[\d;]*m/g;

/** How many columns a text takes, its colours not counted. */
export const widthOf = (text: string): number => Array.from(text.replaceAll(escapes, '')).length;

/** Fills up with spaces to a width. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** At most `width` columns, with `…` for what is left out; only for texts without colours. */
export const cut = (text: string, width: number): string =>
  Array.from(text).length <= width
    ? text
    : `${Array.from(text)
        .slice(0, Math.max(0, width - 1))
        .join('')}…`;

/** Breaks a sentence at spaces; what it begins with stays, further lines are indented by `indent` columns. */
export function wrapped(text: string, columns: number, indent: number): string[] {
  const [start = ''] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of text.slice(start.length).split(' ')) {
    const next = line === '' ? start + word : `${line} ${word}`;
    if (line !== '' && widthOf(next) > columns) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line = next;
  }
  return [...lines, line];
}

/** A headed block of lines, with an empty line before it; nothing when there are no lines. */
export const section = ({ paint }: View, title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', paint('strong', title), ...lines.map((line) => (line === '' ? '' : `  ${line}`))];

/** `1 incident`, `2 incidents`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
