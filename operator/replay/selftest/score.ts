/** How often faults were found and how late, and how often an alarm is right at the rate at which faults happen. */

interface Tried {
  readonly delayMs: number | undefined;
  readonly withinMs: number;
}

export interface Score {
  readonly injected: number;
  readonly detected: number;
  /** 0 to 1; absent when nothing was injected. */
  readonly rate?: number;
  /** From the beginning of a fault to the alarm, of those that were found. */
  readonly delaySeconds?: { readonly p50: number; readonly p90: number };
}

/** Of those alarms that there would be, how many would be right. Shares are 0 to 1, rates per target and week. */
export interface Precision {
  readonly faultsPerWeek: number;
  readonly falseAlarmsPerWeek: number;
  /** With 95 % confidence there are no more than this: what was not seen in so little time may still come. */
  readonly falseAlarmsPerWeekAtMost: number;
  readonly share: number;
  /** The same, with the most false alarms that there may be. */
  readonly shareAtLeast: number;
  /** A scorer that raises as many alarms at random moments. */
  readonly random: { readonly detectionRate: number; readonly share: number };
}

const hoursPerWeek = 168;

export function scoreOf(trials: readonly Tried[]): Score {
  const delays = trials.flatMap(({ delayMs }) => delayMs ?? []).toSorted((a, b) => a - b);
  const at = (share: number): number => (delays[Math.ceil(share * delays.length) - 1] ?? 0) / 1000;
  return {
    injected: trials.length,
    detected: delays.length,
    ...(trials.length > 0 && { rate: delays.length / trials.length }),
    ...(delays.length > 0 && { delaySeconds: { p50: at(0.5), p90: at(0.9) } }),
  };
}

/** @param targetHours the time in which `alarms` were raised without faults */
export function precisionOf(
  trials: readonly Tried[],
  alarms: number,
  targetHours: number,
  faultsPerWeek: number,
): Precision {
  const detectionRate = scoreOf(trials).rate ?? 0;
  const perWeek = (count: number): number => (targetHours > 0 ? (count * hoursPerWeek) / targetHours : Infinity);
  const [seen, most] = [perWeek(alarms), perWeek(mostExpected(alarms))];
  const right = faultsPerWeek * detectionRate;
  const share = (falseAlarms: number): number => (right > 0 ? right / (right + falseAlarms) : 0);
  const withinWeeks = meanOf(trials.map(({ withinMs }) => withinMs)) / (hoursPerWeek * 3_600_000);
  const alarmsPerWeek = right + seen;
  // Of alarms at random, the chance that one falls into the time of a fault.
  const hit = 1 - Math.exp(-alarmsPerWeek * withinWeeks);
  return {
    faultsPerWeek,
    falseAlarmsPerWeek: seen,
    falseAlarmsPerWeekAtMost: most,
    share: share(seen),
    shareAtLeast: share(most),
    random: { detectionRate: hit, share: alarmsPerWeek > 0 ? Math.min(1, (faultsPerWeek * hit) / alarmsPerWeek) : 0 },
  };
}

/** The greatest mean at which so few or fewer events are seen in one case of twenty (Poisson, exact). */
export function mostExpected(seen: number): number {
  let [low, high] = [seen, seen + 10 + 5 * Math.sqrt(seen)];
  for (let i = 0; i < 60; i++) {
    const mean = (low + high) / 2;
    if (chanceOfAtMost(seen, mean) > 0.05) low = mean;
    else high = mean;
  }
  return high;
}

function chanceOfAtMost(seen: number, mean: number): number {
  let sum = 0;
  let logTerm = -mean;
  for (let k = 0; k <= seen; k++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(mean) - Math.log(k + 1);
  }
  return sum;
}

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
