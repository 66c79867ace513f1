import type { FrameLog } from './frame-log.ts';

/** A source, as it tells one signal of some slots. */
export class Teller {
  readonly log: FrameLog;
  /** When it last told of all of them at once; that is not noted slot by slot. */
  wholeMs = -Infinity;
  /** Whether there has been a sample of each. */
  hasToldAll = false;

  constructor(log: FrameLog) {
    this.log = log;
  }
}
