import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Change, Effect, Origin, StepContext, Target } from './action.ts';
import { liveObject, readOf } from './fields.ts';
import { isJsonObject, valueAt } from './json.ts';
import { answerTo, describeRead, type Live, type Read } from './live.ts';
import { inspectMade, madeRequests, making, nameOf, owned } from './made.ts';
import { Pod } from './resources.ts';
import type { Reversal } from './revert.ts';
import { describeTarget, isRead, liveSubject, ownObject } from './subjects.ts';

type Parameters = ActionParameters<'job'>;

const jobLabel = 'homeostat.dev/job';
/** Of what a program said at its end, so much is kept. */
const longestWord = 400;
/** A finished Job is kept for people to look at; it goes with the Remediation at the latest. */
const keptSeconds = 86_400;

const facts = (target: Target, origin: Origin): [name: string, value: string | undefined][] => [
  ['HOMEOSTAT_TARGET_KIND', target.kind],
  ['HOMEOSTAT_TARGET_NAMESPACE', target.namespace],
  ['HOMEOSTAT_TARGET_NAME', target.name],
  ['HOMEOSTAT_TARGET_UID', target.uid],
  ['HOMEOSTAT_TARGET_CONTAINER', target.container],
  ['HOMEOSTAT_TARGET_NODE', target.kind === 'Node' ? target.name : target.node],
  ['HOMEOSTAT_WORKLOAD_KIND', target.workload?.kind],
  ['HOMEOSTAT_WORKLOAD_NAME', target.workload?.name],
  ['HOMEOSTAT_REMEDIATION', origin.name],
  ['HOMEOSTAT_STEP', origin.step],
];

/** The Job that does it (or takes it back), as the strictest Pod Security profile wants it. */
function jobOf(params: Parameters, target: Target, origin: Origin, undo: boolean): KubeObject {
  const { env = [], runAsUser, deadlineSeconds } = params;
  const name = nameOf(origin, undo ? '-undo' : '');
  const { image = params.image, command } = undo ? (params.undo ?? {}) : params;
  const variables = facts(target, origin).flatMap(([key, value]) =>
    value === undefined ? [] : [{ name: key, value }],
  );
  const { serviceAccountName } = origin;
  const container = {
    name: 'job',
    image,
    ...(command === undefined ? {} : { command }),
    env: [...env, ...variables],
    // So the end of its log stands in the status of its pod: nobody has to be allowed to read logs for it.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const template = {
    metadata: { labels: { [jobLabel]: name } },
    spec: {
      restartPolicy: 'Never',
      // Without an account of its own it can ask the API server for nothing.
      ...(serviceAccountName === undefined ? { automountServiceAccountToken: false } : { serviceAccountName }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser,
        runAsGroup: runAsUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [container],
    },
  };
  const spec = {
    backoffLimit: 0,
    activeDeadlineSeconds: deadlineSeconds,
    ttlSecondsAfterFinished: keptSeconds,
    template,
  };
  const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec };
  return owned(origin, name, object);
}

const isTrue = (job: KubeObject, type: string): { reason: string; message: string } | undefined => {
  const conditions = valueAt(job, '/status/conditions');
  const found = (Array.isArray(conditions) ? conditions : []).find(
    (item: unknown) => isJsonObject(item) && item['type'] === type && item['status'] === 'True',
  ) as { reason?: string; message?: string } | undefined;
  return found && { reason: found.reason ?? type, message: found.message ?? '' };
};

const podsOf = (name: string, { namespace }: Origin): Read => ({
  resource: Pod,
  namespace,
  labelSelector: `${jobLabel}=${name}`,
});

/** How its program ended, and its last words; empty when that is not known. */
function lastWords(name: string, origin: Origin, live: Live): string {
  const answer = answerTo(live, podsOf(name, origin));
  const pods = answer.is === 'List' ? answer.items : [];
  for (const pod of pods) {
    const statuses = valueAt(pod, '/status/containerStatuses');
    const terminated = (Array.isArray(statuses) ? statuses : []).map((item) => valueAt(item, '/state/terminated'));
    const ended = terminated.find(isJsonObject);
    if (ended === undefined) continue;
    const { message } = ended;
    const said = typeof message === 'string' ? message.trim() : '';
    const end = said.length <= longestWord ? said : `…${said.slice(-longestWord)}`;
    return `, exit code ${String(ended['exitCode'])}${end === '' ? '' : `: ${end}`}`;
  }
  return '';
}

/** How far a Job is, by its conditions. */
function progressOf(job: KubeObject, origin: Origin, live: Live): Effect {
  const name = `Job ${job.metadata.namespace}/${job.metadata.name}`;
  if (isTrue(job, 'Complete') !== undefined)
    return { is: 'Done', message: `${name} is complete${lastWords(job.metadata.name, origin, live)}` };
  const failed = isTrue(job, 'Failed');
  if (failed === undefined) return { is: 'Pending', message: `${name} is running` };
  const words = lastWords(job.metadata.name, origin, live);
  return { is: 'Failed', message: `${name} failed (${failed.reason})${words === '' ? `: ${failed.message}` : words}` };
}

/** The Job that takes it back: to be made, running, done, or failed for good. */
function revert(change: Change, params: Parameters, live: Live, context: StepContext): Reversal {
  const standing = inspectMade(change, live, context);
  if (standing.is === 'Unreadable') return standing;
  if (standing.is === 'NotMade') return { is: 'AlreadyThere' };
  if (standing.is === 'Foreign') return { is: 'Superseded', by: standing.by, message: standing.message };
  if (params.undo === undefined)
    return { is: 'Irreversible', message: 'the job has no undo, so it cannot be taken back' };
  // What it did is not all done: the other way begins when this one has ended.
  const running = liveObject(change, live);
  if (running.is === 'Found' && progressOf(running.object, context.origin, live).is === 'Pending')
    return { is: 'Underway', message: `${describeRead(readOf(change))} has to end first` };
  const undoing = making(jobOf(params, context.target, context.origin, true));
  const undone = inspectMade(undoing, live, context);
  switch (undone.is) {
    case 'Unreadable':
      return undone;
    case 'NotMade':
      return { is: 'Restore', change: undoing };
    case 'Foreign':
    case 'Gone':
      return { is: 'Superseded', by: undefined, message: undone.message };
    case 'Ours': {
      const found = liveObject(undoing, live);
      if (found.is !== 'Found') return { is: 'Unreadable', message: found.message };
      const { is, message } = progressOf(found.object, context.origin, live);
      if (is === 'Failed') return { is: 'Irreversible', message };
      return is === 'Done' ? { is: 'AlreadyThere' } : { is: 'Underway', message };
    }
  }
}

/** Runs an image to its end. */
export const job: Action<Parameters> = {
  reversible: ({ undo }) => undo !== undefined,
  targets: ['Container', 'Pod', 'Workload', 'Node'],
  permissions: [
    { verb: 'get', group: 'batch', resource: 'jobs' },
    { verb: 'create', group: 'batch', resource: 'jobs' },
    { verb: 'list', group: '', resource: 'pods' },
  ],
  subject: (target) => ownObject(target),
  reads(target, params, purpose, origin) {
    if (purpose === 'Plan') return [ownObject(target)].filter(isRead);
    return [false, true].flatMap((undo) => {
      if (undo && params.undo === undefined) return [];
      const made = readOf(making(jobOf(params, target, origin, undo)));
      return [made, podsOf(made.name ?? '', origin)];
    });
  },
  plan(params, live, { target, origin }) {
    const subject = liveSubject(target, ownObject(target), live);
    if (subject.is !== 'Found') return subject;
    const change = making(jobOf(params, target, origin, false));
    const irreversible = params.undo === undefined ? ', which cannot be taken back' : '';
    const message = `run ${params.image} for ${describeTarget(target)} as ${describeRead(readOf(change))}${irreversible}`;
    return { is: 'Changes', changes: [change], message };
  },
  requests: (changes, _params, live, { manager }) => madeRequests(changes, live, manager),
  inspect: inspectMade,
  revert,
  effect([change], live, { origin }) {
    if (change === undefined) return { is: 'Done', message: 'nothing to see' };
    const found = liveObject(change, live);
    return found.is === 'Found' ? progressOf(found.object, origin, live) : { is: 'Pending', message: found.message };
  },
};
