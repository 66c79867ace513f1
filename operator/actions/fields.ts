/**
 * Changes of single fields, which most actions consist of: how such a change stands in the world, and the request that
 * makes it. Undoing is the same with `from` and `to` exchanged.
 */
import type { KubeObject } from '../kube/api.ts';
import type { Change, Standing, WriteRequest } from './action.ts';
import { differences, patched } from './elements.ts';
import { isJsonObject, sameJson, shown, shownPath, textOf, valueAt, valueOf } from './json.ts';
import { answerTo, describeRead, type Live, type Read } from './live.ts';
import { describeOwner, isRemediation, ownersOf } from './ownership.ts';
import { resourceOf } from './resources.ts';

/** As many owners of a field as a record names. */
const mostManagers = 16;

/** The change that puts a value (undefined: nothing) at a path of an object as it was read; none when it is there. */
export function fieldChange(
  { object, reference }: { readonly object: KubeObject; readonly reference: Change['object'] },
  wish: { readonly path: string; readonly subresource?: 'scale' | 'resize'; readonly to: unknown },
): Change[] {
  const { path, subresource } = wish;
  const [from, to] = [textOf(valueAt(object, path)), textOf(wish.to)];
  if (sameJson(valueAt(object, path), wish.to ?? undefined)) return [];
  const owners = managersOf(object, path);
  const change = {
    object: reference,
    path,
    ...(subresource === undefined ? {} : { subresource }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(owners.length === 0 ? {} : { fromManagers: owners }),
  };
  return [change];
}

const managersOf = (object: KubeObject, path: string): string[] =>
  [...new Set(ownersOf(object, path).map(({ manager }) => manager))].slice(0, mostManagers);

/** Who owns the field of a change as it was read, as records name them; undefined where there is nothing to own. */
export function managersNow(change: Change, live: Live): string[] | undefined {
  const found = liveObject(change, live);
  return found.is === 'Found' && change.path !== '' ? managersOf(found.object, change.path) : undefined;
}

/** The question that reads the object of a change. */
export const readOf = ({ object: { apiVersion, kind, resource, namespace, name } }: Change): Read => ({
  resource: resourceOf(apiVersion, kind, resource),
  namespace,
  name,
});

/** The object of a change as it was read, or why there is none to look at. */
export function liveObject(
  change: Change,
  live: Live,
): { readonly is: 'Found'; readonly object: KubeObject } | Extract<Standing, { is: 'Gone' | 'Unreadable' }> {
  const read = readOf(change);
  const answer = answerTo(live, read);
  switch (answer.is) {
    case 'Unreadable':
      return answer;
    case 'List':
    case 'Absent':
      return { is: 'Gone', message: `${describeRead(read)} is gone` };
    case 'Found':
      return change.object.uid === undefined || answer.object.metadata.uid === change.object.uid
        ? answer
        : { is: 'Gone', message: `${describeRead(read)} was replaced: it has uid ${answer.object.metadata.uid} now` };
  }
}

/**
 * Whether the field is as before, as we put it, or somebody else's. A value is ours when `managedFields` names our
 * manager, and nobody else, as its owner: one that went away and came back belongs to whoever brought it, and one that
 * another manager applies as well is wanted by them too. Of a value with parts (a template) that is asked of the parts
 * that we changed; the others have the owners that they had. Of a field that we removed there is no owner; absence is ours.
 */
export function inspectField(change: Change, live: Live, manager: string): Standing {
  const found = liveObject(change, live);
  if (found.is !== 'Found') return found;
  const value = valueAt(found.object, change.path);
  if (sameJson(value, valueOf(change.from))) return { is: 'NotMade' };
  const owners = changedParts(change, found.object).map((part) => ownersOf(found.object, part));
  const others = owners.flat().filter((owner) => owner.manager !== manager);
  const ours = owners.every((each) => each.some((owner) => owner.manager === manager));
  const foreign = (message: string): Standing => ({ is: 'Foreign', by: others[0]?.manager ?? 'unknown', message });
  const what = `${shownPath(change.path)} of ${describeRead(readOf(change))}`;
  const who = others[0] === undefined ? 'a writer who is not on record' : describeOwner(others[0]);
  if (!sameJson(value, valueOf(change.to))) return foreign(`${what} was set to ${shown(value)} by ${who}`);
  if (change.to === undefined) return { is: 'Ours' };
  if (ours && others.length === 0) return { is: 'Ours' };
  return foreign(`${what} is held at ${shown(value)} by ${who}`);
}

/** The parts of a field that the change gave a value, as far as they are there. */
const changedParts = ({ path, from, to }: Change, object: KubeObject): string[] =>
  differences(path, valueOf(from), valueOf(to)).filter((part) => valueAt(object, part) !== undefined);

/** One request per object and subresource, with the identity and the version that were read as its precondition. */
export function fieldRequests(changes: readonly Change[], live: Live, fieldManager: string): WriteRequest[] {
  const requests = new Map<string, { change: Change; manager: string; body: unknown }>();
  for (const change of changes) {
    const found = liveObject(change, live);
    if (found.is !== 'Found') continue;
    const manager = change.toManager ?? fieldManager;
    const key = `${change.object.uid} ${change.subresource ?? ''} ${manager}`;
    const { uid, resourceVersion } = found.object.metadata;
    const request = requests.get(key) ?? { change, manager, body: { metadata: { uid, resourceVersion } } };
    const body = patched(request.body, found.object, change.path, valueOf(change.to));
    requests.set(key, { ...request, body });
  }
  return [...requests.values()].map(({ change: { object, subresource }, manager, body }) => ({
    verb: 'patch',
    resource: resourceOf(object.apiVersion, object.kind),
    namespace: object.namespace,
    name: object.name,
    subresource: subresource === 'scale' || subresource === 'resize' ? subresource : undefined,
    fieldManager: manager,
    patch: { type: 'merge', body: isJsonObject(body) ? body : {} },
  }));
}

/**
 * The change that takes this one back. A value that another Remediation alone had put there becomes that one's again, so
 * that it can take it back in turn. Everybody else's is written in our own name, because we cannot speak in theirs; also
 * what others wanted beside a Remediation, which that one may not take back either.
 */
export function inverse({ from, to, fromManagers = [], toManager: _ours, ...rest }: Change): Change {
  const [below, ...others] = fromManagers;
  return {
    ...rest,
    ...(to === undefined ? {} : { from: to }),
    ...(from === undefined ? {} : { to: from }),
    ...(below !== undefined && others.length === 0 && isRemediation(below) ? { toManager: below } : {}),
  };
}
