import type { ActionParameters } from '../../crds/actions.ts';
import { compareQuantities, parseQuantity } from '../../engine/quantity.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Change, Effect, Plan, Standing, Target } from './action.ts';
import { elementKey } from './elements.ts';
import { fieldChange, fieldRequests, inspectField, liveObject } from './fields.ts';
import { isJsonObject, pointerOf, shown, textOf, valueAt, valueOf } from './json.ts';
import { type Live } from './live.ts';
import { changing } from './permissions.ts';
import { Pod } from './resources.ts';
import { rollable, rollableOf, rolloutOf, standstill } from './rollout.ts';
import { isRead, liveSubject, podOf, type Subject } from './subjects.ts';

type Parameters = ActionParameters<'setResources'>;

const isPod = ({ kind }: Target): boolean => kind === 'Pod' || kind === 'Container';
const subjectOf = (target: Target): Subject => (isPod(target) ? podOf(target) : rollableOf(target));

/** Each amount that is named, such as `['limits', 'memory', '1Gi']`. */
const wishesOf = ({ requests = {}, limits = {} }: Parameters): [of: string, what: string, amount: string][] =>
  [['requests', requests] as const, ['limits', limits] as const].flatMap(([of, amounts]) =>
    (['cpu', 'memory'] as const).flatMap((what): [string, string, string][] => {
      const amount = amounts[what];
      return amount === undefined ? [] : [[of, what, amount]];
    }),
  );

/** Whether two texts are the same amount: the API server writes 1024Mi as 1Gi. */
function sameAmount(a: unknown, b: unknown): boolean {
  const [one, other] = [a, b].map((value) => (typeof value === 'string' ? parseQuantity(value) : undefined));
  return one !== undefined && other !== undefined ? compareQuantities(one, other) === 0 : a === b;
}

/** What the kubelet says of a container; it tells the resources only where it can change them in place. */
function statusOf(pod: KubeObject, container: string): unknown {
  return valueAt(pod, `/status/containerStatuses/${elementKey({ name: container })}`);
}

/**
 * Changes amounts of CPU and memory: in place where that is served, which shows in the pod's status, else in the template.
 * In place no amount is added, because the API server lets none be taken away.
 */
export const setResources: Action<Parameters> = {
  reversible: true,
  targets: ['Container', 'Pod', 'Workload'],
  permissions: [...changing([Pod], 'resize'), ...changing(rollable)],
  needs: (_params, kinds) => [
    ...(kinds.some((kind) => kind !== 'Workload') ? changing([Pod], 'resize') : []),
    ...changing(rollable),
  ],
  subject: subjectOf,
  reads: (target) => [subjectOf(target), rollableOf(target)].filter(isRead),
  plan(params, live, { target }) {
    const subject = liveSubject(target, subjectOf(target), live);
    if (subject.is !== 'Found') return subject;
    const inPlace = isPod(target);
    const container = containerOf(params, target, valueAt(subject.object, inPlace ? '/spec' : '/spec/template/spec'));
    if (typeof container !== 'string') return container;
    if (!inPlace) return change(params, subject, container, '/spec/template/spec');
    if (valueAt(statusOf(subject.object, container), '/resources') !== undefined) {
      return change(params, subject, container, '/spec');
    }
    const workload = liveSubject(target, rollableOf(target), live);
    return workload.is === 'Found' ? change(params, workload, container, '/spec/template/spec') : workload;
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectAmount(change, live, manager),
  effect: effectOf,
};

/** The container that is meant, or why that is not known. */
function containerOf({ container }: Parameters, target: Target, spec: unknown): string | Plan {
  const list = valueAt(spec, '/containers');
  const names = (Array.isArray(list) ? list : []).map((item: unknown) => String(valueAt(item, '/name')));
  const name = container ?? target.container ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined && names.includes(name)) return name;
  const message = `which container is meant is not known: ${name === undefined ? 'name one' : `there is no ${name}`}; there are ${names.join(', ')}`;
  return { is: 'Refused', reason: 'NoSuchContainer', message };
}

function change(
  params: Parameters,
  subject: Extract<ReturnType<typeof liveSubject>, { is: 'Found' }>,
  container: string,
  spec: string,
): Plan {
  const { object, name } = subject;
  const inPlace = spec === '/spec';
  const refused = inPlace ? undefined : standstill(object);
  if (refused !== undefined) return { is: 'Refused', ...refused, message: `${name} ${refused.message}` };
  const at = `${spec}/containers/${elementKey({ name: container })}/resources`;
  const changes: Change[] = [];
  const said: string[] = [];
  for (const [of, what, to] of wishesOf(params)) {
    const path = at + pointerOf(of, what);
    const from = valueAt(object, path);
    if (sameAmount(from, to)) continue;
    if (inPlace && from === undefined) {
      const message = `${name}, container ${container}, has no ${of}.${what}: one could be added in place and never be taken away`;
      return { is: 'Refused', reason: 'CouldNotBeUndone', message };
    }
    changes.push(...fieldChange(subject, { path, to, ...(inPlace ? { subresource: 'resize' } : {}) }));
    said.push(`${of}.${what} from ${typeof from === 'string' ? from : shown(from)} to ${to}`);
  }
  const where = `container ${container} of ${name}${inPlace ? '' : ', in the template'}`;
  if (changes.length === 0) return { is: 'Nothing', message: `${where} has these resources already` };
  const before = textOf(valueAt(object, at)) ?? 'none';
  return { is: 'Changes', changes, message: `set ${said.join(', ')} of ${where}; all it had: ${before}` };
}

/** As any field, but for amounts that are written in another way. */
function inspectAmount(change: Change, live: Live, manager: string): Standing {
  const found = liveObject(change, live);
  if (found.is !== 'Found') return found;
  const now = valueAt(found.object, change.path);
  const to = sameAmount(now, valueOf(change.to)) ? textOf(now) : change.to;
  return inspectField({ ...change, ...(to === undefined ? {} : { to }) }, live, manager);
}

/** In place: when the kubelet says that it has given the container these amounts; in the template: when it is rolled out. */
function effectOf(changes: readonly Change[], live: Live): Effect {
  const [first] = changes;
  if (first === undefined) return { is: 'Done', message: 'nothing to see' };
  const found = liveObject(first, live);
  if (found.is !== 'Found') return { is: 'Pending', message: found.message };
  if (first.subresource !== 'resize') return rolloutOf(found.object);
  const waiting = changes.filter(({ path, to }) => {
    const [, container = '', amount = ''] = /^\/spec\/containers\/\[name=(.*)\](\/.*)$/.exec(path) ?? [];
    return !sameAmount(valueAt(statusOf(found.object, container), amount), valueOf(to));
  });
  if (waiting.length === 0) return { is: 'Done', message: 'the kubelet has given them' };
  const conditions = valueAt(found.object, '/status/conditions');
  const why = (Array.isArray(conditions) ? conditions : [])
    .filter(isJsonObject)
    .find(({ type }) => type === 'PodResizePending' || type === 'PodResizeInProgress');
  const reason = why === undefined ? '' : `: ${String(why['type'])}, ${shown(why['reason'])}, ${shown(why['message'])}`;
  return { is: 'Pending', message: `the kubelet has not given them yet${reason}` };
}
