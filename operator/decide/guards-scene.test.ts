/** A Remediation, its world and what is read of its target, as tests of the guards change them. No tests of its own. */
import type { Remediation, RemediationSpec } from '../../crds/remediation.ts';
import { readKey, type Answer } from '../actions/live.ts';
import type { KubeObject } from '../kube/api.ts';
import { deployment, node } from '../testing/fixtures.ts';
import type { World } from './decision.ts';
import { guardContext, touchedReads } from './guard.ts';
import { checkGuards } from './guards.ts';
import { nodesOnly, remediation, targets, webPod } from './harness.test.ts';

export const nowMs = Date.parse('2026-01-01T12:00:00Z');
export const minutesAgo = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

/** A world in which everything passes. */
export const world: World = {
  nowMs,
  settings: { rootNamespace: 'homeostat-system', allowKubeSystem: false },
  verdict: { state: 'Firing', sinceMs: nowMs, lastSampleMs: nowMs - 1000, staleAfterSeconds: 15 },
  plan: {
    spec: { mode: 'Enforce', guards: { maxConcurrent: 2, maxAttempts: 2, cooldownSeconds: 300 } },
    matchedTargets: 10,
  },
  guardrails: [],
  remediations: [],
  cluster: nodesOnly(() => [
    node({ name: 'node-1', labels: { zone: 'a', 'node-role.kubernetes.io/control-plane': '' } }),
    node({ name: 'node-2', labels: { zone: 'b' } }),
  ]),
  live: new Map(),
  fresh: true,
};
export const withPlan = (guards: object, more: object = {}): Partial<World> => ({
  plan: {
    matchedTargets: 10,
    ...more,
    spec: { mode: 'Enforce', guards: { maxConcurrent: 2, maxAttempts: 2, cooldownSeconds: 300, ...guards } },
  },
});

/** `self`, identified; what the API server says of its target and of what it would change. */
export const self = (more: Partial<RemediationSpec> = {}, namespace = 'homeostat-system'): Remediation => {
  const made = remediation([{ scale: { by: 1 } }, { cordon: {} }], { target: targets.pod, ...more });
  return { ...made, metadata: { ...made.metadata, uid: 'uid-self', namespace, creationTimestamp: minutesAgo(0) } };
};
export const objects: readonly KubeObject[] = [
  webPod(),
  deployment({ uid: 'uid-web', creationTimestamp: minutesAgo(9999), labels: { tier: 'gold' } }),
  node({
    uid: 'uid-node-1',
    creationTimestamp: minutesAgo(9999),
    labels: { 'node-role.kubernetes.io/control-plane': '' },
  }),
];
export const live = (of: Remediation, answers: readonly KubeObject[] = objects): Map<string, Answer> =>
  new Map(
    touchedReads(of).map((read): [string, Answer] => {
      const object = answers.find((found) => found.kind === read.resource.kind);
      return [readKey(read), object ? { is: 'Found', object } : { is: 'Unreadable', message: 'forbidden' }];
    }),
  );

/** Another Remediation: begun and not finished, unless said otherwise. */
export const other = (
  name: string,
  status: Remediation['status'] = {},
  more: Partial<RemediationSpec> = {},
): Remediation => {
  const made = remediation([], { target: { ...targets.pod, uid: `uid-of-${name}`, name }, ...more }, name);
  return {
    ...made,
    metadata: { ...made.metadata, uid: `uid-${name}` },
    status: { startedTime: minutesAgo(30), ...status },
  };
};
export const inNamespace = (namespace: string, made: Remediation): Remediation => ({
  ...made,
  metadata: { ...made.metadata, namespace },
});
export const ended = (minutes: number, reason: string) => ({
  finishedTime: minutesAgo(minutes),
  conditions: [
    { type: 'Succeeded', status: 'False' as const, reason, message: '', lastTransitionTime: minutesAgo(minutes) },
  ],
});
export const begun = (count: number, more: Partial<RemediationSpec> = {}): Remediation[] =>
  Array.from({ length: count }, (_, index) => other(`other-${index}`, {}, more));

/** The guards that do not pass. */
export function failing(given: Partial<World> = {}, of = self(), answers = live(of)): string[] {
  const checked = checkGuards(guardContext(of, { ...world, live: answers, ...given }), 'Start');
  return checked.filter(({ finding }) => !finding.passed).map(({ guard }) => guard.name);
}
export const messageOf = (name: string, given: Partial<World> = {}, of = self()): string | undefined =>
  checkGuards(guardContext(of, { ...world, live: live(of), ...given }), 'Start').find(
    ({ guard }) => guard.name === name,
  )?.finding.message;
