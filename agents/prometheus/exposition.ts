/**
 * Metrics as text: Prometheus 0.0.4 and OpenMetrics 1.0, as far as samples go. Comments are passed over, since what is
 * read is declared elsewhere; so are exemplars. Only lines whose name is wanted are looked at, and a line at a time is
 * kept, so a target with a hundred thousand series costs little more than its bytes.
 */

export interface Sample {
  readonly name: string;
  /** By name; the same for equal `series`. */
  readonly labels: ReadonlyMap<string, string>;
  /** What tells it from other series of the name: its labels as they stand there. */
  readonly series: string;
  readonly value: number;
  /** When it was measured, in milliseconds since the epoch; undefined when it does not say. */
  readonly atMs: number | undefined;
}

export interface ExpositionOptions {
  /** OpenMetrics has timestamps in seconds, and an end. */
  readonly openMetrics: boolean;
  readonly wants: (name: string) => boolean;
  readonly onSample: (sample: Sample) => void;
  /** Told of a line that cannot be read, if it is wanted or has no name at all. */
  readonly onMalformed?: () => void;
}

/** A line may not be longer; what is known of real ones is a few hundred characters. */
const longestLine = 65_536;

export class Exposition {
  readonly #options: ExpositionOptions;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #skipping = false;
  #ended = false;

  constructor(options: ExpositionOptions) {
    this.#options = options;
  }

  /** Reads on. Bytes may be split anywhere. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** There is no more. False when the text says itself that it is not whole: OpenMetrics ends with `# EOF`. */
  end(): boolean {
    this.#take(`${this.#decoder.decode()}\n`);
    return this.#ended || !this.#options.openMetrics;
  }

  #take(text: string): void {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      const line = this.#rest + text.slice(from, to);
      this.#rest = '';
      if (!this.#skipping) this.#line(line);
      this.#skipping = false;
      from = to + 1;
    }
    if (!this.#skipping) this.#rest += text.slice(from);
    if (this.#rest.length <= longestLine) return;
    this.#rest = '';
    this.#skipping = true;
    this.#options.onMalformed?.();
  }

  #line(line: string): void {
    if (this.#ended) return;
    if (line.startsWith('#')) {
      this.#ended = this.#options.openMetrics && line.trimEnd() === '# EOF';
      return;
    }
    const [name] = /^[ \t]*[a-zA-Z_:][\w:]*/.exec(line) ?? [];
    // A name in quotes is none of those that can be declared.
    if (name === undefined && !/^\s*(\{|$)/.test(line)) this.#options.onMalformed?.();
    if (name === undefined || !this.#options.wants(name.trimStart())) return;
    const sample = sampleOf(line, name, this.#options.openMetrics);
    if (sample === undefined) this.#options.onMalformed?.();
    else this.#options.onSample(sample);
  }
}

/** The rest of a line behind its name. */
function sampleOf(line: string, name: string, openMetrics: boolean): Sample | undefined {
  const labels = new Map<string, string>();
  const opened = /[ \t]*\{/y;
  opened.lastIndex = name.length;
  let at = name.length;
  if (opened.test(line)) {
    const end = readLabels(line, opened.lastIndex, labels);
    if (end === undefined) return undefined;
    at = end;
  }
  const words =
    line
      .slice(at)
      .split(' # ', 1)[0]
      ?.trim()
      .split(/[ \t]+/) ?? [];
  const [value = NaN, time] = [numberOf(words[0]), words[1] === undefined ? undefined : numberOf(words[1])];
  if (words.length > 2 || numberOf(words[0]) === undefined || (words.length === 2 && !Number.isFinite(time)))
    return undefined;
  const atMs = time === undefined ? undefined : openMetrics ? time * 1000 : time;
  return { name: name.trimStart(), labels, series: line.slice(name.length, at).trim(), value, atMs };
}

/** Reads what is in braces, from behind the first of them; answers where the text goes on behind the last. */
function readLabels(line: string, from: number, labels: Map<string, string>): number | undefined {
  const pair = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|(?=\}))/y;
  const close = /[ \t]*\}/y;
  for (let at = from; ;) {
    close.lastIndex = at;
    if (close.test(line)) return close.lastIndex;
    pair.lastIndex = at;
    const [, label = '', text = ''] = pair.exec(line) ?? [];
    if (label === '' || labels.has(label)) return undefined;
    labels.set(label, unescaped(text));
    at = pair.lastIndex;
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (all, letter: string) =>
    letter === 'n' ? '\n' : letter === '"' || letter === '\\' ? letter : all,
  );

/** A number as Go writes it; undefined when it is none. */
function numberOf(word: string | undefined): number | undefined {
  if (word === undefined || word === '') return undefined;
  const [, sign, infinite] = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(word) ?? [];
  if (infinite !== undefined) return infinite.toLowerCase() === 'nan' ? NaN : sign === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}
