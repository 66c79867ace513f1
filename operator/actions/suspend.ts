import type { ActionParameters } from '../../crds/actions.ts';
import { isJsonObject, valueAt } from './json.ts';
import { answerTo, describeRead, type Live } from './live.ts';
import { listing } from './permissions.ts';
import { CronJob } from './resources.ts';
import { referenceTo } from './subjects.ts';
import { switchAction, type Found, type NotFound } from './switches.ts';

type Parameters = ActionParameters<'suspend'>;

/** What has finished is left alone: resuming it would be no way back. */
function finished({ object }: Found): { readonly reason: string; readonly message: string } | undefined {
  const conditions = valueAt(object, '/status/conditions');
  const end = (Array.isArray(conditions) ? conditions : []).find(
    (item: unknown) =>
      isJsonObject(item) && (item['type'] === 'Complete' || item['type'] === 'Failed') && item['status'] === 'True',
  );
  return end === undefined ? undefined : { reason: 'JobFinished', message: 'has finished' };
}

/**
 * The CronJob that makes a Job; the Job itself when none does. It is known by the uid in the Job's reference to its
 * controller: a new one of the same name makes other Jobs.
 */
function scheduleOf(job: Found, live: Live): Found | NotFound {
  const { metadata } = job.object;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== CronJob.kind) return job;
  const list = { resource: CronJob, namespace: metadata.namespace };
  const answer = answerTo(live, list);
  if (answer.is !== 'List')
    return {
      is: 'Unreadable',
      message: answer.is === 'Unreadable' ? answer.message : `${describeRead(list)} is not served`,
    };
  const name = describeRead({ ...list, name: owner.name });
  const object = answer.items.find(({ metadata: { uid } }) => uid === owner.uid);
  if (object === undefined)
    return {
      is: 'Refused',
      reason: 'TargetGone',
      message: `${name}, which made ${job.name}, is gone: no further run begins`,
    };
  if (object.metadata.deletionTimestamp !== undefined)
    return {
      is: 'Refused',
      reason: 'TargetTerminating',
      message: `${name}, which makes ${job.name}, is being deleted`,
    };
  return { is: 'Found', object, reference: referenceTo(CronJob, object), name };
}

/** Suspends the CronJob of a Job, or the Job. */
export const suspend = switchAction<Parameters>({
  kinds: ['CronJob', 'Job'],
  path: '/spec/suspend',
  verb: 'suspend',
  state: 'suspended',
  refusal: finished,
  instead: {
    isWanted: ({ of }) => of === 'CronJob',
    reads: ({ namespace }) => [{ resource: CronJob, namespace }],
    of: scheduleOf,
    permissions: listing([CronJob]),
  },
});
