import { expect } from 'chai';
import fc from 'fast-check';
import { mostKept } from './order-window.ts';
import { aggregateNamed, aggregates } from './registry.ts';
import { latenessMs, panesOf, type Aggregate, type Window } from './window.ts';

/** What a window promises, by keeping everything and computing it anew. */
class NaiveWindow {
  readonly #panes: number;
  readonly #paneMs: number;
  #samples: { pane: number; tMs: number; value: number }[] = [];
  #newest = -Infinity;
  late = 0;

  constructor(seconds: number) {
    ({ panes: this.#panes, paneMs: this.#paneMs } = panesOf(seconds));
  }

  take(value: number, tMs: number): void {
    const pane = Math.floor(tMs / this.#paneMs);
    if (Number.isNaN(value)) return;
    if (this.#newest - pane > Math.ceil(latenessMs / this.#paneMs)) {
      this.late++;
      return;
    }
    this.#newest = Math.max(this.#newest, pane);
    this.#samples.push({ pane: this.#newest, tMs, value });
  }

  samples(tMs: number): { tMs: number; value: number }[] {
    this.#newest = this.#samples.length > 0 ? Math.max(this.#newest, Math.floor(tMs / this.#paneMs)) : this.#newest;
    return this.#samples.filter(({ pane }) => pane > this.#newest - this.#panes);
  }
}

const percentile = (q: number) => (values: number[]) => {
  const sorted = values.map(Math.fround).toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1] ?? NaN;
};
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

function slope(samples: { tMs: number; value: number }[]): number {
  const meanT = sum(samples.map(({ tMs }) => tMs)) / samples.length;
  const meanX = sum(samples.map(({ value }) => value)) / samples.length;
  const tt = sum(samples.map(({ tMs }) => (tMs - meanT) ** 2));
  return tt > 0 ? (sum(samples.map(({ tMs, value }) => (tMs - meanT) * (value - meanX))) / tt) * 1000 : NaN;
}

const naive: Record<string, (values: number[], seconds: number) => number> = {
  Mean: (values) => sum(values) / values.length,
  Min: (values) => Math.min(...values),
  Max: (values) => Math.max(...values),
  P50: percentile(0.5),
  P90: percentile(0.9),
  P95: percentile(0.95),
  P99: percentile(0.99),
  Rate: (values, seconds) => sum(values) / seconds,
  Increase: sum,
  Count: (values) => values.length,
};

const one = new Float64Array(1);
const slotOf = new Int32Array(1);
const give = (window: Window, slot: number, value: number, tMs: number): void => {
  slotOf[0] = slot;
  one[0] = value;
  window.take(slotOf, one, 1, tMs);
};
const ask = (window: Window, slot: number, tMs: number): number => {
  slotOf[0] = slot;
  window.read(slotOf, 1, tMs, one);
  return one[0] ?? NaN;
};
/** What a Float32 may be wrong by beside a share of itself. */
const least = 1e-40;
/** As near as closed panes as Float32 leave it; `scale` is what errors of single samples add up to. */
const near = (got: number, want: number, scale: number): boolean =>
  Object.is(got, want) || Math.abs(got - want) <= 1.000001 * 2 ** -24 * scale + least;

const startMs = Date.UTC(2026, 0, 1);
/** A step in time: regular, none, irregular, a gap, a long sleep, a little or much too late. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1000) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 3000, max: 90_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1e6, max: 1e9 }) },
  { weight: 2, arbitrary: fc.integer({ min: -12_000, max: -1 }) },
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -20, max: 20 }) },
  { weight: 4, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(1e15, -1e15, 0, -0) },
  { weight: 2, arbitrary: fc.constant(NaN) },
);
const happening = fc.oneof(
  { weight: 30, arbitrary: fc.record({ slot: fc.constantFrom(0, 1, 70, 200), value, step }) },
  { weight: 1, arbitrary: fc.record({ reset: fc.constantFrom(0, 70) }) },
);

const slotsOfColumns = 150;
/** Columns whose slots mostly follow each other, over the ends of blocks too, with gaps and repetitions. */
const columns = fc.array(
  fc.record({
    from: fc.constantFrom(0, 0, 0, 30, 60, 140),
    step,
    cells: fc.array(
      fc.record({
        slot: fc.oneof({ weight: 30, arbitrary: fc.constant('next' as const) }, fc.constantFrom(-1, 0, 63, 64)),
        value,
      }),
      { maxLength: 80, size: 'max' },
    ),
    reset: fc.option(fc.nat(slotsOfColumns - 1), { freq: 3, nil: undefined }),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);

describe('windows', () => {
  for (const aggregate of aggregates) describe(aggregate.name, () => conformance(aggregate));
});

/** What every aggregate of the registry must do. */
function conformance(aggregate: Aggregate): void {
  const compute = naive[aggregate.name];
  const create = (seconds: number, minSamples = 1) => {
    const window = aggregate.create({ seconds, minSamples });
    window.grow(1);
    return window;
  };

  it('has no value before the first sample, and none for nobody', () => {
    const window = create(10);
    expect(ask(window, 0, startMs)).to.be.NaN;
    expect(ask(window, -1, startMs)).to.be.NaN;
    give(window, -1, 5, startMs);
    give(window, 0, NaN, startMs);
    expect(ask(window, 0, startMs)).to.be.NaN;
    expect(window.count(0)).to.equal(0);
  });

  if (aggregate.name === 'Last')
    it('holds the newest sample whatever its age', () => {
      const window = create(10);
      give(window, 0, 3, startMs);
      give(window, 0, 4, startMs - 10);
      give(window, 0, NaN, startMs + 1000);
      expect(ask(window, 0, startMs + 3_600_000)).to.equal(3);
      expect(window.late).to.equal(0);
      give(window, 0, 5, startMs - latenessMs - 1);
      expect(window.late).to.equal(1);
      window.reset(0);
      expect(ask(window, 0, startMs)).to.be.NaN;
    });
  else
    it('equals the same computed anew, over any series', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2, 5, 10, 60, 300, 3600),
          fc.integer({ min: 1, max: 4 }),
          fc.array(happening, { minLength: 1, maxLength: 150, size: 'max' }),
          (seconds, minSamples, happenings) => {
            const window = create(seconds, minSamples);
            const models = new Map<number, NaiveWindow>();
            let nowMs = startMs;
            let late = 0;
            for (const event of happenings) {
              if ('reset' in event) {
                window.reset(event.reset);
                late += models.get(event.reset)?.late ?? 0;
                models.delete(event.reset);
                continue;
              }
              nowMs += event.step;
              window.grow(event.slot + 1);
              give(window, event.slot, event.value, nowMs);
              const model = models.get(event.slot) ?? new NaiveWindow(seconds);
              models.set(event.slot, model);
              model.take(event.value, nowMs);
              const samples = model.samples(nowMs);
              const values = samples.map((sample) => sample.value);
              const got = ask(window, event.slot, nowMs);
              const greatest = Math.max(0, ...values.map(Math.abs));
              const scale = sum(values.map(Math.abs)) / (aggregate.name === 'Mean' ? values.length : 1);
              expect(window.count(event.slot), 'count').to.equal(samples.length);
              if (samples.length < minSamples) {
                expect(got).to.be.NaN;
              } else if (compute === undefined) {
                const span = Math.max(...samples.map(({ tMs }) => tMs)) - Math.min(...samples.map(({ tMs }) => tMs));
                const want = slope(samples);
                // A time of today is known to a quarter of a microsecond: that counts where samples are a millisecond apart.
                const precision = 1e-6 + 1e-3 / span;
                expect(
                  Object.is(got, want) ||
                    Math.abs(got - want) <= precision * (Math.abs(want) + (greatest / span) * 1000) + least,
                  `slope ${got} instead of ${want}`,
                ).to.be.true;
              } else {
                const want = compute(values, seconds);
                expect(near(got, want, scale), `${got} instead of ${want}`).to.be.true;
              }
            }
            for (const model of models.values()) late += model.late;
            expect(window.late, 'late').to.equal(late);
          },
        ),
        { numRuns: 120 },
      );
    });

  it('gives the rows of a column to their slots', () => {
    const window = create(10);
    window.grow(300);
    const slots = Int32Array.from({ length: 300 }, (_, i) => (i % 7 === 3 ? -1 : 299 - i));
    const values = Float32Array.from({ length: 300 }, (_, i) => i);
    const out = new Float64Array(300);
    for (let second = 0; second < 5; second++) {
      window.take(slots, values, 300, startMs + second * 1000);
      window.read(slots, 300, startMs + second * 1000, out);
    }
    for (let i = 0; i < 300; i++) {
      const alone = create(10);
      for (let second = 0; second < 5; second++) give(alone, 0, i % 7 === 3 ? NaN : i, startMs + second * 1000);
      expect(out[i], `row ${i}`).to.be.deep.equal(ask(alone, 0, startMs + 4000));
    }
  });

  it('does with a column what it does with each of its samples, bit for bit', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 10, 60), fc.integer({ min: 1, max: 3 }), columns, (seconds, minSamples, all) => {
        const [window, alone] = [create(seconds, minSamples), create(seconds, minSamples)];
        for (const each of [window, alone]) each.grow(slotsOfColumns);
        const out = new Float64Array(slotsOfColumns);
        let nowMs = startMs;
        for (const { from, step: stepMs, cells, reset } of all) {
          nowMs += stepMs;
          const slots = Int32Array.from(cells, ({ slot }, i) => (slot === 'next' ? (from + i) % slotsOfColumns : slot));
          const values = Float64Array.from(cells, (cell) => cell.value);
          window.take(slots, values, slots.length, nowMs);
          window.read(slots, slots.length, nowMs, out);
          for (const [i, slot] of slots.entries()) give(alone, slot, values[i] ?? NaN, nowMs);
          const wanted = Array.from(slots, (slot) => ask(alone, slot, nowMs));
          expect([...out.subarray(0, slots.length)]).to.deep.equal(wanted);
          for (const each of [window, alone]) if (reset !== undefined) each.reset(reset);
        }
        expect(window.late).to.equal(alone.late);
      }),
      { numRuns: 60 },
    );
  });

  if (!['Last', 'P50', 'P90', 'P95', 'P99'].includes(aggregate.name))
    it('takes panes of more samples than a byte counts, and lets them go', () => {
      const [window, alone] = [create(10), create(10)];
      const slots = new Int32Array(700);
      for (let second = 0; second < 40; second++) {
        const tMs = startMs + second * 1000;
        // A crowd speaks up to second 15, one alone all the time.
        const values = Float64Array.from({ length: second < 15 ? 700 : 1 }, (_, i) => second + (i % 7));
        window.take(slots, values, values.length, tMs);
        give(alone, 0, second, tMs);
        if (second === 14) expect(window.count(0)).to.equal(7000);
      }
      expect(window.count(0)).to.equal(10);
      expect(ask(window, 0, startMs + 39_000)).to.be.closeTo(ask(alone, 0, startMs + 39_000), 1e-9);
    });

  if (compute !== undefined && aggregate.name !== 'Last')
    it('is left nothing of a value that was a million billion times as large', () => {
      const window = create(10);
      for (let second = 0; second < 30; second++)
        give(window, 0, second === 5 || second === 9 ? 1e15 : Math.fround(second / 7), startMs + second * 1000);
      const values = Array.from({ length: 10 }, (_, i) => Math.fround((20 + i) / 7));
      expect(window.count(0)).to.equal(10);
      expect(ask(window, 0, startMs + 29_000)).to.be.closeTo(compute(values, 10), 1e-9);
    });

  it('bears clocks that are decades wrong', () => {
    const [window, fresh] = [create(10), create(10)];
    window.grow(2);
    for (const each of [window, fresh]) give(each, 0, 1, startMs);
    for (const tMs of [0, 250, 2 * startMs]) give(window, 1, 3, tMs);
    expect(window.count(1)).to.equal(1);
    for (let second = 0; second < 20; second++)
      for (const each of [window, fresh]) give(each, 0, second * second, startMs + second * 1000);
    expect(ask(window, 0, startMs + 19_000)).to.equal(ask(fresh, 0, startMs + 19_000));
    give(window, 1, 3, startMs);
    expect([window.late, window.count(1)]).to.deep.equal([1, 1]);
    const second = create(10);
    for (const tMs of [0, startMs, startMs + 1000]) give(second, 0, tMs / startMs, tMs);
    expect(second.count(0)).to.equal(aggregate.name === 'Last' ? 1 : 2);
  });

  it('gives a slot that is used again nothing of the one before', () => {
    const window = create(60);
    for (let second = 0; second < 90; second++) give(window, 0, second * second, startMs + second * 1000);
    window.reset(0);
    expect(window.count(0)).to.equal(0);
    const fresh = create(60);
    for (let second = 90; second < 200; second++) {
      for (const each of [window, fresh]) give(each, 0, 7 - second, startMs + second * 1000);
      expect(ask(window, 0, startMs + second * 1000)).to.be.deep.equal(ask(fresh, 0, startMs + second * 1000));
    }
  });
}

describe('percentiles of more samples than are kept', () => {
  const rankOf = (values: readonly number[], found: number): number =>
    values.filter((each) => each <= found).length / values.length;

  for (const [name, quantile, bound] of [
    ['P50', 0.5, 0.066],
    ['P95', 0.95, 0.029],
    ['P99', 0.99, 0.014],
  ] as const)
    for (const [kind, make] of [
      ['noise', (i: number) => Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453)],
      ['a spike every other sample', (i: number) => (i % 2 === 0 ? 100 : 1) + i / 1e6],
      ['a rhythm of 8', (i: number) => (i % 8) + i / 1e6],
      ['a rising line', (i: number) => i],
    ] as const)
      it(`${name} of ${kind} is off by at most ${bound} in rank`, () => {
        const window = aggregateNamed(name)?.create({ seconds: 60, minSamples: 1 });
        if (window === undefined) throw new Error(`no aggregate ${name}`);
        window.grow(1);
        const perSecond = 150;
        const all: number[] = [];
        for (let i = 0; i < perSecond * 180; i++) {
          const tMs = startMs + Math.floor(i / perSecond) * 1000;
          all.push(make(i));
          give(window, 0, make(i), tMs);
          if (i < perSecond * 60 || i % 997 !== 0) continue;
          const inWindow = all.slice((Math.floor(i / perSecond) - 59) * perSecond);
          expect(window.count(0)).to.equal(inWindow.length).and.greaterThan(mostKept);
          expect(rankOf(inWindow, ask(window, 0, tMs))).to.be.within(quantile - bound, quantile + bound + 1e-3);
        }
      });

  it('is exact again some time after the crowd has gone', () => {
    const window = aggregateNamed('P50')?.create({ seconds: 10, minSamples: 1 });
    if (window === undefined) throw new Error('no aggregate P50');
    window.grow(1);
    for (let i = 0; i < 5000; i++) give(window, 0, i, startMs + i);
    for (let second = 10; second < 60; second++) give(window, 0, second, startMs + second * 1000);
    expect(window.count(0)).to.equal(10);
    expect(ask(window, 0, startMs + 59_000)).to.equal(54);
  });
});
