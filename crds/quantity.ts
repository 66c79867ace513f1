import { parseQuantity } from '../engine/quantity.ts';

/**
 * How many a limit allows of `total`: an integer says it, `"10%"` is that share of `total`, exactly, and
 * rounded down unless it is said otherwise: a budget never grows by rounding. Undefined when `limit` is neither.
 */
export function limitOf(limit: number | string, total: number, round: 'Down' | 'Up' = 'Down'): number | undefined {
  if (typeof limit === 'number') return Number.isInteger(limit) && limit >= 0 ? limit : undefined;
  const share = limit.endsWith('%') ? parseQuantity(limit) : undefined;
  if (share === undefined || share.coefficient < 0n) return undefined;
  const divisor = 10n ** BigInt(-share.exponent);
  return Number((share.coefficient * BigInt(total) + (round === 'Up' ? divisor - 1n : 0n)) / divisor);
}
