/** What suspend and pauseRollout make of what they find. */
import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject } from '../kube/api.ts';
import { deployment } from '../testing/fixtures.ts';
import type { Target } from './action.ts';
import type { Live } from './live.ts';
import { CronJob, Deployment, Job } from './resources.ts';
import { live, planOf, short, workloadTarget } from './testing.ts';

const named = (spec: object, status: object = {}): KubeObject & { spec: object; status: object } => ({
  metadata: { namespace: 'shop', name: 'web', uid: 'w' },
  spec,
  status,
});
const ended = (type: string, status = 'True') => named({}, { conditions: [{ type, status }] });
const job = workloadTarget('Job', 'batch/v1');
const cronJob = workloadTarget('CronJob', 'batch/v1');

describe('an action that switches something', () => {
  const suspend = { suspend: {} } as const;
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
  for (const [what, action, target, world, expected] of table)
    it(what, () => expect(short(planOf(action, target, world))).to.deep.equal(expected));
});
