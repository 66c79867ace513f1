/**
 * Objects that an action makes. One that we made names the Remediation as its owner, by uid, and the step in a label: so
 * it is known again after a crash, whatever its name, and the deletion of the record takes it along.
 */
import type { KubeObject } from '../kube/api.ts';
import type { Change, Origin, Standing, StepContext, WriteRequest } from './action.ts';
import { inverse, liveObject, readOf } from './fields.ts';
import { textOf, valueOf } from './json.ts';
import { answerTo, describeRead, type Live } from './live.ts';
import { resourceOf } from './resources.ts';
import type { Reversal } from './revert.ts';

/** Labels of what we make: of which Remediation, and of which step of it. */
export const madeLabels = { remediation: 'homeostat.dev/remediation', step: 'homeostat.dev/step' } as const;

/** Names of Jobs, and labels, are at most this long. */
const longestName = 63;

/** The name of what a step makes: the same whenever it is asked. `suffix` tells several of one step apart. */
export function nameOf({ name, step }: Origin, suffix = ''): string {
  const full = `${name}-${step}${suffix}`;
  if (full.length <= longestName) return full;
  const hash = hashOf(full);
  return `${full.slice(0, longestName - hash.length - 1).replace(/[-.]+$/, '')}-${hash}`;
}

/** FNV-1a, 32 bits: tells a handful of names apart, and needs no more. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** `object` as ours: with its name, owner and labels. */
export const owned = (origin: Origin, name: string, object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    name,
    namespace: origin.namespace,
    labels: {
      ...object.metadata.labels,
      [madeLabels.remediation]: origin.name.slice(0, longestName),
      [madeLabels.step]: origin.step,
    },
    ownerReferences: [
      { apiVersion: 'homeostat.dev/v1alpha1', kind: 'Remediation', name: origin.name, uid: origin.uid },
    ],
  },
});

/** The change that makes `object`; its uid becomes known when it is there. */
export function making(object: KubeObject, resource?: string): Change {
  const { apiVersion = '', kind = '', metadata } = object;
  const text = textOf(object);
  return {
    object: {
      apiVersion,
      kind,
      ...(resource === undefined ? {} : { resource }),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name,
    },
    path: '',
    ...(text === undefined ? {} : { to: text }),
  };
}

/** Whether an object was made by this step. */
const isOurs = ({ metadata }: KubeObject, { uid, step }: Origin): boolean =>
  metadata.labels?.[madeLabels.step] === step &&
  metadata.ownerReferences?.some((owner) => owner.kind === 'Remediation' && owner.uid === uid) === true;

/** Whether it is not there, ours, or somebody else's who was first to use the name. */
export function inspectMade(change: Change, live: Live, { origin }: StepContext): Standing {
  const read = readOf(change);
  const answer = answerTo(live, read);
  if (answer.is === 'Unreadable') return answer;
  if (answer.is !== 'Found')
    return change.object.uid === undefined
      ? { is: 'NotMade' }
      : { is: 'Gone', message: `${describeRead(read)} was made and is gone: somebody deleted it` };
  const found = liveObject(change, live);
  if (found.is !== 'Found') return found;
  if (isOurs(found.object, origin)) return { is: 'Ours' };
  const by = found.object.metadata.managedFields?.[0]?.manager ?? 'unknown';
  return { is: 'Foreign', by, message: `${describeRead(read)} is there already, made by ${by}` };
}

/** Makes what is to be made, and deletes (by uid) what is to be taken back. */
export const madeRequests = (changes: readonly Change[], live: Live, manager: string): WriteRequest[] =>
  changes.flatMap((change): WriteRequest[] => {
    const { apiVersion, kind, resource: plural, namespace, name } = change.object;
    const resource = resourceOf(apiVersion, kind, plural);
    if (change.to !== undefined) {
      const object = valueOf(change.to) as KubeObject;
      return [{ verb: 'create', resource, namespace, name, fieldManager: manager, object }];
    }
    const found = liveObject(change, live);
    const uid = found.is === 'Found' ? found.object.metadata.uid : undefined;
    return uid === undefined ? [] : [{ verb: 'delete', resource, namespace, name, uid }];
  });

/** Deletes what is still ours; gone is as before. */
export function revertMade(change: Change, live: Live, context: StepContext): Reversal {
  const read = readOf(change);
  const answer = answerTo(live, read);
  if (answer.is === 'Unreadable') return answer;
  if (answer.is !== 'Found') return { is: 'AlreadyThere' };
  const standing = inspectMade(change, live, context);
  if (standing.is === 'Gone') return { is: 'AlreadyThere' };
  if (standing.is === 'Foreign') return { is: 'Superseded', by: standing.by, message: standing.message };
  if (answer.object.metadata.deletionTimestamp !== undefined)
    return { is: 'Underway', message: `${describeRead(read)} is being deleted` };
  return { is: 'Restore', change: inverse(change) };
}
