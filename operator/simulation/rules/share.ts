/** A limit as documented: a percentage is rounded down, and is at least 1 unless it is 0 %. */
export function resolved(limit: number | string, total: number): number {
  if (typeof limit === 'number') return limit;
  const percent = Number.parseFloat(limit);
  return percent === 0 ? 0 : Math.max(1, Math.floor((percent * total) / 100));
}
