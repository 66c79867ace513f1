/** 2. What stops single repairs while they would do harm, or do not help: by what the process knew that begins one. */
import type { GuardrailSpec } from '../../../crds/guardrail.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import type { PolicyInForce } from '../../controllers/detection-policy/policies.ts';
import { parseTime } from '../../kube/time.ts';
import type { Replica } from '../replica.ts';
import type { RuleMaker } from '../rule.ts';
import { rootNamespace } from '../slots.ts';
import { begins, isRunning } from './one-per-target.ts';
import { resolved } from './share.ts';

type Schedule = NonNullable<GuardrailSpec['schedule']>;
type Storm = NonNullable<GuardrailSpec['storm']>;

const guardrailsOver = ({ context }: Replica, namespace: string | undefined) =>
  [...context.kinds.guardrails.list()].filter(
    ({ metadata }) => metadata.namespace === rootNamespace || metadata.namespace === namespace,
  );

const planOf = ({ context }: Replica, { metadata, spec }: Remediation) =>
  context.kinds.plans.get(`${metadata.namespace}/${spec.planRef.name}`);

/** Nothing begins out of its hours. */
export const schedules: RuleMaker = () => ({
  name: '2 schedules',
  ownWrite: ({ replica, before, after }) => {
    if (!begins(before, after)) return undefined;
    const all = [
      planOf(replica, after)?.spec.guards.schedule,
      ...guardrailsOver(replica, after.metadata.namespace).map(({ spec }) => spec.schedule),
    ];
    const nowMs = replica.context.clock.now();
    const closed = all.find((schedule) => schedule !== undefined && schedule.length > 0 && !isOpen(schedule, nowMs));
    return (
      closed && `${after.metadata.name} begins at ${new Date(nowMs).toISOString()}, out of ${JSON.stringify(closed)}`
    );
  },
});

/** Schedules of the simulation begin each hour at a minute, so the time zone says nothing. */
function isOpen(schedule: Schedule, nowMs: number): boolean {
  const holds = ({ cron, seconds }: Schedule[number]): boolean => {
    const sinceMs = (nowMs - Number.parseInt(cron, 10) * 60_000) % 3_600_000;
    return (sinceMs + 3_600_000) % 3_600_000 < seconds * 1000;
  };
  const allowing = schedule.filter(({ effect }) => effect === 'Allow');
  const isDenied = schedule.some((entry) => entry.effect === 'Deny' && holds(entry));
  return !isDenied && (allowing.length === 0 || allowing.some(holds));
}

/** Nothing begins in a storm, nor until it has been over for long enough. */
export const storms: RuleMaker = () => ({
  name: '2 storms',
  ownWrite: ({ replica, before, after }) => {
    if (!begins(before, after)) return undefined;
    const { namespace, name } = after.metadata;
    const nowMs = replica.context.clock.now();
    const plan = planOf(replica, after);
    const { kind } = after.spec.target;
    const ofPlan = ({ policy }: PolicyInForce): boolean =>
      policy.metadata.namespace === namespace &&
      policy.spec.routes.some((route) => route.plan === after.spec.planRef.name);
    const found = [
      { limits: plan?.spec.guards.storm, record: plan?.status?.storm, counts: ofPlan, of: 'its plan' },
      ...guardrailsOver(replica, namespace).map(({ metadata, spec, status }) => ({
        limits: spec.storm,
        record: status?.storms?.find((storm) => storm.kind === kind),
        counts: ({ policy }: PolicyInForce): boolean =>
          policy.spec.target.kind === kind &&
          (metadata.namespace === rootNamespace || policy.metadata.namespace === metadata.namespace),
        of: `Guardrail ${metadata.name}`,
      })),
    ];
    for (const { limits, record, counts, of } of found) {
      if (limits === undefined) continue;
      const { firing, most } = loadOf(replica, limits, counts);
      if (firing > most) return `${name} begins while ${firing} targets of ${of} fire, more than ${most}`;
      if (isOn(record, limits)) return `${name} begins, and the storm of ${of} has not begun to clear`;
      if ((parseTime(record?.until) ?? -Infinity) > nowMs)
        return `${name} begins, and the storm of ${of} is over at ${record?.until}`;
    }
    return undefined;
  },
  commit: ({ change: { object, old, type } }) => {
    if (object.kind !== 'RemediationPlan' || type !== 'MODIFIED') return undefined;
    const [before, { spec, status }] = [old as RemediationPlan, object as RemediationPlan];
    return status?.storm === undefined && isOn(before.status?.storm, spec.guards.storm)
      ? `the storm of ${object.metadata.name} is forgotten before it has begun to clear`
      : undefined;
  },
});

/** A storm that nothing is known of the end of, and that takes a while to clear. */
const isOn = (record: { readonly until?: string } | undefined, limits: Storm | undefined): boolean =>
  record !== undefined && record.until === undefined && (limits?.clearSeconds ?? 0) > 0;

function loadOf({ policies, engine }: Replica, { above }: Storm, counts: (policy: PolicyInForce) => boolean) {
  const verdicts = [...policies.list()].filter(counts).flatMap(({ compiled }) => engine.verdicts(compiled.id));
  const firing = verdicts.filter(({ state }) => state === 'Firing' || state === 'Clearing').length;
  return { firing, most: resolved(above, verdicts.length) };
}

/** A plan that does not help rests; then one at a time is tried. */
export const breakers: RuleMaker = () => {
  const trials = new Set<string>();
  return {
    name: '2 breaker',
    ownWrite: ({ replica, before, after }) => {
      const { uid = '', name } = after.metadata;
      trials.delete(uid);
      const limits = planOf(replica, after)?.spec.guards.breaker;
      if (limits === undefined || !begins(before, after)) return undefined;
      const ended = (replica.snapshot() ?? [])
        .filter((other) => isOfOnePlan(other, after) && other.status?.finishedTime !== undefined)
        .filter(({ status }) => status?.startedTime !== undefined && saysSomething(status))
        .toSorted((a, b) => endMs(a) - endMs(b));
      const helped = ended.findLast((other) => reasonOf(other) === 'Recovered');
      // Ends are known to the second: what did not help in that of the last that did may have come after it.
      const inVain = ended.filter(
        (other) => reasonOf(other) !== 'Recovered' && (helped === undefined || endMs(other) >= endMs(helped)),
      );
      const last = inVain.at(-1);
      if (last === undefined || inVain.length < limits.failures) return undefined;
      trials.add(uid);
      const restMs = endMs(last) + limits.openSeconds * 1000 - replica.context.clock.now();
      return restMs > 0 ? `${name} begins ${restMs} ms before the breaker of its plan lets it` : undefined;
    },
    commit: ({ change }, history) => {
      if (change.resource.kind !== 'Remediation' || change.type === 'DELETED') return undefined;
      const self = change.object as Remediation;
      const { uid = '', name } = self.metadata;
      if (!begins(change.old as Remediation | undefined, self) || !trials.delete(uid)) return undefined;
      const other = [...history.remediations.values()].find(
        (each) => each.metadata.uid !== uid && isRunning(each) && isOfOnePlan(each, self),
      );
      return other && `${name} begins as a trial of the breaker beside ${other.metadata.name}`;
    },
  };
};

const isOfOnePlan = (a: Remediation, b: Remediation): boolean =>
  a.metadata.namespace === b.metadata.namespace && a.spec.planRef.name === b.spec.planRef.name;

const endMs = ({ status }: Remediation): number => parseTime(status?.finishedTime) ?? Infinity;

const succeeded = (status: Remediation['status']) => status?.conditions?.find(({ type }) => type === 'Succeeded');
const reasonOf = ({ status }: Remediation): string | undefined => succeeded(status)?.reason;

/** What people ended, and what nothing is known of, says nothing of the plan. */
const saysSomething = (status: Remediation['status']): boolean => {
  const found = succeeded(status);
  if (found?.reason === 'Recovered') return true;
  const silent = ['Inconclusive', 'NothingToDo', 'Denied', 'Cancelled', 'UndoRequested', 'Deleted'];
  return found?.status === 'False' && !silent.includes(found.reason);
};
