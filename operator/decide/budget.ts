/**
 * How many Remediations run at once, so that no crash and no second leader can exceed a limit.
 *
 * The reservation is written into the Remediation itself, and nowhere else: its condition `Blocked` says `Reserved`, and
 * `startedTime` stands from the first step to the end. Both are *claims*. The rule, for each limit L of each scope:
 *
 * 1. claim only when fewer than L others hold a claim;
 * 2. begin only when a snapshot of all Remediations that already shows this very claim (`showsClaim`) shows at most L claims;
 * 3. otherwise withdraw the claim, unless nobody who waits came before (the smallest creation time, then name, waits).
 *
 * It is safe because claims are ordered by the API server. Suppose L + 1 hold claims and all began. The last of them to
 * write its claim decided on a snapshot that shows its own claim; watches deliver writes in order, so that snapshot showed
 * the other L as well, and rule 2 forbade it to begin. It is live because the first of those who wait never withdraws.
 *
 * Rates (`maxPerWindow`): what counts is every start in the stretch of time, ended or not, and every claim that has not
 * begun. Suppose L + 1 starts lie within one stretch, and let Z be the last of them to write the claim that it began by. Z
 * decided on a snapshot that shows this claim, and so those of the other L. Each of them stands there as begun (its
 * start is in the stretch and counts), or still as a claim (which counts, whenever it begins). So Z saw L and was forbidden
 * to begin. A claim that was withdrawn and written anew is another one: then it is that claim which is ordered. Stretches
 * are measured by the clock of who decides; of two whose clocks differ by d, the limit holds for stretches shorter by d.
 *
 * Topology (`perTopology`): where a claim counts is written down together with it, one that does not say it counts
 * everywhere, and who finds that its target has moved does not begin. So within each domain it is the argument above.
 *
 * Storms are no budget: they hang on what fires, not on what others claim. They are asked for anew before every start and
 * step, by what the stream says in that moment, so there is nothing between two leaders that could be exceeded.
 *
 * limits.simulation.test.ts and operator/simulation look for what contradicts this.
 *
 * Nothing is counted in memory, so there is nothing to lose and nothing that two leaders could count differently.
 */
import { limitOf } from '../../crds/quantity.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { writes } from './mode.ts';
import { reasons } from './reasons.ts';

export const isFinished = ({ status }: Remediation): boolean => status?.finishedTime !== undefined;

/** True from its first step to its end. */
export const hasBegun = (remediation: Remediation): boolean =>
  remediation.status?.startedTime !== undefined && !isFinished(remediation);

/** The number of the claim on the place that it waits for; undefined when it does not wait for one. */
export const claimOf = ({ status }: Remediation): number | undefined =>
  status?.conditions?.some(({ type, reason }) => type === 'Blocked' && reason === reasons.reserved) === true
    ? (status.claims ?? 0)
    : undefined;

/** True while it waits to see its claim in a snapshot. */
export const isClaiming = (remediation: Remediation): boolean => claimOf(remediation) !== undefined;

/** Whether a Remediation takes a place in the budgets. */
export const holdsClaim = (remediation: Remediation): boolean =>
  writes(remediation.spec.mode) && !isFinished(remediation) && (hasBegun(remediation) || isClaiming(remediation));

/** What tells one Remediation from every other. */
export const identityOf = ({ metadata }: Remediation): string =>
  metadata.uid ?? `${metadata.namespace}/${metadata.name}`;

/** Whether nobody who waits for a place as well came before. */
export const isFirstInLine = (self: Remediation, rivals: readonly Remediation[]): boolean =>
  rivals.every((rival) => hasBegun(rival) || placeOf(self) < placeOf(rival));

const placeOf = ({ metadata }: Remediation): string =>
  `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`;

/**
 * A limit as a number: a number as it is; a percentage of `total` rounded down, as Kubernetes rounds `maxUnavailable`, and
 * like there at least 1 (unless it is 0%): a small group must be repairable too. Undefined when it cannot be computed.
 */
export function resolveLimit(limit: number | string, total: number | undefined): number | undefined {
  if (typeof limit === 'number') return limitOf(limit, 0);
  const share = total === undefined ? undefined : limitOf(limit, total);
  return share === 0 && limitOf(limit, Number.MAX_SAFE_INTEGER) !== 0 ? 1 : share;
}
