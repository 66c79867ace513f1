/** What became different by a Remediation: the same things measured just before its first step and when it is verified. */
import type { Measurement } from '../../crds/remediation.ts';
import { answerTo, type Read } from '../actions/live.ts';
import { isRead, ownObject, workloadOf } from '../actions/subjects.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Run } from './run.ts';

/** The questions whose answers are measured, and which `verify.condition` speaks of: the target and its workload. */
export const effectReads = ({ context: { target } }: Run): Read[] =>
  [ownObject(target), workloadOf(target)].filter(isRead);

/** Of these, what is worth asking only to measure: a node shows nothing of it. */
export const measureReads = (run: Run): Read[] => (run.context.target.kind === 'Node' ? [] : effectReads(run));

interface Workload extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly readyReplicas?: number };
}
interface Pod extends KubeObject {
  readonly status?: {
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
  };
}

/** The target and its workload as they were read; undefined where they are not, or are not there. */
export function objectsOf({ context: { target }, world: { live } }: Run): {
  readonly target: KubeObject | undefined;
  readonly workload: KubeObject | undefined;
} {
  const found = (subject: ReturnType<typeof ownObject>, uid: string | undefined): KubeObject | undefined => {
    const answer = isRead(subject) ? answerTo(live, subject) : undefined;
    return answer?.is === 'Found' && answer.object.metadata.uid === uid ? answer.object : undefined;
  };
  return {
    target: found(ownObject(target), target.uid),
    workload: found(workloadOf(target), target.workload?.uid),
  };
}

/** Measures what was read in this run. */
export function measure(run: Run): Measurement {
  const { target } = run.context;
  const objects = objectsOf(run);
  const workload: Workload | undefined = objects.workload;
  const pod: Pod | undefined = target.kind === 'Pod' || target.kind === 'Container' ? objects.target : undefined;
  const containers = pod?.status?.containerStatuses?.filter(
    ({ name }) => target.container === undefined || name === target.container,
  );
  const { signals } = run.world.verdict;
  return {
    time: run.draft.now,
    ...(signals === undefined ? {} : { signals: signals.map(signalOf) }),
    ...(workload?.spec?.replicas === undefined
      ? {}
      : { replicas: workload.spec.replicas, readyReplicas: workload.status?.readyReplicas ?? 0 }),
    ...(containers === undefined
      ? {}
      : { restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0) }),
  };
}

/** Notes what was measured at the end, and what became different. */
export function concludeEffect(run: Run): void {
  const before = run.status.effect?.before;
  if (before === undefined || run.status.effect?.after !== undefined) return;
  const after = measure(run);
  run.status.effect = { before, after, summary: differences(before, after) };
}

/** `high 0.97 -> 0.41; ready replicas 2 of 3 -> 4 of 4`. */
function differences(before: Measurement, after: Measurement): string {
  const signals = (before.signals ?? []).map(({ signal, value }): [string, string | undefined, string | undefined] => [
    signal,
    value,
    after.signals?.find((other) => other.signal === signal)?.value,
  ]);
  const ready = ({ replicas, readyReplicas }: Measurement): string | undefined =>
    replicas === undefined ? undefined : `${readyReplicas} of ${replicas}`;
  const all: [string, string | number | undefined, string | number | undefined][] = [
    ...signals,
    ['ready replicas', ready(before), ready(after)],
    ['restarts', before.restarts, after.restarts],
  ];
  const told = all
    .filter(([, from, to]) => from !== undefined || to !== undefined)
    .map(([what, from = 'unknown', to = 'unknown']) => (from === to ? `${what} ${to}` : `${what} ${from} -> ${to}`));
  return told.length === 0 ? 'nothing could be measured' : told.join('; ');
}

/** A value with at most six significant digits. */
const signalOf = ({ signal, value }: { signal: string; value: number }): { signal: string; value?: string } =>
  Number.isFinite(value) ? { signal, value: String(Number(value.toPrecision(6))) } : { signal };
