/** What several guardrails say about the same: each holds, and the one that decides is shown. */
import type { Guardrail } from '../../crds/guardrail.ts';
import { fail, type Finding, type GuardContext } from './guard.ts';

/**
 * The findings of all guardrails that have a say, as one: it passes when each of them does. Shown is the first that does
 * not pass, or else the one with the least room; the places of all of them are kept.
 */
export function tightestOf(
  { guardrails }: GuardContext,
  check: (guardrail: Pick<Guardrail, 'spec' | 'status'>, whole: Guardrail) => Finding | undefined,
): Finding | undefined {
  if (guardrails === undefined) return fail('the guardrails could not be read');
  const findings = guardrails.flatMap((guardrail) => check(guardrail, guardrail) ?? []);
  const failed = findings.filter(({ passed }) => !passed);
  const shown = failed[0] ?? findings.toSorted((a, b) => room(a) - room(b))[0];
  if (shown === undefined) return undefined;
  const domains = [...new Set(findings.flatMap((finding) => finding.domains ?? []))];
  const untils = failed.map(({ untilMs }) => untilMs);
  const known = untils.filter((untilMs) => untilMs !== undefined);
  // To keep a place in the line helps only where everything that is in the way is a line.
  const inLine = failed.length > 0 && failed.every(({ rivals }) => rivals !== undefined);
  return {
    ...shown,
    ...(domains.length === 0 ? {} : { domains }),
    rivals: inLine ? () => failed.flatMap(({ rivals }) => Array.from(rivals?.() ?? [])) : undefined,
    untilMs: known.length > 0 && known.length === untils.length ? Math.max(...known) : undefined,
  };
}

/** How much may come yet; a limit that is no number comes last. */
function room({ limit, current }: Finding): number {
  const [most, now] = [limit, current].map((text) => Number.parseFloat(String(text)));
  return most === undefined || now === undefined || Number.isNaN(most - now) ? Infinity : most - now;
}
