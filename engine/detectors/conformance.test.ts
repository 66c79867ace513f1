import { expect } from 'chai';
import fc from 'fast-check';
import { Counters } from '../series/counters.ts';
import type { DetectorBank } from './detector.ts';
import { detectorNames, detectors, type DetectorName } from './registry.ts';
import { compiled, noise, OneSeries } from './testing/one-series.ts';

interface Example {
  readonly detect: object;
  readonly metric: string;
  /** A value of each step that is no fault, and those of a fault. */
  readonly quiet: (i: number) => number;
  readonly fault: (i: number) => number;
  /** Steps that the fault takes to be seen, and the end of it. */
  readonly faultSteps: number;
  /** Quiet steps before the fault may be told from what is usual. */
  readonly learns: number;
  readonly bytes: number;
  /** What is found, if value and threshold do not say it all. */
  readonly finds?: RegExp;
}

/** One for every detector of the registry. */
const examples: Record<DetectorName, Example> = {
  threshold: {
    detect: { threshold: { above: '90%', clearBelow: '80%' } },
    metric: 'k8s.container.memory.limit_utilization',
    quiet: (i) => 0.5 + 0.3 * noise(i),
    fault: () => 0.95,
    faultSteps: 1,
    learns: 0,
    bytes: 8,
  },
  forecast: {
    detect: { forecast: { reaches: '100%', withinSeconds: 900, overSeconds: 300, direction: 'Rising' } },
    metric: 'k8s.container.memory.limit_utilization',
    quiet: (i) => 0.3 + 0.1 * noise(i),
    fault: (i) => Math.min(1, 0.3 + 0.01 * i),
    faultSteps: 40,
    learns: 30,
    bytes: 600,
    finds: /^reaches 100% in \d+ min( \d+ s)? at \+\d+(\.\d+)?%\/min$/,
  },
  state: {
    detect: { state: { in: ['CrashLoopBackOff'] } },
    metric: 'k8s.container.status.waiting',
    quiet: (i) => (noise(i) > 0.8 ? 1 : 0),
    fault: () => 2,
    faultSteps: 1,
    learns: 0,
    bytes: 8,
  },
  flapping: {
    detect: { flapping: { changes: 4, withinSeconds: 120 } },
    metric: 'k8s.pod.ready',
    quiet: (i) => (i % 40 === 39 ? 0 : 1),
    fault: (i) => i % 2,
    faultSteps: 8,
    learns: 0,
    bytes: 80,
    finds: /^changed 4 times in the last 30 s$/,
  },
  changePoint: {
    detect: {
      changePoint: {
        minDeviation: '10%',
        direction: 'Both',
        everySeconds: 10,
        holdSeconds: 300,
        falseAlarmsPerWeek: 1,
      },
    },
    metric: 'system.cpu.utilization',
    quiet: (i) => 0.3 + 0.1 * noise(i),
    fault: (i) => 0.6 + 0.1 * noise(i),
    faultSteps: 20,
    learns: 120,
    bytes: 200,
    finds: /^rose from 3[45](\.\d)?% to 6\d(\.\d)?% since about 00:\d\d:\d\d UTC$/,
  },
  burnRate: {
    detect: {
      burnRate: { objective: '99%', periodSeconds: 86_400, above: '50%', speed: 'Fast', minTraffic: 10 },
    },
    metric: 'k8s.container.cpu.throttled',
    quiet: (i) => (i % 200 === 199 ? 1 : 0.4 * noise(i)),
    fault: () => 0.9,
    faultSteps: 4,
    learns: 20,
    bytes: 2100,
    finds: /^burns \d\d(\.\d)? times the budget over 2 min, \d+ over 10 s \(limit 14.4\); all is gone in .*$/,
  },
  peers: {
    detect: { peers: { minDeviation: '20%', deviations: 5, direction: 'Both', minPeers: 3 } },
    metric: 'k8s.container.memory.limit_utilization',
    quiet: (i) => 0.3 + 0.1 * noise(i),
    fault: () => 0.95,
    faultSteps: 1,
    learns: 0,
    bytes: 48,
    finds: /^95% where 6 peers have a median of 3\d(\.\d)?%: \d+(\.\d+)? deviations above$/,
  },
  absence: {
    detect: { absence: { forSeconds: 30 } },
    metric: 'k8s.container.cpu.usage',
    quiet: (i) => noise(i),
    fault: () => NaN,
    faultSteps: 4,
    learns: 0,
    bytes: 8,
  },
  anomaly: {
    detect: { anomaly: { minDeviation: '5%', direction: 'Both', everySeconds: 10, falseAlarmsPerWeek: 1 } },
    metric: 'system.cpu.utilization',
    quiet: (i) => 0.3 + 0.1 * noise(i),
    fault: () => 0.95,
    faultSteps: 4,
    learns: 400,
    bytes: 2400,
    finds: /^95%, above all it has been \(at most [34]\d(\.\d)?%\); so strange once in .+ at most$/,
  },
};

describe('every detector', () => {
  for (const name of Object.keys(detectors) as DetectorName[]) describe(name, () => conformance(examples[name]));

  it('has its name in the docs and the schema once', () =>
    expect(new Set(detectorNames).size).to.equal(detectorNames.length));
});

/** What every detector must do. */
function conformance({ detect, metric, quiet, fault, faultSteps, learns, bytes, finds = /^$/ }: Example): void {
  const { tells } = compiled(detect, metric);
  const create = (): DetectorBank => compiled(detect, metric).create();
  const series = (usual = quiet): OneSeries => new OneSeries(create(), usual);
  /** One that has seen what is usual for long enough. */
  const taught = (): OneSeries => {
    const one = series();
    for (let i = 0; i < learns + 10; i++) one.give(quiet(i));
    return one;
  };

  it('is silent at first, and about what is usual', () => {
    const one = series();
    for (let i = 0; i < learns + 1000; i++) expect(one.give(quiet(i)), `step ${i}`).to.be.false;
  });

  it('never fires on a constant series, even from the start', () => {
    for (const value of [0, 1e-9, quiet(0), -0]) {
      const one = series(() => value);
      for (let i = 0; i < 1000; i++) expect(one.give(value), `${value} at step ${i}`).to.be.false;
    }
  });

  it('fires on a fault with a confidence of 0.5 to 1, says what it found, and ends', () => {
    const one = taught();
    let fired = -1;
    for (let i = 0; i < faultSteps && fired < 0; i++) if (one.give(fault(i))) fired = i;
    expect(fired).to.be.at.least(0);
    const [, confidence, finding] = one.says;
    expect(confidence).to.be.within(0.5, 1);
    expect(finding).to.match(finds).and.have.length.at.most(128);
    let steps = 0;
    while (one.give(quiet(steps)) && steps < 100) steps++;
    expect(steps).to.be.lessThan(100);
  });

  it('takes no missing value for a fault, nor learns from it', () => {
    const one = series();
    const other = series();
    for (let i = 0; i < learns + 50; i++) {
      one.give(quiet(i));
      other.give(quiet(i));
      expect(one.give(NaN)).to.be.false;
      other.step++;
    }
    expect(one.saved).to.deep.equal(other.saved);
  });

  it('is not blinded by what is no measurement', () => {
    for (const absurd of [Infinity, -Infinity, 1e300]) {
      const one = taught();
      one.give(absurd);
      for (let i = 0; i < learns + 100; i++) one.give(quiet(i));
      let fired = false;
      for (let i = 0; i < faultSteps; i++) fired = one.give(fault(i)) || fired;
      expect(fired, `after ${absurd}`).to.be.true;
    }
  });

  it('sees no fault in a counter that begins again', () => {
    const one = series();
    const counters = new Counters();
    const rows = counters.open([{ row: 'a', successive: undefined }], 0);
    const increases = new Float64Array(1);
    let counter = 0;
    for (let i = 0; i < learns + 500; i++) {
      counter = (i % 37 === 36 ? 0 : counter) + quiet(i);
      counters.increases('c', rows, Float64Array.of(counter), 1, increases);
      // The first value of a series is no increase.
      expect(one.give(i === 0 ? quiet(0) : (increases[0] ?? NaN)), `step ${i}`).to.be.false;
    }
  });

  it('bears samples that are up to five seconds late, and two at one time', () => {
    const one = series();
    for (let i = 0; i < learns + 200; i++) expect(one.give(quiet(i), (i % 4) * 1666), `step ${i}`).to.be.false;
    for (let i = 0; i < 3; i++) one.give(quiet(i), i * 10_000);
    let fired = false;
    for (let i = 0; i < faultSteps; i++) fired = one.give(fault(i), (i % 3) * 2000) || fired;
    expect(fired).to.be.true;
  });

  it('is bounded, and knows nothing of a slot that is reset', () => {
    const one = series();
    for (let i = 0; i < learns + 2000; i++) one.give(i % 500 < 50 ? fault(i % 50) : quiet(i));
    const saved = one.saved;
    expect(saved.byteLength).to.be.at.most(bytes);
    one.bank.reset(one.slot);
    expect(one.saved).to.deep.equal(series().saved);
    expect(one.says).to.deep.equal([false, 0, '']);
  });

  it('keeps its slots apart, however many there are', () => {
    const bank = create();
    const first = new OneSeries(bank, quiet, 9);
    const alone = series();
    for (let i = 0; i < learns + 20; i++) {
      if (i === 10) bank.grow(500);
      first.give(quiet(i));
      alone.give(quiet(i));
    }
    expect(first.saved).to.deep.equal(alone.saved);
    expect(bank.save(400)).to.deep.equal(series().saved);
  });

  if (tells !== undefined)
    it('shows elsewhere what it tells, and hands on what is usual but nothing that it found', () => {
      const one = taught();
      const there = create();
      there.grow(one.slot + 1);
      const [slots, mine] = [Int32Array.of(-1, one.slot), Int32Array.of(-1, 0)];
      const tell = (): boolean => {
        const out = tells.map(() => new Float32Array(2));
        const fires = one.bank.tell?.(slots, 2, out) === true;
        expect(out.map((part) => part[0])).to.deep.equal(tells.map(() => NaN));
        // Parts beyond the first are left out while nothing fires.
        there.show?.(mine, 2, fires ? out : out.slice(0, 1));
        return fires;
      };
      expect(tell()).to.equal(false);
      const heritage = one.bank.heritage?.(one.slot);
      let fired = false;
      for (let i = 0; i < faultSteps && !fired; i++) fired = one.give(fault(i));
      expect([tell(), there.firing[0]]).to.deep.equal([true, 1]);
      const [, confidence, finding] = one.says;
      expect(there.confidence(0)).to.be.closeTo(confidence, 1e-6);
      expect(there.finding(0)).to.equal(`${finding}; scored by the agent`);
      expect(one.bank.heritage?.(one.slot), 'of one that fires').to.equal(undefined);
      expect(create().heritage?.(0), 'of one that knows nothing').to.equal(undefined);

      const heir = series();
      heir.step = one.step;
      heir.bank.load(heir.slot, heritage ?? new Float64Array(0));
      expect(heir.says).to.deep.equal([false, 0, '']);
      let seen = false;
      for (let i = 0; i < faultSteps; i++) seen = heir.give(fault(i)) || seen;
      expect(seen, 'a fault of the heir').to.equal(true);

      for (let i = 0; tell() && i < 200; i++) one.give(quiet(i));
      expect(there.firing[0], 'in the end').to.equal(0);
    });

  it('goes on after being saved and loaded as if nothing had been, bit for bit', () => {
    const stretch = fc.record({ faulty: fc.boolean(), from: fc.nat(40), steps: fc.integer({ min: 1, max: 60 }) });
    const odd = fc.constantFrom(undefined, undefined, undefined, NaN, 0, Infinity);
    let fired = 0;
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 6 }), odd, fc.nat(300), (stretches, strange, cut) => {
        const values = stretches.flatMap(({ faulty, from, steps }) =>
          Array.from({ length: steps }, (_, i) => (faulty ? fault(i) : quiet(from + i))),
        );
        if (strange !== undefined) values.splice(cut % values.length, 0, strange);
        const lead = learns + 10;
        const all = [...Array.from({ length: lead }, (_, i) => quiet(i)), ...values];
        const whole = series();
        let before = series();
        for (const [i, value] of all.entries()) {
          if (i >= lead && (i - lead) % 61 === cut % 61) {
            const after = new OneSeries(create(), quiet, 70);
            after.resume(before);
            before = after;
          }
          if (whole.give(value)) fired++;
          before.give(value);
          expect(before.says, `step ${i}`).to.deep.equal(whole.says);
        }
        expect(before.saved).to.deep.equal(whole.saved);
      }),
      { numRuns: 30 },
    );
    expect(fired, 'steps that fired').to.be.greaterThan(0);
  });
}
