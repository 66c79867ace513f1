import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { RecordedChange, Remediation, RemediationStatus, StepStatus } from '../../crds/remediation.ts';
import { isDeletion, type BoundAction, type Context } from '../actions/action.ts';
import { isOutside, isUnsent } from '../actions/call.ts';
import { readOf } from '../actions/fields.ts';
import { unanswered, type Read } from '../actions/live.ts';
import { isMessage } from '../actions/notify.ts';
import { actionOf } from '../actions/registry.ts';
import { describeTarget } from '../actions/subjects.ts';
import { clip } from './clip.ts';
import { contextOf } from './context.ts';
import type { Decision, EventNote, World } from './decision.ts';
import { Draft } from './draft.ts';
import { originOf } from './origin.ts';
import { reasons, type Reason } from './reasons.ts';
import { parseTime } from './time.ts';

/** A step of the Remediation: what it says, what it does, and how far it is (part of the draft). */
export interface Step {
  readonly spec: PlanStep;
  readonly action: BoundAction;
  readonly status: StepStatus;
}

/**
 * A write that was sent may still take effect this long after we heard the last of it: a lost answer, a process that died
 * or was replaced while it waited for one. Until then "nothing was changed" is not the end of it.
 */
export const inFlightMs = 30_000;

/** On so many objects at most is an event about their change. */
const mostChanged = 10;

/** Wait until a time, or (without one) until something changes. */
export const waitUntil = (requeueAtMs?: number): Decision => ({ do: 'Wait', requeueAtMs });

/** One question to the step function: the Remediation as it is, its status as it will be, and the world. */
export class Run {
  readonly remediation: Remediation;
  readonly world: World;
  readonly draft: Draft<RemediationStatus>;
  /** In the order of the spec. */
  readonly steps: readonly Step[];
  readonly context: Context;

  constructor(remediation: Remediation, world: World) {
    this.remediation = remediation;
    this.world = world;
    this.draft = new Draft(remediation.status ?? {}, world.nowMs);
    const { spec, metadata } = remediation;
    this.context = contextOf(remediation, world);
    if (metadata.generation !== undefined) this.status.observedGeneration = metadata.generation;
    const old = this.status.steps ?? [];
    this.status.steps = spec.steps.map(
      ({ name, action }) =>
        old.find((known) => known.name === name) ?? { name, action: actionOf(action).name, state: 'Pending' },
    );
    this.steps = this.status.steps.map((status, index) => {
      const step = spec.steps[index] as PlanStep;
      return { spec: step, action: actionOf(step.action, originOf(remediation, step.name)), status };
    });
  }

  get status(): RemediationStatus {
    return this.draft.status;
  }
  get nowMs(): number {
    return this.world.nowMs;
  }
  get target(): string {
    return describeTarget(this.context.target);
  }
  get isConcluded(): boolean {
    return (this.draft.condition('Succeeded')?.status ?? 'Unknown') !== 'Unknown';
  }
  get isFinished(): boolean {
    return this.status.finishedTime !== undefined;
  }
  get startedMs(): number | undefined {
    return parseTime(this.status.startedTime);
  }

  /** What is decided, or first the saving of what has changed: nothing is written to a target before that. */
  settle(decision: Decision): Decision {
    for (const { status } of this.steps) clipTexts(status);
    this.#sumUp();
    // Every question looks at the whole spec, so every condition is about it.
    const { observedGeneration, conditions = [] } = this.status;
    if (observedGeneration !== undefined)
      for (const condition of conditions) condition.observedGeneration = observedGeneration;
    if (decision.do === 'Read' || decision.do === 'Reload' || !this.draft.changed) return decision;
    return { do: 'Save', status: this.status, events: this.draft.events };
  }

  /** Until it has ended, `Succeeded` says what it waits for: the one condition that everybody looks at. */
  #sumUp(): void {
    if (this.draft.condition('Succeeded')?.status !== 'Unknown') return;
    const [blocked, ...others] = ['Blocked', 'Approved', 'Verified', 'Applied'].map((type) =>
      this.draft.condition(type),
    );
    const telling = blocked?.status === 'True' ? blocked : others.find((condition) => condition?.status === 'Unknown');
    if (telling !== undefined) this.draft.set('Succeeded', 'Unknown', telling.reason, telling.message);
    else this.draft.set('Succeeded', 'Unknown', reasons.pending, 'it has not begun');
  }

  /** The decision to read what is not read yet; undefined when everything is. */
  read(reads: readonly Read[]): Decision | undefined {
    const missing = unanswered(reads, this.world.live);
    return missing.length === 0 ? undefined : { do: 'Read', reads: missing };
  }

  /** The end of a step. */
  finish(step: Step, state: 'Applied' | 'Failed' | 'Skipped', message: string): void {
    step.status.state = state;
    step.status.finishedTime = this.draft.now;
    step.status.message = message;
    this.draft.note(`step ${step.spec.name} ${state === 'Applied' ? 'is done' : state.toLowerCase()}: ${message}`);
  }

  /** Nothing that has not begun will begin. */
  skipRest(message: string): void {
    for (const { status } of this.steps) {
      if (status.state === 'Pending')
        Object.assign(status, { state: 'Skipped', finishedTime: this.draft.now, message });
    }
  }

  /** The outcome is known. It is finished once nothing is being taken back any more. */
  conclude(status: 'True' | 'False', reason: Reason, message: string): void {
    if (this.isConcluded) return;
    this.skipRest('not reached');
    // Ended in another way than by its verification, which is not waited for any more.
    if (this.draft.condition('Verified')?.reason === reasons.stabilizing)
      this.draft.set('Verified', 'Unknown', reason, message);
    this.draft.set('Succeeded', status, reason, message);
    this.draft.note(`${status === 'True' ? 'succeeded' : 'failed'}: ${message}`);
    const type = status === 'True' ? 'Normal' : 'Warning';
    this.tell({ type, reason, action: 'Conclude', note: `${this.target}: ${message}` });
  }

  end(): void {
    if (this.isFinished) return;
    this.draft.set('Blocked', 'False', reasons.ended, 'it has come to its end');
    this.status.finishedTime = this.draft.now;
  }

  tell(event: Omit<EventNote, 'about'> & { about?: EventNote['about'] }): void {
    this.draft.event({ about: 'Remediation', ...event });
  }
}

/** Of an event about changes: it is on the target, and on the objects that are changed; of many, on some. */
export function about(changes: readonly Pick<RecordedChange, 'object'>[]): Pick<EventNote, 'about' | 'changed'> {
  // A call of somebody outside is no object that anybody could look at.
  const inside = changes.filter((change) => !isOutside(change));
  const objects = new Map(inside.map(({ object }) => [object.uid ?? object.name, object]));
  return { about: 'Target', changed: [...objects.values()].slice(0, mostChanged) };
}

function clipTexts(step: StepStatus): void {
  if (step.message !== undefined) step.message = clip(step.message);
  for (const { undo } of step.changes ?? []) if (undo?.message !== undefined) undo.message = clip(undo.message);
}

/** The questions whose answers tell how the changes of a step stand. */
export const standingReads = ({ context }: Run, { action }: Step, changes: readonly RecordedChange[]): Read[] => [
  ...action.reads(context.target, 'Confirm'),
  ...changes.filter((change) => action.gradual === undefined || !isDeletion(change)).map(readOf),
];

/** The changes that a step may have made, as far as nothing was decided about undoing them. */
export const standingChanges = ({ status }: Pick<Step, 'status'>): RecordedChange[] =>
  ['Prepared', 'Applied', 'Failed'].includes(status.state)
    ? (status.changes ?? []).filter(
        (change) =>
          (change.undo === undefined || change.undo.state === 'None') &&
          (status.state !== 'Failed' || !isUnsent(change)) &&
          (status.state === 'Prepared' || !isMessage(change)),
      )
    : [];
