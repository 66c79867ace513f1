/** What people are told: one notification, the same for every notifier. */
import type { IncidentSpec } from '../../crds/incident.ts';

/**
 * `Opened`: people have to look after it. `Acknowledged`: somebody does. `Resolved`: it is over. `Message`: what a step of
 * a plan wanted to be said.
 */
export type Stage = 'Opened' | 'Acknowledged' | 'Resolved' | 'Message';

/** One attempt to repair it, as people are told of it. */
export interface Tried {
  readonly remediation: string;
  readonly plan: string;
  readonly attempt: number;
  /** How it ended: the reason of its condition `Succeeded`, and its message. */
  readonly result: string;
  readonly message: string;
  readonly steps: readonly { readonly name: string; readonly state: string; readonly message: string }[];
}

export interface Notification {
  /** The same whenever this very thing is told again. */
  readonly id: string;
  /** The same for everything that is told of one matter, from its opening to its end. */
  readonly key: string;
  readonly stage: Stage;
  /** When what is told came about, in RFC 3339. */
  readonly time: string;
  /** When the matter began. */
  readonly openedTime: string;
  readonly severity: IncidentSpec['severity'];
  /** Why people are told, as one CamelCase word. */
  readonly reason: string;
  /** In one line. */
  readonly summary: string;
  /** What was seen, one line each. */
  readonly evidence: readonly string[];
  readonly tried: readonly Tried[];
  readonly incident: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly policy: string;
  readonly target: IncidentSpec['target'];
  /** What a person can do next, one line each. */
  readonly hints: readonly string[];
}

/** The whole story as plain text, for people. */
export function storyOf({ summary, evidence, tried, hints }: Notification): string {
  const lines = [summary, ...evidence.map((line) => `- ${line}`)];
  for (const { attempt, remediation, result, message, steps } of tried) {
    lines.push(`attempt ${attempt} (${remediation}): ${result}, ${message}`);
    for (const step of steps) lines.push(`  ${step.name}: ${step.state.toLowerCase()}, ${step.message}`);
  }
  return [...lines, ...hints].join('\n');
}
