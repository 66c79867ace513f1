/** One run, as data: what stands in the beginning, and everything that will happen, each at its time. */
import type { DetectionPolicySpec } from '../../crds/detection-policy.ts';
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import type { TargetKind } from '../../crds/references.ts';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import type { FaultKind, RequestClass } from './wire.ts';

export interface ScenarioPolicy {
  readonly name: string;
  readonly namespace: string;
  readonly kind: TargetKind;
  readonly plan: string;
  readonly mode: DetectionPolicySpec['mode'];
}

export interface ScenarioPlan {
  readonly name: string;
  readonly namespace: string;
  readonly spec: Pick<RemediationPlanSpec, 'mode' | 'steps' | 'verify' | 'guards'> &
    Partial<Pick<RemediationPlanSpec, 'serviceAccountName' | 'approval' | 'historyLimit'>>;
}

export interface ScenarioGuardrail {
  readonly name: string;
  readonly namespace: string;
  readonly spec: GuardrailSpec;
}

/** The kinds of our own objects, as steps name them. */
export type OwnKind = 'DetectionPolicy' | 'RemediationPlan' | 'Guardrail' | 'Incident' | 'Remediation';

export type Happening =
  /** What stands in a place is ill, or well, by the word of a policy; `pending`: it does not fire yet. */
  | {
      readonly is: 'judge';
      readonly policy: number;
      readonly slot: string;
      readonly ill: boolean;
      readonly pending?: true;
    }
  | { readonly is: 'silence' | 'speak'; readonly slot: string }
  /** The stream of frames stands still for one replica. */
  | { readonly is: 'stream'; readonly replica: number; readonly ms: number }
  /** Requests go wrong: so many, or for so long. */
  | {
      readonly is: 'fault';
      readonly replica: number;
      readonly on: RequestClass;
      readonly kind: FaultKind;
      readonly count: number;
      readonly ms?: number;
    }
  | { readonly is: 'stall'; readonly replica: number; readonly kind: OwnKind; readonly ms: number }
  /** The watches of a kind tell of everything so much later, from now on. */
  | { readonly is: 'lag'; readonly replica: number; readonly kind: OwnKind; readonly ms: number }
  | { readonly is: 'duplicate'; readonly replica: number; readonly kind: OwnKind; readonly count: number }
  /** All watches of a replica are cut; with `compact` the server has forgotten the past as well. */
  | { readonly is: 'cut'; readonly replica: number; readonly compact: boolean }
  /** The process dies at its n-th write from now, before it is sent or after it is stored; another follows later. */
  | {
      readonly is: 'kill';
      readonly replica: number;
      readonly writes: number;
      readonly when: 'before' | 'after';
      readonly downMs: number;
    }
  /** The process stands still. */
  | { readonly is: 'pause'; readonly replica: number; readonly ms: number }
  /** Its date jumps. */
  | { readonly is: 'jump'; readonly replica: number; readonly ms: number }
  /** Somebody else writes to a target; `nth` of the pods that are there, by name. */
  | {
      readonly is: 'edit';
      readonly by: string;
      readonly kind: 'Node' | 'Deployment' | 'Pod';
      readonly slot: string;
      readonly body: object;
      readonly scale?: true;
    }
  /** Somebody else works on a node for so long, and holds its Lease meanwhile, if it is to be had. */
  | { readonly is: 'lease'; readonly slot: string; readonly ms: number }
  /** Somebody deletes a target; another one takes its place. */
  | { readonly is: 'replace'; readonly slot: string }
  /** A person edits, or deletes, one of our objects: the n-th of its kind, by age and name. */
  | { readonly is: 'change'; readonly kind: OwnKind; readonly nth: number; readonly body: object }
  | { readonly is: 'delete'; readonly kind: OwnKind; readonly nth: number };

export type Step = Happening & { readonly atMs: number };

export interface Scenario {
  readonly seed: number;
  readonly policies: readonly ScenarioPolicy[];
  readonly plans: readonly ScenarioPlan[];
  readonly guardrails: readonly ScenarioGuardrail[];
  /** Whether the operator shares the Leases of nodes with others. */
  readonly nodeLeases: boolean;
  /** Whether an autoscaler owns the replicas of `shop/web`. */
  readonly autoscaled: boolean;
  /** In order of time. */
  readonly steps: readonly Step[];
  /** When calm returns. */
  readonly endMs: number;
  /** What is paused when everything is to be taken back, and the object that can never be read from then on. */
  readonly end: { readonly paused: boolean; readonly unreadable?: string };
}
