/**
 * What must hold before anything is changed. Every guard is checked and recorded, also after one that does not pass, and
 * one that cannot be checked has not passed.
 */
import type { GuardCheck, Remediation } from '../../crds/remediation.ts';
import { clip } from './clip.ts';
import { budgetGuards } from './guards-budget.ts';
import { historyGuards } from './guards-history.ts';
import { loadGuards } from './guards-load.ts';
import { nodeGuards } from './guards-nodes.ts';
import { scopeGuards } from './guards-scope.ts';
import { stateGuards } from './guards-state.ts';
import type { Guard, GuardContext, Finding } from './guard.ts';
import { parseTime, toTime } from './time.ts';

/** Every guard, in the order in which they are shown. */
export const guards: readonly Guard[] = [
  ...stateGuards,
  ...scopeGuards,
  ...nodeGuards,
  ...loadGuards,
  ...budgetGuards,
  ...historyGuards,
];

const reading = new Set(guards.filter(({ reads }) => reads === true).map(({ name }) => name));

/**
 * Whether all that blocks a Remediation, by its own record, is known without reading anything for it: a storm, a pause, a
 * budget. Of a thousand that wait for its end none has to read its target meanwhile.
 */
export function isBlockedUnread({ status }: Remediation): boolean {
  if (status?.conditions?.find(({ type }) => type === 'Blocked')?.status !== 'True') return false;
  const failed = (status.guards ?? []).filter(({ passed }) => !passed);
  return failed.length > 0 && failed.every(({ name }) => !reading.has(name));
}

/** A guard and how it was found. */
export interface Checked {
  readonly guard: Guard;
  readonly finding: Finding;
}

/** Before what guards are asked: `Claim` those that are known without reading, `Start` all, `Step` those of every step. */
export type Asked = Guard['before'] | 'Claim';

function isAsked(guard: Guard, before: Asked): boolean {
  switch (before) {
    case 'Claim':
      return guard.reads !== true || guard.unread !== undefined;
    case 'Start':
      return true;
    case 'Step':
      return guard.before === 'Step';
  }
}

/** Checks those guards of this time that something asks for. */
export const checkGuards = (context: GuardContext, before: Asked): Checked[] =>
  guards
    .filter((guard) => isAsked(guard, before))
    .flatMap((guard) => {
      const finding = before === 'Claim' && guard.unread !== undefined ? guard.unread(context) : guard.check(context);
      return finding === undefined ? [] : [{ guard, finding }];
    });

/**
 * The record of a check. A finding that says the same keeps its record, so that it need not be saved; and so does one that
 * differs in its numbers only, for a while: a thousand that are blocked would otherwise write down every change of a count.
 */
export function recordChecks(
  checked: readonly Checked[],
  nowMs: number,
  old: readonly GuardCheck[] = [],
  before: Asked = 'Start',
): GuardCheck[] {
  const checkedTime = toTime(nowMs);
  const records = checked.map(({ guard, finding }): GuardCheck => {
    const { passed, limit, current, untilMs, domains } = finding;
    const record = {
      name: guard.name,
      passed,
      message: clip(finding.message),
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(current === undefined ? {} : { current: String(current) }),
      ...(untilMs === undefined ? {} : { until: toTime(untilMs) }),
      ...(domains === undefined ? {} : { domains: [...domains] }),
      checkedTime,
    };
    const known = old.find(({ name }) => name === guard.name);
    return known !== undefined && says(record, known, nowMs) ? known : record;
  });
  // What was found before the start stays on record while only the guards of a step are asked.
  const asked = new Set(guards.filter((guard) => isAsked(guard, before)).map(({ name }) => name));
  return [...records, ...old.filter(({ name }) => !asked.has(name))];
}

/** Numbers alone are written down again so much later. */
const numbersEveryMs = 60_000;

function says(record: GuardCheck, known: GuardCheck, nowMs: number): boolean {
  const same = (...fields: readonly (keyof GuardCheck)[]): boolean =>
    fields.every((field) => String(record[field]) === String(known[field]));
  if (!same('passed', 'limit', 'until', 'domains')) return false;
  if (same('message', 'current')) return true;
  const ageMs = nowMs - (parseTime(known.checkedTime) ?? -Infinity);
  return !record.passed && ageMs >= 0 && ageMs < numbersEveryMs;
}
