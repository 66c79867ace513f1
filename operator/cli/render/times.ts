/** Times for people: how long ago, until when, at which moment. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `45s`, `5m12s` (below 10 minutes), `90m` (below 3 hours), `3h20m`, `2d4h`, `120d`: as `kubectl get` shows an age. */
export function duration(ms: number): string {
  const total = Math.max(0, ms);
  const parts = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((total % big) / small);
    return `${Math.floor(total / big)}${bigUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
  };
  if (total < 2 * minute) return `${Math.floor(total / second)}s`;
  if (total < 10 * minute) return parts(minute, 'm', second, 's');
  if (total < 3 * hour && total % hour >= minute) return `${Math.floor(total / minute)}m`;
  if (total < 2 * day) return parts(hour, 'h', minute, 'm');
  if (total < 8 * day) return parts(day, 'd', hour, 'h');
  return `${Math.floor(total / day)}d`;
}

const millisecondsOf = (time: string | undefined): number => Date.parse(time ?? '');

/** How long ago a time of an object is; `–` when there is none. */
export function ago(time: string | undefined, nowMs: number): string {
  const ms = millisecondsOf(time);
  return Number.isNaN(ms) ? '–' : duration(nowMs - ms);
}

/** `2026-01-31 08:15:03Z`; of a time of the same day only `08:15:03Z`. */
export function moment(time: string | undefined, nowMs: number): string {
  const ms = millisecondsOf(time);
  if (Number.isNaN(ms)) return '–';
  const text = new Date(ms).toISOString().slice(0, 19);
  const [date = '', clock = ''] = text.split('T');
  return date === new Date(nowMs).toISOString().slice(0, 10) ? `${clock}Z` : `${date} ${clock}Z`;
}

/** `08:15:03Z (in 5m)`, or `(5m ago)`. */
export function momentAndDistance(time: string | undefined, nowMs: number): string {
  const ms = millisecondsOf(time);
  if (Number.isNaN(ms)) return '–';
  const distance = ms > nowMs ? `in ${duration(ms - nowMs)}` : `${duration(nowMs - ms)} ago`;
  return `${moment(time, nowMs)} (${distance})`;
}
