/** What must hold, as rules that are asked at every write, every line of the log, and at the end. */
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject } from '../kube/api.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import type { Attribution, Commit, History } from './history.ts';
import type { Replica } from './replica.ts';

/** A write to a target at the moment in which a process of ours sends it. */
export interface TargetWrite {
  readonly replica: Replica;
  readonly request: ApiRequest;
  /** The object as it is stored; undefined when there is none. */
  readonly object: KubeObject | undefined;
  /** Whether it demands another version of the object than the one that is stored: it is refused, whatever has become of that. */
  readonly isOutdated: boolean;
  /** What it is for; empty when no Remediation has it on record. */
  readonly attributions: readonly Attribution[];
}

/** A write to the status of a Remediation at the moment in which a process of ours sends it. */
export interface OwnWrite {
  readonly replica: Replica;
  readonly request: ApiRequest;
  /** As it is stored. */
  readonly before: Remediation;
  /** As it will be, but for what is removed. */
  readonly after: Remediation;
}

export interface LogLine {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly fields: object | undefined;
}

/** The world when everything has come to rest. */
export interface End {
  readonly history: History;
  /** Objects that cannot be read, by name: what concerns them need not be done. */
  readonly unreadable: ReadonlySet<string>;
}

/** The world when nothing has failed for a while, and what is ill is ill yet. */
export interface Calm {
  readonly history: History;
  readonly leader: Replica;
}

/** One rule of one run. Each question is answered with what is wrong, or with nothing. */
export interface Rule {
  /** The invariant of the design it stands for, such as `2 budgets`. */
  readonly name: string;
  readonly targetWrite?: (write: TargetWrite, history: History) => string | undefined;
  readonly ownWrite?: (write: OwnWrite, history: History) => string | undefined;
  /** Asked before the history takes note of the change. */
  readonly commit?: (commit: Commit, history: History) => string | undefined;
  readonly log?: (line: LogLine) => string | undefined;
  readonly refused?: (request: ApiRequest, why: string) => string | undefined;
  readonly calm?: (calm: Calm) => string | undefined;
  readonly end?: (end: End) => string | undefined;
}

/** A rule with a memory of its own for each run. */
export type RuleMaker = () => Rule;

export interface Violation {
  readonly rule: string;
  readonly message: string;
  /** Since the beginning. */
  readonly atMs: number;
}
