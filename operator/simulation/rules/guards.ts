import { guards } from '../../decide/guards.ts';
import type { RuleMaker } from '../rule.ts';
import { actingOf } from './acting.ts';

/** Guards that need nobody to ask for them. */
const asked: ReadonlySet<string> = new Set([
  'mode',
  'maxMode',
  'paused',
  'freshData',
  'firing',
  'namespace',
  'protected',
  'onePerTarget',
  'maxConcurrent',
  'maxAttempts',
  'cooldownSeconds',
]);

/** 9. A guard that cannot be checked has not passed: whoever acts has every guard on record, and each has passed. */
export const guardsPassed: RuleMaker = () => ({
  name: '9 guards',
  targetWrite: (write) => {
    const remediation = actingOf(write);
    if (remediation === undefined) return undefined;
    const { name } = remediation.metadata;
    const checks = new Map(remediation.status?.guards?.map((check) => [check.name, check]));
    for (const guard of guards) {
      const check = checks.get(guard.name);
      if (check === undefined && asked.has(guard.name))
        return `${name} acts, and guard ${guard.name} was never checked`;
      if (check?.passed === false) return `${name} acts, and guard ${guard.name} has not passed: ${check.message}`;
    }
    return undefined;
  },
});
