/** What an evaluator has done since it was made. */
export interface EvaluatorStats {
  /** Frames that were evaluated. */
  frames: number;
  /** Values of frames that some signal wanted, missing ones included. */
  samples: number;
  /** Of those, infinite ones: they are taken for missing. */
  infiniteSamples: number;
  /** How often a counter has come with less than before. */
  counterResets: number;
  /** Values of frames that signals of suspended policies wanted and were not given; one counts for each signal. */
  unheardSamples: number;
  /** Frames whose source or generation is not bound; they were not evaluated. */
  unboundFrames: number;
  /** Columns of frames that are not in the keyframe. */
  unknownColumns: number;
  /** How often a target was not judged because its policy had `maxTargets` already. */
  refusedTargets: number;
  /** Evaluations of `when` that ended in an error; the condition counted as not held. */
  expressionErrors: number;
}

/** What was wrong with the samples of one source since it is heard. */
export interface SourceFaults {
  /** Infinite values. */
  infiniteSamples: number;
  /** How often a counter has come with less than before. */
  counterResets: number;
  /** Single values far away from those before and after, once for each signal that asks for them. */
  outliers: number;
}

/** A signal whose window can never hold the samples that it asks for, so that it has no value. */
export interface StarvedSignal {
  readonly signal: string;
  readonly minSamples: number;
  readonly windowSeconds: number;
  /** The most samples that come within the window, of the targets that are concerned; and how many these are. */
  readonly mostSamples: number;
  readonly targets: number;
}

/** What went wrong with a policy since it came into force. */
export interface PolicyFaults {
  /** Evaluations of `when` that ended in an error; the condition counted as not held. */
  readonly expressionErrors: number;
  /** What the last of them said. */
  readonly expressionError: string | undefined;
  /** Samples that came more than five seconds after a later one of their target, and were left out. */
  readonly lateSamples: number;
  /** Infinite samples; they were taken for missing. */
  readonly infiniteSamples: number;
  /** How often a counter of a target has come with less than before. */
  readonly counterResets: number;
  /** Single values far away from those before and after them, where the policy asks for them. */
  readonly outliers: number;
  /** Samples that were made up, where the policy says so. */
  readonly imputedSamples: number;
  /** Targets that would fire, now, and are not strange enough among so many. */
  readonly heldBack: number;
}
