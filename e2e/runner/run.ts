import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeObject } from '../../operator/kube/api.ts';
import { markOf } from './marks.ts';
import type { Observation, Recorder } from './recorder.ts';
import type { Expectation, Scenario, WriteExpectation } from './scenario.ts';
import { setUp, type Stage } from './stage.ts';
import { sleep, type World } from './world.ts';

/** What one run of one scenario showed. Times are epoch milliseconds on this machine's clock. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly passed: boolean;
  readonly problems: readonly string[];
  readonly times: Times;
  /** Seconds from the fault to the moment the first write was seen by a watch of ours. */
  secondsToWrite?: number | undefined;
  /** Seconds by which the twin without a policy died after our write. */
  leadSeconds?: number | undefined;
}

/** The points of the loop, in their order; those that a scenario does not reach are absent. */
export type Times = { -readonly [point in (typeof points)[number]]?: number | undefined };

/** In the order in which a loop passes them. */
export const points = [
  'fault',
  'firstSample',
  'verdict',
  'incident',
  'remediation',
  'guards',
  'preImage',
  'write',
  'applied',
  'recovered',
  'verified',
  'undone',
] as const;

/** Told each point of the loop as it is reached. */
export type Narrator = (point: string, atMs: number | undefined, words: string) => void;

type Acting = Extract<Expectation, { remediation: unknown }>;

/**
 * Runs a scenario, beginning with an empty namespace and ending with none unless `keep`; a failure is a result, not an
 * exception.
 */
export const runScenario = async (
  world: World,
  recorder: Recorder,
  scenario: Scenario,
  tell: Narrator,
  { keep = false } = {},
): Promise<Result> => {
  const times: Times = {};
  const problems: string[] = [];
  const figures: Pick<Result, 'secondsToWrite' | 'leadSeconds'> = {};
  let stage: Stage | undefined;
  try {
    stage = await setUp(world, scenario);
    const began = Date.now();
    await stage.fault();
    times.fault =
      scenario.mark === undefined
        ? Date.now()
        : await markOf(world.kubectl, stage.namespace, 'app=victim', scenario.mark);
    tell('fault', times.fault, scenario.title);
    if ('remediation' in scenario.expect) {
      await expectLoop(recorder, stage, scenario.expect, began, times, tell);
      figures.secondsToWrite = seconds(times.fault, times.write);
      if (scenario.twin === true) figures.leadSeconds = seconds(times.write, await stage.twinDied());
    } else await expectNothing(recorder, stage, scenario.expect, began);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    if (stage !== undefined) problems.push(...story(recorder, stage.policyNamespace));
  } finally {
    await stage?.tearDown(keep).catch((error: unknown) => problems.push(`clean-up: ${String(error)}`));
  }
  return { name: scenario.name, title: scenario.title, passed: problems.length === 0, problems, times, ...figures };
};

const expectLoop = async (
  recorder: Recorder,
  stage: Stage,
  expected: Acting,
  began: number,
  times: Times,
  tell: Narrator,
): Promise<void> => {
  const deadline = began + expected.withinSeconds * 1000;
  const mine = (object: KubeObject): object is Remediation =>
    object.metadata.namespace === stage.policyNamespace &&
    (object as Remediation).spec.planRef.name === expected.remediation.plan &&
    stage.owns((object as Remediation).spec.target);

  const write = recorder.first(
    `write ${JSON.stringify(expected.write)}`,
    began,
    deadline,
    (seen) => seen.type !== 'ADDED' && stage.concerns(seen.object) && matches(seen, expected.write),
  );
  const created = recorder.first(
    'a Remediation',
    began,
    deadline,
    (seen) => seen.kind === 'Remediation' && mine(seen.object),
  );
  const [writeSeen, remediationSeen] = await Promise.all([write, created]);
  const remediation = remediationSeen.object as Remediation;
  const ofIncident = (seen: Observation): boolean => seen.object.metadata.uid === remediation.spec.incidentRef.uid;
  const opened = await recorder.first('its Incident', began, deadline, ofIncident);
  const told = await recorder.first(
    'the evidence of its Incident',
    began,
    deadline,
    (seen) => ofIncident(seen) && (seen.object as Incident).status?.firstSampleTime !== undefined,
  );
  const incident = told.object as Incident;
  times.firstSample = epoch(incident.status?.firstSampleTime);
  tell('first sample', times.firstSample, 'the first one that shows it');
  times.verdict = epoch(incident.spec.openedTime);
  tell('verdict', times.verdict, evidenceOf(incident));
  times.incident = opened.atMs;
  tell('incident', times.incident, incident.metadata.name);
  times.remediation = remediationSeen.atMs;

  const later = (what: string, fits: (object: Remediation) => boolean): Promise<Observation> =>
    recorder.first(
      what,
      began,
      deadline,
      (seen) => seen.object.metadata.uid === remediation.metadata.uid && fits(seen.object as Remediation),
    );
  const prepared = await later(
    'a pre-image',
    (r) => r.status?.steps?.some((step) => (step.changes?.length ?? 0) > 0) ?? false,
  );
  const guards = (prepared.object as Remediation).status?.guards ?? [];
  times.guards = Math.max(...guards.map((guard) => Date.parse(guard.checkedTime)));
  tell('guards', times.guards, `${guards.filter((guard) => guard.passed).length} of ${guards.length} passed`);
  times.preImage = prepared.atMs;
  tell('pre-image', times.preImage, changesOf(prepared.object as Remediation));
  times.write = writeSeen.atMs;
  tell('write', times.write, describe(expected.write, writeSeen));
  times.applied = (await later('condition Applied', (r) => condition(r, 'Applied') === 'True')).atMs;
  tell('applied', times.applied, 'confirmed by reading back');
  if (expected.recover !== undefined) {
    await stage.recover(expected.recover);
    times.recovered = Date.now();
    tell('recovered', times.recovered, 'the fault is over');
  }
  times.verified = (await later('condition Verified', (r) => condition(r, 'Verified') === 'True')).atMs;
  tell('verified', times.verified, 'the signal stayed quiet');
  if (expected.undone !== undefined) {
    const wanted = expected.undone;
    const undone = recorder.first(
      `undo ${JSON.stringify(wanted)}`,
      times.write,
      deadline,
      (seen) => stage.concerns(seen.object) && matches(seen, wanted),
    );
    times.undone = (await undone).atMs;
    tell('undone', times.undone, describe(wanted, await undone));
    await later('condition Undone', (r) => condition(r, 'Undone') === 'True');
  }
  await later('condition Succeeded', (r) => condition(r, 'Succeeded') === 'True');
  await sleep(1000); // a second, wrong action would come at once
  const all = recorder
    .present('Remediation')
    .filter((object) => mine(object) && Date.parse(object.metadata.creationTimestamp ?? '') > began - 1000);
  if (all.length !== 1)
    throw new Error(`${all.length} Remediations instead of one: ${all.map((r) => r.metadata.name).join(', ')}`);
};

const expectNothing = async (
  recorder: Recorder,
  stage: Stage,
  expected: Extract<Expectation, { nothingForSeconds: number }>,
  began: number,
): Promise<void> => {
  await sleep(expected.nothingForSeconds * 1000);
  if (expected.butFiring !== undefined) await stage.hasFired(expected.butFiring);
  const applied = recorder.observations.filter(
    (seen) =>
      seen.atMs >= began &&
      seen.kind === 'Remediation' &&
      seen.object.metadata.namespace === stage.policyNamespace &&
      (seen.object as Remediation).status?.steps?.some(
        (step) => step.state === 'Applied' || step.state === 'Prepared',
      ) === true,
  );
  if (applied.length > 0)
    throw new Error(
      `acted although nothing should happen: ${applied.map((seen) => seen.object.metadata.name).join(', ')}`,
    );
  const touched = recorder.observations.find(
    (seen) => seen.atMs >= began && stage.concerns(seen.object) && wroteHomeostat(seen.object),
  );
  if (touched !== undefined) throw new Error(`${touched.kind} ${touched.object.metadata.name} was written to`);
};

const wroteHomeostat = (object: KubeObject): boolean =>
  object.metadata.managedFields?.some((entry) => entry.manager.startsWith('homeostat/')) ?? false;

/** True when the object now is as the expectation says. */
const matches = (seen: Observation, wanted: WriteExpectation): boolean => {
  if (seen.kind !== wanted.kind) return false;
  if (wanted.deleted === true) return seen.type === 'DELETED' || seen.object.metadata.deletionTimestamp !== undefined;
  const value = at(seen.object, wanted.path ?? '');
  return wanted.absent === true ? value === undefined : JSON.stringify(value) === JSON.stringify(wanted.value);
};

const at = (object: unknown, pointer: string): unknown => {
  let value = object;
  for (const part of pointer.split('/').slice(1))
    value = (value as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  return value;
};

const evidenceOf = (incident: Incident): string =>
  (incident.status?.evidence ?? [])
    .filter((signal) => signal.firing)
    .map(
      (signal) =>
        `${signal.signal}: ${signal.aggregate ?? ''} ${signal.metric} = ${signal.value ?? '?'} ${signal.threshold ?? ''}`,
    )
    .join('; ');

/** A field's recorded JSON, cut to what fits on a line. */
const shortened = (json: string | undefined): string =>
  json === undefined ? 'absent' : json.length > 80 ? `${json.slice(0, 80)}…` : json;

const changesOf = (remediation: Remediation): string =>
  (remediation.status?.steps ?? [])
    .flatMap((step) => step.changes ?? [])
    .map(
      (change) =>
        `${change.object.kind} ${change.object.name} ${change.path}: ${shortened(change.from)} -> ${shortened(change.to)}`,
    )
    .join('; ');

const condition = (object: Remediation, type: string): string | undefined =>
  object.status?.conditions?.find((c) => c.type === type)?.status;
const epoch = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
const seconds = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : Math.round(to - from) / 1000;

const describe = (wanted: WriteExpectation, seen: Observation): string =>
  wanted.deleted === true
    ? `${seen.kind} ${seen.object.metadata.name} deleted`
    : `${seen.kind} ${seen.object.metadata.name} ${wanted.path ?? ''} = ${wanted.absent === true ? 'absent' : JSON.stringify(wanted.value)}`;

/** The conditions of every Incident and Remediation of the scenario, for the report of a failure. */
const story = (recorder: Recorder, namespace: string): string[] =>
  ['DetectionPolicy', 'Incident', 'Remediation'].flatMap((kind) =>
    recorder
      .present(kind)
      .filter((object) => object.metadata.namespace === namespace)
      .map((object) => {
        const conditions = (object as Remediation).status?.conditions ?? [];
        return `  ${kind} ${object.metadata.name}: ${conditions.map((c) => `${c.type}=${c.status} (${c.reason}: ${c.message})`).join('; ')}`;
      }),
  );
