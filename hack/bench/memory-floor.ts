import { rounded } from './compare.ts';

/** Some bytes of each slot that a sample touches; if there are `panes`, those of another one each second. */
interface Touched {
  readonly words: Float32Array;
  readonly wordsPerSlot: number;
  readonly panes: number;
  readonly writes: boolean;
}

const metrics = 3;
const lanes = 128;
const panes = 60;
const wordsPerLine = 16;

/**
 * What it takes to fetch what windows and detectors touch of a sample, and nothing else: nanoseconds of CPU time. The
 * arrays are as many and as large as those of a mean, an extreme and a slope with a threshold each, and are gone through
 * as by frames, one after the other; a number of each cache line is read, and written where the evaluator writes. What
 * it takes more than with few series is the memory's share. Messages, and what is known of a source, are left out.
 */
export function memoryFloor(series: number, rows = 110, cpuSeconds = 0.5): number {
  const nodes = Math.max(1, Math.round(series / (rows * metrics)));
  const touched = touchedBy(Math.ceil((nodes * rows) / lanes) * lanes);
  const pass = (): void => {
    for (let second = 0; second < panes; second++)
      for (let node = 0; node < nodes; node++)
        for (const each of touched) walk(each, node * rows, (node + 1) * rows, second % each.panes);
  };
  pass();
  const before = process.cpuUsage();
  for (let passes = 1; ; passes++) {
    pass();
    const { user, system } = process.cpuUsage(before);
    if (user + system < cpuSeconds * 1e6) continue;
    return rounded(((user + system) * 1000) / (passes * panes * nodes * rows * metrics), 1);
  }
}

function touchedBy(slots: number): Touched[] {
  const array = (bytes: number, writes: boolean, of = 1): Touched => ({
    words: new Float32Array((slots * bytes * of) / 4).fill(1),
    wordsPerSlot: bytes / 4,
    panes: of,
    writes,
  });
  // Of each window the newest pane, how many samples there are, and how many leave; whether the signal fires.
  const any = (): Touched[] => [array(4, true), array(4, false), array(1, false, panes), array(1, false)];
  const mean = [...any(), array(8, true), array(4, true, panes)];
  const extreme = [...any(), array(4, true), array(4, true, panes), array(4, false, panes)];
  const slope = [...any(), array(32, true), array(4, true, panes), array(4, true, panes)];
  const whose = array(4, false);
  return [whose, ...mean, ...extreme, ...slope];
}

/** Goes through the lines of the slots from `slot` to before `end`, block by block. */
function walk({ words, wordsPerSlot, panes: of, writes }: Touched, slot: number, end: number, pane: number): void {
  let sum = 0;
  for (let from = slot; from < end;) {
    const block = Math.floor(from / lanes);
    const to = Math.min(end, (block + 1) * lanes);
    const shift = block * (of - 1) * lanes + pane * lanes;
    const last = Math.floor((to + shift) * wordsPerSlot);
    for (let at = Math.floor((from + shift) * wordsPerSlot); at < last; at += wordsPerLine) {
      sum += words[at] as number;
      if (writes) words[at] = 1;
    }
    from = to;
  }
  // Else the engine might leave the loop out.
  if (sum === 0) throw new Error('nothing was read');
}
