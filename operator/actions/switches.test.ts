/** What suspend and pauseRollout make of what they find. */
import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { controllerReference, deployment } from '../testing/fixtures.ts';
import type { Target } from './action.ts';
import type { Live } from './live.ts';
import { CronJob, Deployment, Job } from './resources.ts';
import { actionOf } from './registry.ts';
import { live, planOf, podTarget, short, workloadTarget } from './testing.ts';

const named = (spec: object, status: object = {}): KubeObject & { spec: object; status: object } => ({
  metadata: { namespace: 'shop', name: 'web', uid: 'w' },
  spec,
  status,
});
const ended = (type: string, status = 'True') => named({}, { conditions: [{ type, status }] });
/** `Job shop/web`, as `CronJob shop/<name>` has made it. */
const runOf = (name: string, uid = 'n') => {
  const { metadata, ...rest } = named({});
  return {
    metadata: { ...metadata, ownerReferences: [controllerReference('batch/v1', 'CronJob', name, uid)] },
    ...rest,
  };
};
const nightly = (metadata: object = {}, spec: object = {}) => ({
  metadata: { namespace: 'shop', name: 'nightly', uid: 'n', ...metadata },
  spec,
});
const job = workloadTarget('Job', 'batch/v1');
const cronJob = workloadTarget('CronJob', 'batch/v1');

describe('an action that switches something', () => {
  const suspend = { suspend: { of: 'Job' } } as const;
  const suspendAll = { suspend: { of: 'CronJob' } } as const;
  const pause = { pauseRollout: {} } as const;
  const table: [what: string, action: PlanStep['action'], target: Target, world: Live, expected: string | string[]][] =
    [
      ['suspends a CronJob', suspend, cronJob, live([CronJob, named({})]), ['/spec/suspend: absent -> true']],
      [
        'suspends a Job that goes on',
        suspend,
        job,
        live([Job, named({ suspend: false })]),
        ['/spec/suspend: false -> true'],
      ],
      [
        'has nothing to do when it is suspended',
        suspend,
        cronJob,
        live([CronJob, named({ suspend: true })]),
        'Nothing',
      ],
      ['leaves a Job that has succeeded', suspend, job, live([Job, ended('Complete')]), 'Refused JobFinished'],
      ['leaves a Job that has failed', suspend, job, live([Job, ended('Failed')]), 'Refused JobFinished'],
      [
        'suspends a Job that is about to fail',
        suspend,
        job,
        live([Job, ended('Failed', 'False')]),
        ['/spec/suspend: absent -> true'],
      ],
      [
        'suspends a Job that no CronJob makes',
        suspendAll,
        job,
        live([Job, named({})]),
        ['/spec/suspend: absent -> true'],
      ],
      [
        'suspends no Deployment, nor looks for a CronJob',
        suspendAll,
        workloadTarget(),
        live([Deployment, deployment({ uid: 'w' })]),
        'Refused WrongWorkload',
      ],
      [
        'is not sure of a CronJob that it may not read',
        suspendAll,
        job,
        live([Job, runOf('nightly')], [CronJob, 'Unreadable']),
        'Unreadable',
      ],
      [
        'has nothing to do for a run of a CronJob that is gone, or was made anew',
        suspendAll,
        job,
        live([Job, runOf('nightly', 'gone')], [CronJob, [nightly()]]),
        'Refused TargetGone',
      ],
      [
        'leaves a CronJob that is being deleted',
        suspendAll,
        job,
        live([Job, runOf('nightly')], [CronJob, [nightly({ deletionTimestamp: '2026-01-31T08:15:00Z' })]]),
        'Refused TargetTerminating',
      ],
      [
        'has nothing to do when the CronJob is suspended',
        suspendAll,
        job,
        live([Job, runOf('nightly')], [CronJob, [nightly({}, { suspend: true })]]),
        'Nothing',
      ],
      [
        'suspends no Deployment',
        suspend,
        workloadTarget(),
        live([Deployment, deployment({ uid: 'w' })]),
        'Refused WrongWorkload',
      ],
      [
        'pauses the rollout of a Deployment',
        pause,
        workloadTarget(),
        live([Deployment, deployment({ uid: 'w' })]),
        ['/spec/paused: absent -> true'],
      ],
      [
        'has nothing to do when it is paused',
        pause,
        workloadTarget(),
        live([Deployment, deployment({ uid: 'w' }, { paused: true })]),
        'Nothing',
      ],
      ['pauses nothing of a CronJob', pause, cronJob, live([CronJob, named({})]), 'Refused WrongWorkload'],
      ['leaves what is gone', pause, workloadTarget(), live([Deployment, 'Absent', 'web']), 'Refused TargetGone'],
      [
        'concludes nothing from a failure',
        pause,
        workloadTarget(),
        live([Deployment, 'Unreadable', 'web']),
        'Unreadable',
      ],
    ];
  it('suspends the CronJob of a pod whose run has finished, and says of what that is a run', () => {
    const finished = { ...runOf('nightly'), status: ended('Failed').status };
    const world = live([Job, finished], [CronJob, [nightly({ name: 'other', uid: 'o' }), nightly()]]);
    const plan = planOf(suspendAll, podTarget('Job', 'batch/v1'), world);
    if (plan.is !== 'Changes') return expect.fail(plan.message);
    expect(plan.changes.map(({ object }) => object)).to.deep.equal([
      { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'nightly', uid: 'n' },
    ]);
    expect(plan.message).to.equal('suspend CronJob shop/nightly, of which Job shop/web is a run');
  });

  it('needs no list of CronJobs to suspend a Job only', () => {
    const lists = (action: PlanStep['action']) =>
      actionOf(action)
        .needs(['Pod'])
        .filter(({ verb }) => verb === 'list');
    expect(lists(suspendAll).map(({ resource }) => resource)).to.deep.equal(['cronjobs']);
    expect(lists(suspend)).to.deep.equal([]);
  });

  for (const [what, action, target, world, expected] of table)
    it(what, () => expect(short(planOf(action, target, world))).to.deep.equal(expected));
});
