import { markOf } from '../../e2e/runner/marks.ts';
import { Recorder, type Observation } from '../../e2e/runner/recorder.ts';
import { readScenario, type Scenario } from '../../e2e/runner/scenario.ts';
import { diedAt, setUp, type Pod as PodObject } from '../../e2e/runner/stage.ts';
import { until, type World } from '../../e2e/runner/world.ts';
import type { KubeApi } from '../../operator/kube/api.ts';
import { Deployment, Node, Pod } from '../../operator/kube/resources.ts';
import { markingExample } from './policies.ts';
import { annotationOf, systemNames, writtenKind, type FaultName, type SystemName } from './systems.ts';

/** One injection of one fault. */
export interface FaultRun {
  readonly fault: FaultName;
  readonly atMs: number;
  /** When it was ended again, or its remains removed. */
  readonly endedMs: number;
  /** Seconds from the fault to the annotation of each system, as a watch of ours saw it; absent where none came in time. */
  readonly seconds: Readonly<Partial<Record<SystemName, number>>>;
  /** Systems that had written before there was a fault. */
  readonly early: readonly SystemName[];
  /** Of a leak: seconds from its beginning to the kill. */
  readonly killedAfterSeconds?: number | undefined;
}

/** How long things are waited for. */
export interface Patience {
  /** From the readiness of the workload to the fault: longer than any window, so that nobody is blind to it by its age. */
  readonly settleSeconds: number;
  /** From the fault to the last system's write. */
  readonly writeSeconds: number;
}

/** Sets up the scenario of this fault, breaks it, and waits until every system has written, or for so long. */
export const breakOnce = async (world: World, fault: FaultName, patience: Patience): Promise<FaultRun> => {
  const scenario = scenarioOf(fault, patience.settleSeconds);
  const stage = await setUp(world, scenario);
  const kind = writtenKind[fault];
  const witness = new Recorder(kind === 'Node' ? world.api : within(world.api, stage.namespace));
  try {
    const wrote = (system: SystemName, { type, object }: Observation): boolean =>
      type !== 'DELETED' &&
      stage.concerns(object) &&
      object.metadata.annotations?.[annotationOf(system, fault)] !== undefined;
    await witness.start([{ Node, Pod, Deployment }[kind]]);
    const early = systemNames.filter((system) => witness.observations.some((seen) => wrote(system, seen)));
    const began = Date.now();
    await stage.fault();
    const deadline = Date.now() + patience.writeSeconds * 1000;
    const ownTime = scenario.mark === undefined ? Date.now() : undefined;
    const writes = systemNames.map(async (system) => {
      const seen = await witness.first(`the write of ${system}`, began, deadline, (one) => wrote(system, one));
      return [system, seen.atMs] as const;
    });
    // All of them are waited for, whatever becomes of the others.
    const settled = Promise.allSettled(writes);
    const atMs = ownTime ?? (await markOf(world.kubectl, stage.namespace, 'app=victim', scenario.mark ?? 1));
    const killed = fault === 'memory-leak' ? await killOf(world.api, stage.namespace, deadline) : undefined;
    const seconds = Object.fromEntries(
      (await settled).flatMap((one) =>
        one.status === 'fulfilled' ? [[one.value[0], Math.round(one.value[1] - atMs) / 1000]] : [],
      ),
    );
    return {
      fault,
      atMs,
      endedMs: Date.now(),
      seconds,
      early,
      ...(killed === undefined ? {} : { killedAfterSeconds: Math.round(killed - atMs) / 1000 }),
    };
  } finally {
    await witness.stop();
    await stage.tearDown(false);
    if (kind === 'Node') await unmark(world, fault);
  }
};

/** The scenario of `e2e`, with longer patience and the plan that annotates; that of nodes is applied once for all. */
const scenarioOf = (fault: FaultName, settleSeconds: number): Scenario => {
  const { examples: _examples, twin: _twin, ...scenario } = readScenario(`e2e/scenarios/${fault}.yaml`);
  if (scenario.root === true) return { ...scenario, settleSeconds };
  return { ...scenario, settleSeconds, objects: `${scenario.objects ?? ''}\n---\n${markingExample(fault)}` };
};

const killOf = (api: KubeApi, namespace: string, deadline: number): Promise<number | undefined> =>
  until(
    'the leak to be killed',
    Math.max(0, deadline - Date.now()),
    async () => diedAt((await api.list<PodObject>(Pod, { namespace })).items),
    1000,
  ).catch(() => undefined);

/** The API as seen from one namespace. */
const within = (api: KubeApi, namespace: string): Pick<KubeApi, 'list' | 'watch'> => ({
  list: (resource, options) => api.list(resource, { ...options, namespace }),
  watch: (resource, options) => api.watch(resource, { ...options, namespace }),
});

const unmark = async ({ api, realNodes }: World, fault: FaultName): Promise<void> => {
  const annotations = Object.fromEntries(systemNames.map((system) => [annotationOf(system, fault), null]));
  for (const name of realNodes) await api.patch(Node, { name }, { type: 'merge', body: { metadata: { annotations } } });
};
