/**
 * What the step function of a Remediation is given and what it answers. A thin asynchronous shell executes the answer
 * and asks again:
 *
 *     for (;;) {
 *       const decision = next(remediation, world);            // pure
 *       switch (decision.do) {
 *         case 'Read':    world.live = answers; continue;     // ask the API server, not a cache; keep earlier answers
 *         case 'Save':    remediation = saved; world.fresh = true; world.outcome = undefined; continue;
 *                         // the status, guarded by resourceVersion; then publish events. On 409: stop, start again
 *         case 'Reload':  remediation = read; world.fresh = true; continue;
 *         case 'Write':   world.outcome = …; world.live = what was answered; continue;
 *         case 'Lease':   world.leaseProblem = …; forget the answer about it; continue;
 *         case 'Release': remove the finalizer; return;
 *         case 'Wait':    return requeueAtMs;
 *       }
 *     }
 *
 * `fresh` and `outcome` are forgotten at the end of a run, and so are the answers.
 */
import type { DetectionPolicySpec } from '../../crds/detection-policy.ts';
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Remediation, RemediationStatus } from '../../crds/remediation.ts';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import type { Change, Target, WriteRequest } from '../actions/action.ts';
import type { Live, Read } from '../actions/live.ts';
import type { KubeObject, OwnerReference } from '../kube/api.ts';
import type { ChangeLog } from './change-log.ts';

/** How the policy judges the target, or what took its place. */
export interface PolicyVerdict {
  /**
   * `Pending` = the condition holds, but not for long enough yet; `Clear` = it does not hold, for long enough; `Unknown` =
   * no recent samples, or no policy any more: nothing may be concluded.
   */
  readonly state: 'Firing' | 'Pending' | 'Clear' | 'Unknown';
  /** Set when it is `Unknown` only because the stream has not been read up to now, as after a start: soon more is known. */
  readonly notRead?: true;
  /** Since when it is so. */
  readonly sinceMs: number;
  /** When its last sample was captured. */
  readonly lastSampleMs?: number | undefined;
  /** What its signals show; absent: not known. */
  readonly signals?: readonly { readonly signal: string; readonly value: number }[] | undefined;
  /** The policy's `staleAfterSeconds`. */
  readonly staleAfterSeconds: DetectionPolicySpec['staleAfterSeconds'];
}

/** How many targets policies select, and how many of them fire; one that two policies select counts for both. */
export interface Load {
  readonly matched: number;
  readonly firing: number;
}

/** A storm as it was written down: since when, and (while it is over but for the cool-down) until when nothing is done. */
export interface StormRecord {
  readonly since: string;
  readonly until?: string;
}

/** What the guards know of a node. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ready and not cordoned. */
  readonly healthy: boolean;
}

/** What the guards know of a workload. */
export interface OwnerFacts {
  /** Those of a ReplicaSet that has a controller are left out: its pods have them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly controller: OwnerReference | undefined;
}

/** What the guards know of the cluster besides what is read for a step: from watches, so it may be some milliseconds old. */
export interface ClusterFacts {
  node(name: string): NodeFacts | undefined;
  /** The nodes of which it has changed whether they are healthy; absent: nobody keeps account. */
  readonly changes?: Pick<ChangeLog, 'length' | 'since'>;
  /** How many of these nodes (without names: of all) there are and are healthy. */
  health(names?: ReadonlySet<string>): { readonly total: number; readonly healthy: number };
  /** The nodes of the control plane. */
  controlPlane(): readonly NodeFacts[];
  /** How many pods a workload wants and has available; undefined for a kind that is not watched. */
  workload(uid: string): { readonly total: number; readonly healthy: number } | undefined;
  /**
   * Whether a revision was available for a while, as far as that was seen: of a Deployment by the UID of its ReplicaSet, else
   * by that of the workload and the `controller-revision-hash` of its pods. Absent: nobody keeps account.
   */
  wasAvailable?(controllerUid: string, hash: string): boolean;
  /** Whether a pod counts among the available ones; false when it is gone. */
  isPodHealthy(uid: string): boolean;
  /** What is known of the controller of a pod, or of its controller; undefined for a kind that is not watched. */
  owner(uid: string): OwnerFacts | undefined;
}

/** What the guards know of the plan. */
export interface PlanFacts {
  readonly spec: Pick<RemediationPlanSpec, 'mode' | 'guards' | 'approval'>;
  /** Targets that the policies with a route to this plan select; undefined: not known. */
  readonly matchedTargets: number | undefined;
  /** Of the targets of the Remediation's kind among these; undefined: not known, as before the stream has been read. */
  readonly load?: Load | undefined;
  /** The plan's `status.storm`. */
  readonly storm?: StormRecord | undefined;
  /** The nodes among these targets, by name; undefined when there are none. */
  readonly nodes?: ReadonlySet<string> | undefined;
}

/** What the guards know of all that is under a Guardrail, for one kind of target. */
export interface GuardrailFacts {
  /** Targets of that kind that the policies under it select, each once; undefined: not known. */
  readonly matchedTargets: number | undefined;
  readonly load: Load | undefined;
}

/** What people said of the Incidents of a policy. */
export interface Feedback {
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** Limits that come with the installation. */
export interface Settings {
  /** The operator's own namespace: objects there reach everything, and what runs there is never acted on. */
  readonly rootNamespace: string;
  /** Whether kube-system may be acted on. */
  readonly allowKubeSystem: boolean;
  /** Whether the per-node Leases of the medik8s operators are taken and respected (node-lease.ts); absent: not. */
  readonly nodeLeases?: boolean | undefined;
}

/** Everything outside the Remediation, at one moment. Undefined = could not be found out; that passes no guard. */
export interface World {
  readonly nowMs: number;
  readonly settings: Settings;
  readonly verdict: PolicyVerdict;
  readonly plan: PlanFacts | undefined;
  /** When the Incident was over, by the time of its samples; absent while it is not. */
  readonly resolvedMs?: number | undefined;
  /** Every Guardrail of the Remediation's namespace and of the root namespace. */
  readonly guardrails: readonly Guardrail[] | undefined;
  /** What there is under a guardrail. */
  readonly under?: ((guardrail: Guardrail, kind: Target['kind']) => GuardrailFacts) | undefined;
  /** What people said of the policy's Incidents; undefined: not known, as when the policy is gone. */
  readonly feedback?: Feedback | undefined;
  readonly cluster?: ClusterFacts | undefined;
  /**
   * Every Remediation, from one consistent snapshot (the reflector's store). It may lag behind: a claim counts once the
   * snapshot shows it (budget.ts), so never patch own writes into it.
   */
  readonly remediations: readonly Remediation[] | undefined;
  /** Answers read in this run. */
  readonly live: Live;
  /** True when the Remediation was saved or read from the API server in this run, false when it came from a cache. */
  readonly fresh: boolean;
  /** Why the last `Lease` of this run was not written, other than by a conflict. */
  readonly leaseProblem?: string | undefined;
  /** What became of the last `Write` of this run; forgotten at the next `Save`. */
  readonly outcome?: Outcome | undefined;
}

/** What the API server answered to a request that it did not carry out. */
export interface Failure {
  readonly request: WriteRequest;
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds?: number | undefined;
  /** True: a PodDisruptionBudget does not allow the eviction now. */
  readonly disruptionBudget?: true;
}

/**
 * What became of the requests of a `Write`. Each is tried, but for those after one that was not answered or throttled; the
 * failures stand in their order, and the fields beside them are those of the one that matters most (`worstOf`).
 */
export type Outcome =
  | {
      readonly ok: true;
      /** Of a dry run: the objects as they would be, where the API server told. */
      readonly answers?: readonly KubeObject[] | undefined;
    }
  | (Omit<Failure, 'request'> & { readonly ok: false; readonly failures: readonly Failure[] });

/** An event to publish. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  /** What was tried, CamelCase. */
  readonly action: string;
  readonly note: string;
  /** About the Remediation, or (regarding) the target with the Remediation as related object. */
  readonly about: 'Remediation' | 'Target';
  /** About these objects as well: what is changed is often not the target itself (the node of a pod, its Deployment). */
  readonly changed?: readonly Change['object'][];
}

export type Decision =
  | { readonly do: 'Read'; readonly reads: readonly Read[] }
  | { readonly do: 'Save'; readonly status: RemediationStatus; readonly events: readonly EventNote[] }
  | { readonly do: 'Reload' }
  | {
      readonly do: 'Write';
      readonly purpose: 'Act' | 'Undo' | 'DryRun';
      readonly step: string;
      readonly requests: readonly WriteRequest[];
      /** To be saved before anything is sent, as with `Save`. */
      readonly ahead?: RemediationStatus | undefined;
      /** True: ask the server to validate and store nothing. */
      readonly dryRun: boolean;
      /** In whose name; absent: the operator's own. */
      readonly serviceAccountName: string | undefined;
    }
  /** The Lease of a node is taken, renewed or given back, in the operator's own name; then it is read again. */
  | { readonly do: 'Lease'; readonly request: WriteRequest }
  /** It is being deleted and nothing is left to take back: remove the finalizer. */
  | { readonly do: 'Release' }
  /** Nothing to do before this time (absent: before something changes). */
  | { readonly do: 'Wait'; readonly requeueAtMs: number | undefined };
