import { isJsonObject, valueAt } from './json.ts';
import { switchAction } from './switches.ts';

/** Suspends a CronJob or a Job. What has finished is left alone: resuming it would be no way back. */
export const suspend = switchAction({
  kinds: ['CronJob', 'Job'],
  path: '/spec/suspend',
  verb: 'suspend',
  state: 'suspended',
  refusal(object) {
    const conditions = valueAt(object, '/status/conditions');
    const end = (Array.isArray(conditions) ? conditions : []).find(
      (item: unknown) =>
        isJsonObject(item) && (item['type'] === 'Complete' || item['type'] === 'Failed') && item['status'] === 'True',
    );
    return end === undefined ? undefined : { reason: 'JobFinished', message: 'has finished' };
  },
});
