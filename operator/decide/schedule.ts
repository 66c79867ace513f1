/**
 * When something may begin, by the clocks of a time zone. A stretch of time begins when its cron expression says so and
 * lasts so many seconds that pass, whatever the clocks do meanwhile. A beginning that the change to summer time skips is
 * taken at the end of the gap; one that comes twice in autumn counts once (an hourly one comes each hour).
 */
import { Cron } from 'croner';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import { toSeconds } from './time.ts';

/** One entry of a `schedule`. */
export type ScheduleEntry = NonNullable<RemediationPlanSpec['guards']['schedule']>[number];

/** Whether something may begin, and if not, when it may, as far as that can be told. */
export interface Opening {
  readonly open: boolean;
  readonly message: string;
  readonly untilMs?: number | undefined;
}

/** So many stretches that overlap are followed; beyond, it is asked again. */
const mostJoined = 50;
const mostCompiled = 1000;
const compiled = new Map<string, Cron | string>();

function cronOf({ cron, timeZone }: ScheduleEntry): Cron | string {
  const key = `${timeZone} ${cron}`;
  let known = compiled.get(key);
  if (known === undefined) {
    known = compile(cron, timeZone);
    if (compiled.size >= mostCompiled) compiled.clear();
    compiled.set(key, known);
  }
  return known;
}

function compile(cron: string, timezone: string): Cron | string {
  try {
    const made = new Cron(cron, { timezone, mode: '5-part', paused: true });
    made.nextRun(new Date(0));
    return made;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with an entry; undefined when it can be used. */
export function scheduleProblem(entry: ScheduleEntry): string | undefined {
  const cron = cronOf(entry);
  return typeof cron === 'string' ? cron : undefined;
}

/**
 * What a schedule says of this moment: nothing that denies, and (where any entry allows) one that does. An entry that
 * cannot be read closes it.
 */
export function openingAt(schedule: readonly ScheduleEntry[], nowMs: number): Opening {
  const found: { entry: ScheduleEntry; endMs?: number | undefined; nextMs?: number | undefined }[] = [];
  for (const entry of schedule) {
    const window = windowAt(entry, nowMs);
    if ('problem' in window)
      return { open: false, message: `schedule ${entry.cron} cannot be read: ${window.problem}` };
    found.push(Object.assign(window, { entry }));
  }
  const denying = found.filter(({ entry, endMs }) => entry.effect === 'Deny' && endMs !== undefined);
  if (denying.length > 0) {
    const untilMs = Math.max(...denying.map(({ endMs }) => endMs ?? nowMs));
    const [first] = denying;
    return { open: false, message: `${first && describe(first.entry)} denies it until ${toSeconds(untilMs)}`, untilMs };
  }
  const allowing = found.filter(({ entry }) => entry.effect === 'Allow');
  const within = allowing.find(({ endMs }) => endMs !== undefined);
  if (within !== undefined) return { open: true, message: `${describe(within.entry)} allows it` };
  if (allowing.length === 0) return { open: true, message: 'nothing denies it now' };
  const [next] = allowing
    .flatMap(({ entry, nextMs: untilMs }) => (untilMs === undefined ? [] : { entry, untilMs }))
    .sort((a, b) => a.untilMs - b.untilMs);
  if (next === undefined) return { open: false, message: 'nothing in the schedule will ever allow it' };
  const { entry, untilMs } = next;
  const message = `nothing in the schedule allows it before ${toSeconds(untilMs)}, when ${describe(entry)} begins`;
  return { open: false, message, untilMs };
}

const describe = ({ cron, seconds, timeZone }: ScheduleEntry): string =>
  `schedule ${JSON.stringify(cron)} for ${seconds} s (${timeZone})`;

/** `endMs`: the end of the stretch that it is in now; `nextMs`: the beginning of the next one, when it is in none. */
function windowAt(
  entry: ScheduleEntry,
  nowMs: number,
): { readonly endMs?: number | undefined; readonly nextMs?: number | undefined } | { readonly problem: string } {
  const cron = cronOf(entry);
  if (typeof cron === 'string') return { problem: cron };
  const lastsMs = entry.seconds * 1000;
  const after = (ms: number): number | undefined => cron.nextRun(new Date(ms))?.getTime();
  let begin = after(nowMs - lastsMs);
  if (begin === undefined || begin > nowMs) return { nextMs: begin };
  let endMs = begin + lastsMs;
  for (let joined = 0; joined < mostJoined; joined++) {
    begin = after(begin);
    if (begin === undefined || begin > endMs) break;
    endMs = begin + lastsMs;
  }
  return { endMs };
}
