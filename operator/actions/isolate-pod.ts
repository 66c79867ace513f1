import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Plan, Target } from './action.ts';
import { fieldChange, fieldRequests, inspectField } from './fields.ts';
import { isJsonObject, pointerOf, valueAt, type JsonObject } from './json.ts';
import { answerTo, type Live, type Read } from './live.ts';
import { changing, getting, listing } from './permissions.ts';
import { Job, Pod, ReplicaSet, Service, workloads } from './resources.ts';
import { selects } from './selects.ts';
import { isRead, liveSubject, podOf, workloadOf } from './subjects.ts';

type Labels = Readonly<Record<string, string>>;

/** The value of a label that was one of a selector's. */
const isolated = 'isolated';
const mark = 'homeostat.dev/isolated';

const services = ({ namespace }: Target): Read => ({ resource: Service, namespace });

/** Where the controller of the pod is found: a ReplicaSet is not named by the target, but what it belongs to is. */
function controllers(target: Target): Read[] {
  const { namespace } = target;
  const workload = workloadOf(target);
  if (!isRead(workload)) return [];
  const between = { Deployment: ReplicaSet, CronJob: Job }[workload.resource.kind];
  return [between === undefined ? workload : { resource: between, namespace }];
}

/** The selector of the controller of a pod, if it has one. */
function controllerSelector(pod: KubeObject, target: Target, live: Live): JsonObject | Plan | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  const answers = controllers(target).map((read) => answerTo(live, read));
  const unreadable = answers.find((answer) => answer.is === 'Unreadable');
  if (unreadable !== undefined) return unreadable;
  const found = answers
    .flatMap((answer) => (answer.is === 'List' ? answer.items : answer.is === 'Found' ? [answer.object] : []))
    .find(({ metadata }) => metadata.uid === owner.uid);
  const selector = valueAt(found, '/spec/selector');
  const message = `by which labels ${owner.kind} ${owner.name} selects its pods is not known`;
  return isJsonObject(selector) ? selector : { is: 'Refused', reason: 'ControllerUnknown', message };
}

interface Selecting {
  readonly name: string;
  readonly selector: JsonObject;
}

/** The Services that select a pod; one without a selector selects none. */
const selecting = (services: readonly KubeObject[], labels: Labels): Selecting[] =>
  services.flatMap((service) => {
    const matchLabels = valueAt(service, '/spec/selector');
    const isOne = isJsonObject(matchLabels) && Object.keys(matchLabels).length > 0 && selects({ matchLabels }, labels);
    return isOne ? [{ name: `Service ${service.metadata.name}`, selector: { matchLabels } }] : [];
  });

interface Swap {
  /** Keys of labels whose value is changed. */
  readonly keys: readonly string[];
  /** What would still select the pod, as messages name it. */
  readonly left: readonly string[];
}

/** The fewest labels, as far as each selector in turn knows, by which none of the selectors holds any more. */
function swap(labels: Labels, chosen: readonly Selecting[], kept: ReadonlySet<string>): Swap {
  const keys = new Set<string>();
  const left: string[] = [];
  for (const { name, selector } of chosen) {
    if (!selects(selector, swapped(labels, keys))) continue;
    const matched = valueAt(selector, '/matchLabels');
    const candidates = Object.keys(isJsonObject(matched) ? matched : {}).filter((key) => !kept.has(key));
    // The hash is nobody else's: what else selects by the other labels is not disturbed.
    const key = candidates.find((name) => name === 'pod-template-hash') ?? candidates.toSorted()[0];
    if (key === undefined) left.push(name);
    else keys.add(key);
  }
  return { keys: [...keys], left };
}

const swapped = (labels: Labels, keys: Iterable<string>): Labels => ({
  ...labels,
  ...Object.fromEntries([...keys].map((key) => [key, isolated])),
});

/**
 * Takes a pod out of all Services that select it, and out of its controller if asked, by changing the values of labels
 * that they select by. The pod itself is not touched: it goes on running, with what it has in memory and on disk.
 */
export const isolatePod: Action<ActionParameters<'isolatePod'>> = {
  reversible: true,
  targets: ['Pod', 'Container'],
  permissions: [...changing([Pod]), ...getting(workloads), ...listing([Service, ReplicaSet, Job])],
  subject: podOf,
  reads: (target, _params, purpose) => [
    ...[podOf(target)].filter(isRead),
    ...(purpose === 'Plan' ? [services(target), ...controllers(target)] : []),
  ],
  plan({ fromController }, live, { target }) {
    const subject = liveSubject(target, podOf(target), live);
    if (subject.is !== 'Found') return subject;
    const { object, name } = subject;
    const { labels = {}, annotations, ownerReferences = [] } = object.metadata;
    if (annotations?.['kubernetes.io/config.mirror'] !== undefined) {
      return { is: 'Refused', reason: 'StaticPod', message: `${name} is a static pod: its labels are its kubelet's` };
    }
    const controller = ownerReferences.find((owner) => owner.controller === true);
    if (fromController && controller?.kind === 'StatefulSet') {
      const message = `${name} belongs to a StatefulSet, whose next pod would need the same name: leave fromController out`;
      return { is: 'Refused', reason: 'NameTaken', message };
    }
    const answer = answerTo(live, services(target));
    if (answer.is === 'Unreadable') return answer;
    const selector = controllerSelector(object, target, live);
    if (selector !== undefined && 'is' in selector) return selector as Plan;
    const kind = controller === undefined ? '' : `${controller.kind} ${controller.name}`;
    const leaves = [
      ...selecting(answer.is === 'List' ? answer.items : [], labels),
      ...(selector === undefined || !fromController ? [] : [{ name: kind, selector }]),
    ];
    if (leaves.length === 0) return { is: 'Nothing', message: `${name} is in no Service` };
    const { keys, left } = swap(labels, leaves, new Set(fromController ? [] : keysOf(selector)));
    const after: Labels = { ...swapped(labels, keys), [mark]: 'true' };
    const still = new Set([
      ...left,
      ...leaves.filter((each) => selects(each.selector, after)).map((each) => each.name),
    ]);
    if (still.size > 0) return refusal(name, [...still], fromController, kind);
    const changes = [...keys, mark].flatMap((key) =>
      fieldChange(subject, { path: pointerOf('metadata', 'labels', key), to: after[key] }),
    );
    const out = leaves.map((each) => each.name).join(', ');
    const how = keys.map((key) => `${key}=${isolated} instead of ${labels[key] ?? ''}`).join(', ');
    return { is: 'Changes', changes, message: `take ${name} out of ${out} by its labels: ${how}` };
  },
  requests: (changes, _params, live, { manager }) => fieldRequests(changes, live, manager),
  inspect: (change, live, { manager }) => inspectField(change, live, manager),
  effect: () => ({ is: 'Done', message: 'the pod is in no Service any more, and is kept' }),
};

/** Every label that a selector speaks of. */
function keysOf(selector: JsonObject | undefined): string[] {
  const [labels, expressions] = [valueAt(selector, '/matchLabels'), valueAt(selector, '/matchExpressions')];
  const named = (Array.isArray(expressions) ? expressions : []).map((item: unknown) => valueAt(item, '/key'));
  return [...Object.keys(isJsonObject(labels) ? labels : {}), ...named.filter((key) => typeof key === 'string')];
}

function refusal(name: string, still: readonly string[], fromController: boolean, kind: string): Plan {
  const list = still.join(', ');
  const message = fromController
    ? `${name} would still be in ${list}, whatever value its labels have`
    : `${name} cannot leave ${list} and stay with ${kind}, which selects it by the same labels: with fromController: true it leaves both, and another pod takes its place`;
  return { is: 'Refused', reason: fromController ? 'StillSelected' : 'SelectedByController', message };
}
