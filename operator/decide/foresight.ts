/** `status.preview`: what would be done and whom it would concern, told before anything is done. */
import type { RecordedChange } from '../../crds/remediation.ts';
import type { Change } from '../actions/action.ts';
import { blastRadius, blastReads } from './blast.ts';
import { clip } from './clip.ts';
import type { Decision } from './decision.ts';
import { linesOf } from './diff.ts';
import type { Run, Step } from './run.ts';

/** As `maxItems` of the schema. */
const mostLines = 64;

/** These changes, and those that the action would find out on the way if it began now. */
export function foreseen(run: Run, { action }: Pick<Step, 'action'>, changes: readonly Change[]): readonly Change[] {
  const more = action.gradual?.further(changes, run.world.live, run.context);
  return more?.is === 'Changes' ? [...changes, ...more.changes] : changes;
}

/** Adds what a step would change to the preview. */
export function foretell(run: Run, step: string, lines: readonly string[]): void {
  const preview = (run.status.preview ??= { time: run.draft.now, diff: [] });
  preview.diff = [...preview.diff, ...lines.map((line) => clip(`${step}: ${line}`))].slice(0, mostLines);
}

/** Adds whom these changes would concern; undefined once it is there. */
export function foretellBlast(run: Run, changes: readonly RecordedChange[]): Decision | undefined {
  const missing = run.read(blastReads(changes, run.world.live));
  if (missing !== undefined) return missing;
  const preview = (run.status.preview ??= { time: run.draft.now, diff: [] });
  const radius = blastRadius(changes, run.world.live);
  preview.blastRadius = {
    ...radius,
    summary: clip(radius.summary),
    ...(radius.unknown && { unknown: radius.unknown.map((what) => clip(what)) }),
  };
  return undefined;
}

/** For whoever is to approve: what all steps would do as things are now. Told once; undefined when it is. */
export function lookAhead(run: Run): Decision | undefined {
  if (run.status.preview !== undefined) return undefined;
  const { live } = run.world;
  const missing = run.read(run.steps.flatMap(({ action }) => action.reads(run.context.target, 'Plan')));
  if (missing !== undefined) return missing;
  const plans = run.steps.map((step) => {
    const plan = step.action.plan(live, run.context);
    const own = plan.is === 'Changes' ? foreseen(run, step, plan.changes) : [];
    return { name: step.spec.name, plan, changes: own };
  });
  const changes = plans.flatMap((one) => one.changes);
  const more = run.read(blastReads(changes, live));
  if (more !== undefined) return more;
  for (const { name, plan, changes: own } of plans)
    foretell(run, name, plan.is === 'Changes' ? linesOf(own) : [`${said[plan.is]}: ${plan.message}`]);
  return foretellBlast(run, changes);
}

const said = { Refused: 'would be refused', Nothing: 'would do nothing', Unreadable: 'could not be told' } as const;
