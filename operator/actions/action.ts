/**
 * What an action is: a pure description of a change to the cluster. It says what must be read, what would be changed
 * field by field, which requests make that change and how its effect is told; it never asks or writes anything itself.
 *
 * The order in which a Remediation uses it, each line with objects that were just read:
 *
 *     plan     -> Changes           written into the Remediation's status before anything is done (the pre-image)
 *     inspect  -> NotMade           so: requests -> the shell sends them, each with its precondition
 *     inspect  -> Ours              made; effect -> Done, or Pending: look again later
 *     inspect  -> Foreign, Gone     somebody was faster: left alone
 *     undo     -> inspect each change again and, where it is Ours, send the requests of the inverse change (revert.ts)
 *
 * Because `inspect` reads the world and not our memory, a crash between any two of these lines repeats nothing.
 */
import type { ActionName, ActionParameters } from '../../crds/actions.ts';
import type { TargetKind } from '../../crds/references.ts';
import type { RecordedChange, RemediationSpec } from '../../crds/remediation.ts';
import type { KubeObject, Patch, Resource } from '../kube/api.ts';
import type { Answer, Live, Read } from './live.ts';
import type { Reversal } from './revert.ts';

/** What a Remediation is about, as its spec names it. */
export type Target = RemediationSpec['target'];

/**
 * One field of one object: `path` is a JSON pointer, `from` and `to` are JSON texts and absent where the field is. An
 * empty path is the object itself: `from` says what it was, and an absent `to` that it is deleted.
 */
export type Change = Omit<RecordedChange, 'undo'> & {
  /** In whose name it is made, when not in our own: what another Remediation had set is given back to it. */
  readonly toManager?: string;
};

/** Which step of which Remediation an action is done for. */
export interface Origin {
  readonly namespace: string;
  /** Of the Remediation. */
  readonly name: string;
  readonly uid: string;
  readonly step: string;
  /** The account in whose name targets are changed, if the plan names one. */
  readonly serviceAccountName?: string | undefined;
}

/** What an action knows besides the live objects. */
export interface Context {
  readonly target: Target;
  /** The field manager of the Remediation (`managerOf`): who we are in `managedFields`. */
  readonly manager: string;
  /** When it is asked: for what bears a time, such as a taint. */
  readonly nowMs: number;
  /** Whether a revision was available for a while (`ClusterFacts.wasAvailable`); absent: nobody here can tell. */
  readonly wasAvailable?: ((controllerUid: string, hash: string) => boolean) | undefined;
  /** Whether a template of the workload with that UID was tried by earlier Remediations (decide/in-vain.ts); absent: none. */
  readonly wasInVain?: ((uid: string, template: unknown) => boolean) | undefined;
}

/** The same with the step that it is done for. */
export type StepContext = Context & { readonly origin: Origin };

/** What an action would do. */
export type Plan =
  | { readonly is: 'Changes'; readonly changes: readonly Change[]; readonly message: string }
  /** Must not or cannot be done; `reason` is one CamelCase word. */
  | { readonly is: 'Refused'; readonly reason: string; readonly message: string }
  /** Is so already, or is somebody else's doing: nothing to change and nothing to undo. */
  | { readonly is: 'Nothing'; readonly message: string }
  /** Something could not be read: ask again later. */
  | { readonly is: 'Unreadable'; readonly message: string };

/**
 * A write and its precondition: refused with 409 when the object is another one (uid), changed since it was read, or
 * (create) there already. The requests of one answer do not depend on each other: each is tried, whatever became of those
 * before it. What depends on them is planned when they are seen to have been made.
 */
export type WriteRequest =
  | {
      readonly verb: 'patch';
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name: string;
      readonly subresource?: 'scale' | 'resize' | undefined;
      readonly fieldManager: string;
      /** `metadata.uid` and `metadata.resourceVersion` stand in the body. */
      readonly patch: Extract<Patch, { type: 'merge' }>;
    }
  | {
      readonly verb: 'delete';
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name: string;
      readonly uid: string;
      readonly gracePeriodSeconds?: number | undefined;
    }
  | {
      /** Asks for the end of a pod, which its PodDisruptionBudgets may refuse for now (429). */
      readonly verb: 'evict';
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name: string;
      readonly uid: string;
      readonly gracePeriodSeconds?: number | undefined;
    }
  | {
      /** Makes an object; one name a Remediation and step, so that it is made once however often it is sent. */
      readonly verb: 'create';
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name: string;
      readonly fieldManager: string;
      /** Its metadata bears the same name and namespace. */
      readonly object: KubeObject;
    };

/** How one recorded change stands in the world. */
export type Standing =
  /** The field is as it was before. */
  | { readonly is: 'NotMade' }
  /** The field is as we put it, and by `managedFields` it was us. */
  | { readonly is: 'Ours' }
  /** Somebody else wrote the field since; `by` is their field manager. */
  | { readonly is: 'Foreign'; readonly by: string; readonly message: string }
  /** The object is no more; another one may bear its name. */
  | { readonly is: 'Gone'; readonly message: string }
  | { readonly is: 'Unreadable'; readonly message: string };

/** What objects are read for. */
export type Purpose = 'Plan' | 'Confirm';

/** Whether a change that was made can be seen to work; `Failed`: it never will. */
export type Effect = {
  readonly is: 'Done' | 'Pending' | 'Failed';
  readonly message: string;
  /** How soon to look again at the latest, where something tells us of what is waited for; else it is looked at often. */
  readonly againMs?: number;
};

/** An RBAC permission that an action needs. */
export interface Permission {
  readonly verb: 'get' | 'list' | 'patch' | 'delete' | 'create';
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** It matters only where there is any object of this kind. */
  readonly ifAny?: Resource;
}

/** An action with parameters `P`; one file and one line in the registry. */
export interface Action<P> {
  /** False: what it does cannot be taken back, and it says so before it is done. A function where that hangs on parameters. */
  readonly reversible: boolean | ((params: P) => boolean);
  /** The kinds of targets that it can do something for. */
  readonly targets: readonly TargetKind[];
  /** The object it would change, or why there is none; known from the target alone. */
  subject(target: Target, params: P): Read | { readonly refused: string; readonly message: string };
  /** What `plan` needs to be read, or what `inspect` and `effect` need; the subject included. */
  reads(target: Target, params: P, purpose: Purpose, origin: Origin): readonly Read[];
  plan(params: P, live: Live, context: StepContext): Plan;
  /** The requests that make these changes to the objects as they were read. */
  requests(changes: readonly Change[], params: P, live: Live, context: StepContext): readonly WriteRequest[];
  inspect(change: Change, live: Live, context: StepContext): Standing;
  /** How a change is taken back, where that is not the three-way decision about a field (revert.ts). */
  readonly revert?: (change: Change, params: P, live: Live, context: StepContext) => Reversal;
  effect(changes: readonly Change[], live: Live, context: StepContext, params: P): Effect;
  /** For all targets and parameters it accepts: what an installation grants when it allows the action. */
  readonly permissions: readonly Permission[];
  /** Of those, what it takes with these parameters for targets of these kinds; absent: all of them. */
  needs?(params: P, kinds: readonly TargetKind[]): readonly Permission[];
  /** How it works through many objects, when it does. */
  readonly gradual?: Gradual<P>;
}

/**
 * What an action adds that changes many objects and learns only on the way which. Its changes are made one by one, in no
 * order, as each becomes possible; what cannot be brought to an end is taken back at once as far as it can be. Deletions
 * among its changes are seen in what `reads` asks for, not each by a question of its own.
 */
export interface Gradual<P> {
  /** The other objects that it would change, found in what is read for `plan`. */
  touched(params: P, live: Live, target: Target): readonly { readonly read: Read; readonly answer: Answer }[];
  /** What is to be changed besides these changes, now that their fields are as they should be. */
  further(changes: readonly Change[], params: P, live: Live, context: Context): Plan;
  /** Why it is not to go on: somebody took back what it rests on. */
  interrupted(changes: readonly Change[], live: Live, context: Context): string | undefined;
}

/** The actions by name. */
export type Actions = { readonly [Name in ActionName]: Action<ActionParameters<Name>> };

/** An action with its parameters filled in: what the rest of the operator works with. */
export interface BoundAction {
  readonly name: ActionName;
  readonly reversible: boolean;
  readonly targets: readonly TargetKind[];
  /** What the account that carries it out needs for targets of these kinds. */
  needs(kinds: readonly TargetKind[]): readonly Permission[];
  subject(target: Target): Read | { readonly refused: string; readonly message: string };
  reads(target: Target, purpose: Purpose): readonly Read[];
  plan(live: Live, context: Context): Plan;
  requests(changes: readonly Change[], live: Live, context: Context): readonly WriteRequest[];
  inspect(change: Change, live: Live, context: Context): Standing;
  /** Absent: by the three-way decision. */
  revert?(change: Change, live: Live, context: Context): Reversal;
  effect(changes: readonly Change[], live: Live, context: Context): Effect;
  readonly gradual?: {
    touched(live: Live, target: Target): readonly { readonly read: Read; readonly answer: Answer }[];
    further(changes: readonly Change[], live: Live, context: Context): Plan;
    interrupted(changes: readonly Change[], live: Live, context: Context): string | undefined;
  };
}

/** Whether a change is the end of an object: nothing brings that back. */
export const isDeletion = ({ path, to }: Pick<Change, 'path' | 'to'>): boolean => path === '' && to === undefined;
