import type { ActionParameters } from '../../crds/actions.ts';
import type { KubeObject } from '../kube/api.ts';
import type { Action, Effect, Origin, Plan, Target } from './action.ts';
import { outsideGroup } from './call.ts';
import { holds, problemOf } from './cel.ts';
import { liveObject, readOf } from './fields.ts';
import { isJsonObject, valueAt } from './json.ts';
import { answerTo, describeRead, type Live, type Read } from './live.ts';
import { inspectMade, madeRequests, making, nameOf, owned, revertMade } from './made.ts';
import { getting } from './permissions.ts';
import { filled } from './placeholders.ts';
import { resourceOf } from './resources.ts';
import { describeTarget, isRead, liveSubject, ownObject } from './subjects.ts';

type Parameters = ActionParameters<'createObject'>;
type WaitFor = NonNullable<Parameters['waitFor']>;

/** The record of a change takes no more. */
const longestText = 200_000;

const refused = (reason: string, message: string): Plan => ({ is: 'Refused', reason, message });

const templateRead = ({ templateRef }: Parameters, { namespace }: Origin): Read[] =>
  templateRef === undefined
    ? []
    : [{ resource: resourceOf(templateRef.apiVersion, templateRef.kind), namespace, name: templateRef.name }];

/** What is to be made, as it stands in the plan or in a template; or why that is not known. */
function wanted(params: Parameters, live: Live, target: Target, origin: Origin): KubeObject | Plan {
  const { templateRef } = params;
  if (templateRef === undefined) {
    const object = filled(params.object, target, origin);
    if ('problem' in object) return refused('InvalidParameters', object.problem);
    const { metadata = {}, ...rest } = object.value ?? { apiVersion: '', kind: '' };
    return { ...rest, metadata: { ...metadata, name: '' } };
  }
  const [read] = templateRead(params, origin);
  const answer = read === undefined ? undefined : answerTo(live, read);
  if (answer?.is === 'Unreadable') return answer;
  if (answer?.is !== 'Found' || read === undefined)
    return refused('TemplateNotFound', `${templateRef.kind} ${origin.namespace}/${templateRef.name} does not exist`);
  const template = valueAt(answer.object, '/spec/template');
  if (!isJsonObject(template)) return refused('TemplateInvalid', `${describeRead(read)} has no spec.template`);
  const { metadata, spec = {} } = template;
  const texts = (at: string): Record<string, string> => valueAt(metadata, at) as Record<string, string>;
  const kind = templateRef.kind.replace(/Template$/, '');
  const kept = { labels: texts('/labels') ?? {}, annotations: texts('/annotations') ?? {} };
  return { apiVersion: templateRef.apiVersion, kind, metadata: { ...kept, name: '' }, spec } as KubeObject;
}

/** Undefined when the target runs on no node. */
function nameFor({ named }: Parameters, target: Target, origin: Origin): string | undefined {
  switch (named) {
    case 'Step':
      return nameOf(origin);
    case 'Target':
      return target.name;
    case 'Node':
      return target.kind === 'Node' ? target.name : target.node;
  }
}

const hasCondition = (object: KubeObject, wanted: { type: string; status: string }): boolean => {
  const conditions = valueAt(object, '/status/conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some(
      (item: unknown) => isJsonObject(item) && item['type'] === wanted.type && item['status'] === wanted.status,
    )
  );
};

/** What an object says of its work. */
function progressOf(object: KubeObject, waitFor: WaitFor | undefined, name: string): Effect {
  if (waitFor === undefined) return { is: 'Done', message: `${name} is there` };
  const { condition, expression, failedCondition, failedExpression } = waitFor;
  const isSo = (by: typeof condition, source: string | undefined): boolean =>
    (by !== undefined && hasCondition(object, by)) || (source !== undefined && holds(source, object));
  if (isSo(failedCondition, failedExpression)) return { is: 'Failed', message: `${name} says that it has failed` };
  if (isSo(condition, expression)) return { is: 'Done', message: `${name} has done its work` };
  const what = expression ?? `${condition?.type}=${condition?.status}`;
  return { is: 'Pending', message: `${name} has not come to ${what} yet` };
}

/** Makes an object that another operator acts on, and waits for its word. */
export const createObject: Action<Parameters> = {
  reversible: true,
  targets: ['Container', 'Pod', 'Workload', 'Node'],
  // Which kinds it may make is for the administrator to say: what is missing shows when it is made.
  permissions: [],
  needs: ({ object, templateRef, resource }) => {
    const { apiVersion, kind } = object ?? templateRef ?? { apiVersion: '', kind: '' };
    const made = resourceOf(apiVersion, kind.replace(object === undefined ? /Template$/ : /^$/, ''), resource);
    const template = templateRef === undefined ? [] : getting([resourceOf(apiVersion, kind)]);
    const verbs = (['get', 'create', 'delete'] as const).map((verb) => ({
      verb,
      group: made.group,
      resource: made.plural,
    }));
    return [...template, ...verbs];
  },
  subject: (target) => ownObject(target),
  reads: (target, params, purpose, origin) =>
    purpose === 'Plan' ? [...[ownObject(target)].filter(isRead), ...templateRead(params, origin)] : [],
  plan(params, live, { target, origin }) {
    const subject = liveSubject(target, ownObject(target), live);
    if (subject.is !== 'Found') return subject;
    for (const source of [params.waitFor?.expression, params.waitFor?.failedExpression]) {
      const problem = source === undefined ? undefined : problemOf(source);
      if (problem !== undefined) return refused('InvalidParameters', `waitFor: ${source} ${problem}`);
    }
    const object = wanted(params, live, target, origin);
    if ('is' in object) return object;
    if (object.apiVersion?.startsWith(`${outsideGroup}/`) === true)
      return refused('InvalidParameters', `${object.apiVersion} is nothing that can be made`);
    const name = nameFor(params, target, origin);
    if (name === undefined) return refused('NoSuchObject', `${describeTarget(target)} runs on no node`);
    const change = making(owned(origin, name, object), params.resource);
    if ((change.to?.length ?? 0) > longestText)
      return refused('InvalidParameters', `the object is larger than ${longestText} characters`);
    return { is: 'Changes', changes: [change], message: `make ${describeRead(readOf(change))}` };
  },
  requests: (changes, _params, live, { manager }) => madeRequests(changes, live, manager),
  inspect: inspectMade,
  revert: (change, _params, live, context) => revertMade(change, live, context),
  effect([change], live, _context, { waitFor }) {
    if (change === undefined) return { is: 'Done', message: 'nothing to see' };
    const found = liveObject(change, live);
    if (found.is !== 'Found') return { is: 'Pending', message: found.message };
    return progressOf(found.object, waitFor, describeRead(readOf(change)));
  },
};
