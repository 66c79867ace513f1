/**
 * Whom a change concerns besides its object: which pods end or leave their Services, whose they are, which
 * PodDisruptionBudgets select them and what room those have, which Services lose endpoints. Read off the changes alone, so
 * that every action is covered.
 */
import type { RecordedChange, RemediationStatus } from '../../crds/remediation.ts';
import { isMaximum, scaledBy } from '../actions/autoscaler.ts';
import { readOf } from '../actions/fields.ts';
import { valueAt } from '../actions/json.ts';
import { answerTo, describeRead, type Live, type Read } from '../actions/live.ts';
import { Pod, PodDisruptionBudget, Service } from '../actions/resources.ts';
import type { KubeObject } from '../kube/api.ts';
import { selects, type Selector } from './selector.ts';

export type BlastRadius = NonNullable<NonNullable<RemediationStatus['preview']>['blastRadius']>;

/** As `maxItems` of the schema. */
const mostListed = 16;

interface PodObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
interface BudgetObject extends KubeObject {
  readonly spec?: { readonly selector?: Selector };
  readonly status?: { readonly disruptionsAllowed?: number };
}
interface ServiceObject extends KubeObject {
  readonly spec?: { readonly selector?: Record<string, string> };
}
interface WorkloadObject extends KubeObject {
  readonly spec?: { readonly selector?: Selector };
}

/** Pods of which `count` are concerned; which of them is not always known. */
interface Group {
  readonly pods: readonly PodObject[];
  readonly count: number;
  /** Whose they are, where the change is about that. */
  readonly owner?: string;
  /** They go on under these labels; absent: they end. */
  readonly labels?: Record<string, string>;
}

/** The questions that the blast radius of these changes is answered from; of an autoscaler there is one more once it is read. */
export function blastReads(changes: readonly RecordedChange[], live: Live = new Map()): Read[] {
  const namespaces = new Set(changes.filter(concernsPods).flatMap(({ object }) => object.namespace ?? []));
  const lists = [...namespaces].flatMap((namespace) =>
    [Pod, PodDisruptionBudget, Service].map((resource) => ({ resource, namespace })),
  );
  const workloads = changes.filter((change) => change.object.kind !== 'Pod' && concernsPods(change));
  const scaled = workloads.flatMap((change) => (isMaximum(change.path) ? (workloadRead(change, live) ?? []) : []));
  return [...lists, ...workloads.map(readOf), ...scaled];
}

/** The blast radius of these changes, from what was read. */
export function blastRadius(changes: readonly RecordedChange[], live: Live): BlastRadius {
  const unknown = new Set<string>();
  const list = (resource: Read['resource'], namespace: string): readonly KubeObject[] => {
    const read = { resource, namespace };
    const answer = answerTo(live, read);
    if (answer.is === 'List') return answer.items;
    unknown.add(`${describeRead(read)}${answer.is === 'Unreadable' ? `: ${answer.message}` : ' does not exist'}`);
    return [];
  };
  const namespaces = [...new Set(changes.filter(concernsPods).flatMap(({ object }) => object.namespace ?? []))];
  const found = namespaces.map((namespace) => {
    const own = changes.filter(({ object }) => object.namespace === namespace);
    const pods = list(Pod, namespace);
    const groups = groupsOf(own, pods, live);
    return {
      groups,
      owners: ownersOf(groups, pods),
      budgets: budgetsOf(list(PodDisruptionBudget, namespace), groups),
      services: servicesOf(list(Service, namespace), groups, pods),
    };
  });
  const groups = found.flatMap((one) => one.groups);
  const radius = {
    pods: groups.reduce((sum, { count }) => sum + count, 0),
    owners: found.flatMap((one) => one.owners).slice(0, mostListed),
    budgets: found.flatMap((one) => one.budgets).slice(0, mostListed),
    services: found.flatMap((one) => one.services).slice(0, mostListed),
  };
  const missing = [...unknown].slice(0, mostListed);
  return { ...radius, ...(missing.length === 0 ? {} : { unknown: missing }), summary: summaryOf(radius, missing) };
}

const isTemplate = (path: string): boolean => path === '/spec/template' || path.startsWith('/spec/template/');
const isLabel = (path: string): boolean => path.startsWith('/metadata/labels/');

/** The workload whose pods a change ends: its own object, or what that one scales; undefined: not known. */
function workloadRead(change: RecordedChange, live: Live): Read | undefined {
  const own = readOf(change);
  if (!isMaximum(change.path)) return own;
  const answer = answerTo(live, own);
  return answer.is === 'Found' ? scaledBy(answer.object) : undefined;
}

/** Whether it can end a pod, or take it out of a Service. */
function concernsPods({ object, path, from, to }: RecordedChange): boolean {
  if (object.kind === 'Pod') return (path === '' && to === undefined) || isLabel(path) || path.startsWith('/spec/');
  if (path === '/spec/replicas') return Number(to ?? 1) < Number(from ?? 1);
  if (isMaximum(path)) return Number(to ?? Infinity) < Number(from ?? Infinity);
  return isTemplate(path) || (object.kind === 'Job' && path === '/spec/suspend' && to === 'true');
}

function groupsOf(changes: readonly RecordedChange[], pods: readonly PodObject[], live: Live): Group[] {
  const byObject = new Map<string, RecordedChange[]>();
  for (const change of changes.filter(concernsPods)) {
    const key = describeRead(readOf(change));
    byObject.set(key, [...(byObject.get(key) ?? []), change]);
  }
  return [...byObject.values()].map((own) => groupOf(own, pods, live));
}

function groupOf(changes: readonly RecordedChange[], pods: readonly PodObject[], live: Live): Group {
  const [first] = changes;
  if (first === undefined) return { pods: [], count: 0 };
  const { object } = first;
  if (object.kind === 'Pod') {
    const own = pods.filter(({ metadata }) => metadata.uid === object.uid);
    const goesOn = changes.every(({ path }) => isLabel(path));
    return { pods: own, count: 1, ...(goesOn ? { labels: relabelled(own[0], changes) } : {}) };
  }
  const read = workloadRead(first, live) ?? readOf(first);
  const answer = answerTo(live, read);
  const workload: WorkloadObject | undefined = answer.is === 'Found' ? answer.object : undefined;
  const selector = workload?.spec?.selector;
  const own = selector === undefined ? [] : pods.filter(({ metadata }) => selects(selector, metadata.labels ?? {}));
  const scaled = changes.find(({ path }) => path === '/spec/replicas' || isMaximum(path));
  const now = scaled === undefined || isMaximum(scaled.path) ? valueAt(workload, '/spec/replicas') : scaled.from;
  const count = scaled === undefined ? own.length : Math.max(0, Number(now ?? 1) - Number(scaled.to ?? 1));
  return { pods: own, count, owner: describeRead(read) };
}

function relabelled(pod: PodObject | undefined, changes: readonly RecordedChange[]): Record<string, string> {
  const labels = new Map(Object.entries(pod?.metadata.labels ?? {}));
  for (const { path, to } of changes) {
    const key = path.slice('/metadata/labels/'.length).replaceAll('~1', '/').replaceAll('~0', '~');
    if (to === undefined) labels.delete(key);
    else labels.set(key, String(JSON.parse(to)));
  }
  return Object.fromEntries(labels);
}

/** How many of a group's pods that match are concerned, at most. */
const share = ({ count }: Group, matching: readonly PodObject[]): number => Math.min(count, matching.length);

function ownersOf(groups: readonly Group[], all: readonly PodObject[]): BlastRadius['owners'] {
  const owners = new Map<string, { pods: number; of: number }>();
  for (const group of groups)
    for (const owner of group.owner === undefined ? group.pods.map(controllerOf) : [group.owner]) {
      const of = group.owner === undefined ? all.filter((pod) => controllerOf(pod) === owner) : group.pods;
      const pods = group.owner === undefined ? 1 : group.count;
      owners.set(owner, { pods: (owners.get(owner)?.pods ?? 0) + pods, of: of.length });
    }
  return [...owners].map(([name, { pods, of }]) => ({ name, pods, of }));
}

function controllerOf({ metadata }: PodObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? `nobody (${metadata.name})` : `${owner.kind} ${metadata.namespace}/${owner.name}`;
}

function budgetsOf(budgets: readonly BudgetObject[], groups: readonly Group[]): BlastRadius['budgets'] {
  return budgets.flatMap(({ metadata, spec, status }) => {
    const selector = spec?.selector;
    if (selector === undefined) return [];
    const ending = groups.filter(({ labels }) => labels === undefined);
    const pods = ending.reduce(
      (sum, group) =>
        sum +
        share(
          group,
          group.pods.filter((pod) => selects(selector, pod.metadata.labels ?? {})),
        ),
      0,
    );
    const disruptionsAllowed = status?.disruptionsAllowed ?? 0;
    return pods === 0
      ? []
      : [{ name: nameOf(metadata), pods, disruptionsAllowed, exceeded: pods > disruptionsAllowed }];
  });
}

function servicesOf(
  services: readonly ServiceObject[],
  groups: readonly Group[],
  all: readonly PodObject[],
): BlastRadius['services'] {
  return services.flatMap(({ metadata, spec }) => {
    const matchLabels = spec?.selector ?? {};
    // A Service without a selector has endpoints of its own.
    if (Object.keys(matchLabels).length === 0) return [];
    const serves = (pod: PodObject): boolean => isReady(pod) && selects({ matchLabels }, pod.metadata.labels ?? {});
    const endpoints = all.filter(serves).length;
    const loses = groups
      .filter(({ labels }) => labels === undefined || !selects({ matchLabels }, labels))
      .reduce((sum, group) => sum + share(group, group.pods.filter(serves)), 0);
    return loses === 0 ? [] : [{ name: nameOf(metadata), endpoints, loses }];
  });
}

const isReady = ({ metadata, status }: PodObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

const nameOf = ({ namespace, name }: KubeObject['metadata']): string => `${namespace}/${name}`;

function summaryOf(
  { pods, owners, budgets, services }: Omit<BlastRadius, 'summary' | 'unknown'>,
  unknown: readonly string[],
): string {
  const told = [
    pods === 0 ? 'no pod ends' : `${pods} ${pods === 1 ? 'pod' : 'pods'}`,
    ...owners.map((owner) => `${owner.pods} of ${owner.of} of ${owner.name}`),
    ...budgets.map(
      (budget) =>
        `PodDisruptionBudget ${budget.name} allows ${budget.disruptionsAllowed}${budget.exceeded ? ': too few' : ''}`,
    ),
    ...services.map((service) => `Service ${service.name} loses ${service.loses} of ${service.endpoints} endpoints`),
    ...(unknown.length === 0 ? [] : [`not known: ${unknown.join(', ')}`]),
  ];
  return told.join('; ');
}
