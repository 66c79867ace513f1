import { compileScoring, RowScores, rowKey, type CompiledScoring } from '../../engine/evaluate/row-scores.ts';
import type { State } from './states.ts';
import { mostScorings } from '../../engine/evaluate/wanted.ts';
import type { Column, ColumnValues, Row } from '../../engine/frame/types.ts';
import type { Values } from '../../engine/windows/window.ts';

export interface EdgeScoresOptions {
  /** Rows, once for each scoring, at most. */
  readonly maxSeries: number;
  /** Told when what is refused changes; undefined: nothing is any more. */
  readonly onRefused: (why: string | undefined) => void;
}

/** How it stands. */
export interface EdgeScoresCounts {
  scorings: number;
  series: number;
  /** Scorings that are wanted and not made: unknown to this version, of a metric that nobody measures, or too much. */
  refused: number;
}

/** Sources may find rows late, and what to score is told later still. */
const rememberMs = 600_000;

/**
 * The scores that an agent tells beside what it measures: for each scoring that is wanted, columns after those of the
 * sources. It scores what fits into `maxSeries`, in the order of the ids, and refuses the others as a whole: the
 * operator scores those itself.
 */
export class EdgeScores {
  readonly counts: EdgeScoresCounts = { scorings: 0, series: 0, refused: 0 };
  readonly #options: EdgeScoresOptions;
  #wanted: readonly CompiledScoring[] = [];
  #unknown = 0;
  #changed = false;
  #made: { readonly scores: RowScores; readonly column: number }[] = [];
  #rows: readonly Row[] = [];
  /** Since when each row is there; those of the first look, since always. */
  readonly #sinceMs = new Map<string, number>();
  #said: string | undefined;
  #remembered: ReadonlyMap<string, State> = new Map();
  #rememberUntilMs = -Infinity;
  /** By scoring and row: when it began to learn; -Infinity when it went on from what was known. */
  readonly #beganMs = new Map<string, number>();

  constructor(options: EdgeScoresOptions) {
    this.#options = options;
  }

  /** Whether something else is wanted than was arranged last. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The scorings that are made. */
  get made(): Iterable<RowScores> {
    return this.#made.map(({ scores }) => scores);
  }

  /** All that is known of the rows, for another process to go on with. */
  states(): State[] {
    return this.#made.flatMap(({ scores }) =>
      scores.keys.flatMap((key) => {
        const numbers = scores.save(key);
        return numbers === undefined ? [] : [{ id: scores.scoring.id, key, numbers }];
      }),
    );
  }

  /** Takes what another process knew; rows go on from it as they come, for ten minutes. */
  remember(states: readonly State[], nowMs: number): void {
    this.#remembered = new Map(states.map((state) => [`${state.id} ${state.key}`, state]));
    this.#rememberUntilMs = nowMs + rememberMs;
  }

  /** Rows, of each scoring, that began later than `sinceMs` and know nothing but what they have learnt since. */
  *young(sinceMs: number): Iterable<{ readonly made: RowScores; readonly key: string }> {
    for (const { scores } of this.#made)
      for (const key of scores.keys)
        if ((this.#beganMs.get(`${scores.scoring.id} ${key}`) ?? -Infinity) > sinceMs) yield { made: scores, key };
  }

  /** Lets a row go on from a state. Answers whether it could. */
  restore({ id, key, numbers }: State): boolean {
    const made = this.#made.find(({ scores }) => scores.scoring.id === id);
    const could = made?.scores.load(key, numbers) === true;
    if (could) this.#beganMs.set(`${id} ${key}`, -Infinity);
    return could;
  }

  /** Says what is wanted from now on, whoever says it. */
  want(specs: readonly unknown[]): void {
    const compiled = specs.map(compileScoring);
    const known = new Map(compiled.flatMap((each) => (each === undefined ? [] : [[each.id, each] as const])));
    this.#unknown = compiled.filter((each) => each === undefined).length;
    this.#wanted = [...known.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.#changed = true;
  }

  /** Fits the scores to the rows and columns of a new dictionary. Answers the columns that come after `columns`. */
  arrange(rows: readonly Row[], columns: readonly Column[], nowMs: number): Column[] {
    this.#changed = false;
    this.#note(rows, nowMs);
    const before = new Map(this.#made.map(({ scores }) => [scores.scoring.id, scores]));
    this.#made = [];
    this.counts.series = 0;
    const refused: string[] = [];
    for (const scoring of this.#wanted) {
      const { id, spec } = scoring;
      const column = columns.findIndex(({ metric, scope }) => metric === spec.metric && scope === spec.kind);
      const own = rows.filter(({ scope }) => scope === spec.kind);
      const series = this.counts.series + own.length;
      if (column < 0) refused.push(`${spec.metric} is not measured here`);
      else if (series > this.#options.maxSeries || this.#made.length === mostScorings)
        refused.push(`${spec.metric} of ${own.length} rows is more than may be scored`);
      else {
        const scores = before.get(id) ?? new RowScores(scoring);
        scores.take(
          own.map((row) => ({ row, fromMs: this.#since(row) + 1000 * spec.warmupSeconds })),
          nowMs,
        );
        this.#made.push({ scores, column });
        this.counts.series = series;
      }
    }
    this.#begin(nowMs);
    this.#count(refused);
    return this.#made.flatMap(({ scores: { scoring } }) =>
      scoring.columns.map((metric): Column => ({ metric, scope: scoring.spec.kind })),
    );
  }

  /** Scores what was read at `tMs`, given the values of each column; answers the columns from `first` on. */
  score(measured: readonly Values[], first: number, tMs: number): ColumnValues[] {
    const told: ColumnValues[] = [];
    let next = first;
    for (const { scores, column } of this.#made) {
      const from = measured[column];
      if (from !== undefined)
        for (const [part, values] of scores.score(from, tMs).entries()) told.push({ column: next + part, values });
      next += scores.scoring.columns.length;
    }
    return told;
  }

  #note(rows: readonly Row[], nowMs: number): void {
    const isFirst = this.#rows.length === 0;
    const kept = new Set(rows.map(named));
    for (const name of this.#sinceMs.keys()) if (!kept.has(name)) this.#sinceMs.delete(name);
    for (const name of kept) if (!this.#sinceMs.has(name)) this.#sinceMs.set(name, isFirst ? 0 : nowMs);
    this.#rows = rows;
  }

  /** Notes which rows are new under a scoring, and lets those go on that are remembered. */
  #begin(nowMs: number): void {
    const names = new Set<string>();
    if (nowMs > this.#rememberUntilMs) this.#remembered = new Map();
    for (const { scores } of this.#made)
      for (const key of scores.keys) {
        const name = `${scores.scoring.id} ${key}`;
        names.add(name);
        if (this.#beganMs.has(name)) continue;
        this.#beganMs.set(name, nowMs);
        const state = this.#remembered.get(name);
        if (state !== undefined) this.restore(state);
      }
    for (const name of this.#beganMs.keys()) if (!names.has(name)) this.#beganMs.delete(name);
  }

  #since(row: Row): number {
    return this.#sinceMs.get(named(row)) ?? 0;
  }

  #count(refused: readonly string[]): void {
    this.counts.scorings = this.#made.length;
    this.counts.refused = refused.length + this.#unknown;
    const reasons = this.#unknown === 0 ? refused : [...refused, `${this.#unknown} are not known to this version`];
    const why = reasons.length === 0 ? undefined : reasons.join('; ');
    if (why !== this.#said) this.#options.onRefused(why);
    this.#said = why;
  }
}

const named = (row: Row): string => `${row.scope}/${rowKey(row)}`;
