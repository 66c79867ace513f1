import { quantity } from '../quantity-schema.ts';
import { quantityNumber } from '../quantity.ts';
import { medianOf } from '../select.ts';
import { digits, figureOf } from '../words.ts';
import { detector, type Batch } from './detector.ts';
import { greatest, NumberBank } from './number-bank.ts';

const schema = {
  type: 'object',
  description:
    'Fires when a target is unlike its peers: a pod unlike the others of its workload, a container unlike those of its name in them, a node unlike the others that the policy selects. It needs no past. Example: {minDeviation: "20%", direction: Above}.',
  required: ['minDeviation'],
  properties: {
    minDeviation: quantity('The smallest difference that matters, in the unit of the value, such as "20%".'),
    deviations: {
      type: 'integer',
      minimum: 2,
      maximum: 100,
      default: 5,
      description: 'How many deviations of the peers it must be away from their median. Example: 5.',
    },
    direction: {
      type: 'string',
      enum: ['Above', 'Below', 'Both'],
      default: 'Both',
      description: 'Which way is strange. Example: Above.',
    },
    minPeers: {
      type: 'integer',
      minimum: 2,
      maximum: 1000,
      default: 3,
      description: 'With fewer others that have a value it does not fire. Example: 3.',
    },
  },
} as const;

/** The deviation of normal values is so many times the median of their distances from the median. */
const perMedianDistance = 1.4826;

/**
 * Fires when a target is unlike its peers at this moment: its distance from the median of the group, itself included,
 * in deviations, which are estimated by the median of all those distances (Iglewicz and Hoaglin 1993, "How to Detect
 * and Handle Outliers"; up to half of a group may be wild). Peers that are all alike have no deviation; then
 * `minDeviation` is what `deviations` of them make. How sure it is: see `chanceOfAsFar`.
 */
export const peers = detector({
  schema,
  compile({ minDeviation, deviations, direction, minPeers }, { unit }) {
    const least = quantityNumber(minDeviation);
    if (least <= 0) return [{ path: 'minDeviation', message: 'must be more than 0' }];
    const ways = { Above: 'above', Below: 'below', Both: 'away from' } as const;
    return {
      threshold: `${minDeviation} and ${deviations} deviations ${ways[direction]} the median of its peers`,
      judges: 'Peers',
      looksEveryMs: 1000,
      create: () =>
        new PeersBank({
          above: direction !== 'Below',
          below: direction !== 'Above',
          least,
          deviations,
          fewest: minPeers + 1,
          unit,
        }),
    };
  },
});

/**
 * The chance that one of so many peers is so many deviations away while all are alike. In any distribution with one peak
 * it is 4/(9 z²) at most (Vysochanskij and Petunin 1980), if the deviation is known. Ours is estimated from a few values,
 * by a median that sees nothing of a long tail: four times as much covers what is as lopsided as the exponential of a
 * normal distribution, and up to 24 times as much is needed in small groups; of three, two may be alike by chance, and
 * a deviation then means little. The factors were taken from simulations; docs/quality.md has what they are worth.
 */
export function chanceOfAsFar(z: number, of: number): number {
  const most = of <= 3 ? 2 / (3 * z) : ((4 + 20 * Math.min(1, 5 / of) ** 2) * 4) / (9 * z * z);
  // What fires is never wholly unsure.
  return most < 0.5 ? most : 1 - 1 / (4 * most);
}

interface Likeness {
  readonly above: boolean;
  readonly below: boolean;
  readonly least: number;
  readonly deviations: number;
  /** Members that a group must have. */
  readonly fewest: number;
  readonly unit: string;
}

// What a slot was found to be: its value, and the median, deviation and size of its group.
const own = 0;
const median = 1;
const deviation = 2;
const members = 3;
const size = 4;

class PeersBank extends NumberBank {
  readonly #likeness: Likeness;
  /** For each group: where its values end, how many they are, their median and deviation. */
  #ends = new Int32Array(0);
  #counts = new Int32Array(0);
  #medians = new Float64Array(0);
  #deviations = new Float64Array(0);
  /** The values of all groups, one group after the other. */
  #values = new Float64Array(0);

  constructor(likeness: Likeness) {
    super(size);
    this.#likeness = likeness;
  }

  override grow(slots: number): void {
    super.grow(slots);
    if (slots <= this.#values.length) return;
    this.#ends = new Int32Array(slots);
    this.#counts = new Int32Array(slots);
    this.#medians = new Float64Array(slots);
    this.#deviations = new Float64Array(slots);
    this.#values = new Float64Array(slots);
  }

  /** A slot without a value stays as it was, and is nobody's peer. */
  judge(batch: Batch): boolean {
    this.#sort(batch);
    this.#measure();
    const { slots, length, values, groups } = batch;
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (!isPeer(slot, value, groups)) continue;
      const group = groups[slot] as number;
      const at = slot * size;
      this.state[at + own] = value;
      this.state[at + median] = this.#medians[group] as number;
      this.state[at + deviation] = this.#deviations[group] as number;
      this.state[at + members] = this.#counts[group] as number;
      this.firing[slot] = this.#isStrange(at) ? 1 : 0;
    }
    return true;
  }

  confidence(slot: number): number {
    const at = slot * size;
    return 1 - chanceOfAsFar(Math.abs(this.#distance(at)), this.state[at + members] as number);
  }

  finding(slot: number): string {
    const at = slot * size;
    const [value = 0, middle = 0, , count = 0] = this.state.subarray(at, at + size);
    const { unit } = this.#likeness;
    const away = `${digits(Math.abs(this.#distance(at)))} deviations ${value > middle ? 'above' : 'below'}`;
    return `${figureOf(value, unit)} where ${count} peers have a median of ${figureOf(middle, unit)}: ${away}`;
  }

  /** Brings the values of each group together (a counting sort). */
  #sort({ slots, length, values, groups }: Batch): void {
    this.#counts.fill(0);
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      if (!isPeer(slot, values[i] as number, groups)) continue;
      const group = groups[slot] as number;
      this.#counts[group] = (this.#counts[group] as number) + 1;
    }
    let begin = 0;
    for (let group = 0; group < this.#counts.length; group++) {
      this.#ends[group] = begin;
      begin += this.#counts[group] as number;
    }
    for (let i = 0; i < length; i++) {
      const slot = slots[i] as number;
      const value = values[i] as number;
      if (!isPeer(slot, value, groups)) continue;
      const group = groups[slot] as number;
      const end = this.#ends[group] as number;
      this.#values[end] = value;
      this.#ends[group] = end + 1;
    }
  }

  /** Finds the median and the deviation of each group that is large enough. */
  #measure(): void {
    const { fewest, least, deviations } = this.#likeness;
    const values = this.#values;
    for (let group = 0; group < this.#counts.length; group++) {
      const count = this.#counts[group] as number;
      if (count < fewest) continue;
      const end = this.#ends[group] as number;
      const middle = medianOf(values, end - count, end);
      for (let i = end - count; i < end; i++) values[i] = Math.abs((values[i] as number) - middle);
      this.#medians[group] = middle;
      this.#deviations[group] = Math.max(perMedianDistance * medianOf(values, end - count, end), least / deviations);
    }
  }

  #isStrange(at: number): boolean {
    const { above, below, deviations, fewest } = this.#likeness;
    if ((this.state[at + members] as number) < fewest) return false;
    const z = this.#distance(at);
    return (above && z >= deviations) || (below && z <= -deviations);
  }

  /** How many deviations a slot is above the median of its group. */
  #distance(at: number): number {
    const off = (this.state[at + own] as number) - (this.state[at + median] as number);
    return off / (this.state[at + deviation] as number);
  }
}

const isPeer = (slot: number, value: number, groups: Int32Array): boolean =>
  slot >= 0 && Math.abs(value) <= greatest && (groups[slot] as number) >= 0;
