/**
 * The omniscient observer: every change that was stored, who made it and when, and whose each field is by that account,
 * not by `managedFields`. The rules judge by it.
 */
import type { RecordedChange, Remediation } from '../../crds/remediation.ts';
import { sameJson, valueOf } from '../actions/json.ts';
import { managerOf } from '../actions/ownership.ts';
import type { KubeObject } from '../kube/api.ts';
import type { ApiRequest } from '../testing/api-request.ts';
import type { Change } from '../testing/object-store.ts';
import { elementsOf, subjectOf, type Subject } from './targets.ts';
import { changedFields, type FieldChange } from './field-changes.ts';

/** One change of a stored object. */
export interface Commit {
  readonly atMs: number;
  readonly change: Change;
  readonly request: ApiRequest | undefined;
  /** The process of ours that asked for it; undefined for everybody else. */
  readonly origin: string | undefined;
  /** What differs between before and after, field by field, without what the server keeps for itself. */
  readonly fields: readonly FieldChange[];
  /** It was there before, and is deleted or begins to end now. */
  readonly isDeletion: boolean;
}

/** What one write of ours to a target was for. */
export interface Attribution {
  readonly as: 'Act' | 'Undo';
  readonly remediation: Remediation;
  readonly record: RecordedChange;
}

/** Who set a field last, and for what: by the account of the observer. */
export type Owner =
  | { readonly is: 'Ours'; readonly uid: string; readonly value: unknown }
  | { readonly is: 'Theirs'; readonly by: string; readonly atMs: number };

const fieldKey = (uid: string | undefined, path: string): string => `${uid} ${path}`;

export class History {
  /** Every Remediation as it is stored, by uid. */
  readonly remediations = new Map<string, Remediation>();
  /** Every Remediation that there ever was, as it was last. */
  readonly all = new Map<string, Remediation>();
  readonly #owners = new Map<string, Owner>();
  /** By field, when somebody else last set it. */
  readonly #foreign = new Map<string, Owner & { is: 'Theirs' }>();
  /** By field, the Remediations that have written it. */
  readonly #writers = new Map<string, Set<string | undefined>>();
  /** By field and Remediation, whose the field was before that one first set it. */
  readonly #below = new Map<string, Owner | undefined>();
  /** Objects that exist, by uid. */
  readonly objects = new Map<string, KubeObject>();

  /** Takes note of a change. To be called after the rules have judged it by what was before. */
  note(commit: Commit): void {
    const { change } = commit;
    const { object, resource, type } = change;
    const { uid = '' } = object.metadata;
    if (type === 'DELETED') this.objects.delete(uid);
    else this.objects.set(uid, object);
    if (resource.kind === 'Remediation') {
      if (type === 'DELETED') this.remediations.delete(uid);
      else this.remediations.set(uid, object as Remediation);
      this.all.set(uid, object as Remediation);
    } else if (resource.group !== 'homeostat.dev') this.#noteFields(commit);
  }

  ownerOf(uid: string | undefined, path: string): Owner | undefined {
    return this.#owners.get(fieldKey(uid, path));
  }

  /** Who else than us has ever set a field, and when last. */
  foreignWriter(uid: string | undefined, path: string): (Owner & { is: 'Theirs' }) | undefined {
    return this.#foreign.get(fieldKey(uid, path));
  }

  /** Whether another Remediation than this one has ever written a field. */
  isShared(uid: string | undefined, path: string, self: Remediation): boolean {
    const writers = this.#writers.get(fieldKey(uid, path)) ?? new Set();
    return [...writers].some((writer) => writer !== self.metadata.uid);
  }

  /**
   * Whether a Remediation (`top`, by uid) has put its value of a field on top of that of another one, or of what lies on top
   * of that. One that is not `known` any more has left its value for good: what is under that does not come to light again.
   */
  liesOn(uid: string | undefined, path: string, top: string, bottom: string, known: (uid: string) => boolean): boolean {
    const key = fieldKey(uid, path);
    const seen = new Set<string>();
    for (let at = top; !seen.has(at);) {
      seen.add(at);
      const below = this.#below.get(`${key} ${at}`);
      if (below?.is !== 'Ours') return false;
      if (below.uid === bottom) return true;
      if (!known(below.uid)) return false;
      at = below.uid;
    }
    return false;
  }

  /** Everything on record about a field of an object, and about the object as a whole. */
  recordsOf(subject: Subject, path: string): { remediation: Remediation; record: RecordedChange; state: string }[] {
    return this.#recordsOn(subject).filter(({ record }) => record.path === path || record.path === '');
  }

  /** These changes, with those of lists told element by element where elements are on record. */
  detailed(subject: Subject, fields: readonly FieldChange[]): FieldChange[] {
    const paths = [...new Set(this.#recordsOn(subject).map(({ record }) => record.path))];
    return fields.flatMap((field) => elementsOf(field, paths));
  }

  #recordsOn(subject: Subject): { remediation: Remediation; record: RecordedChange; state: string }[] {
    return [...this.remediations.values()].flatMap((remediation) =>
      (remediation.status?.steps ?? []).flatMap(({ state, changes = [] }) =>
        changes.filter((record) => isOf(record, subject)).map((record) => ({ remediation, record, state })),
      ),
    );
  }

  /** What a change by us was for, by what is on record of that field; undefined when nothing on record says so. */
  attribute(subject: Subject, field: FieldChange, manager: string | undefined): Attribution | undefined {
    const found = this.recordsOf(subject, field.path);
    const undos = found.filter(({ record }) => isBeingUndone(record) && isValue(record, field, 'from'));
    const isOwn = ({ metadata }: Remediation): boolean => managerOf(metadata) === manager;
    const exact = undos.filter(({ record }) => record.path === '' || sameJson(field.before, valueOf(record.to)));
    const acts = found.filter(
      ({ record, remediation, state }) =>
        state !== 'Pending' &&
        state !== 'Skipped' &&
        isValue(record, field, 'to') &&
        (manager === undefined || isOwn(remediation)),
    );
    const asRecorded = acts.filter(({ record }) => record.path === '' || sameJson(field.before, valueOf(record.from)));
    const current = asRecorded.find(({ state }) => state === 'Prepared');
    // What it is about to do itself is not what another one would take back by the same value.
    const isItsOwn =
      current !== undefined && isOwn(current.remediation) && this.#isOnTopAsRecorded(current, field.path);
    const undo = exact.find(({ remediation }) => isOwn(remediation)) ?? (isItsOwn ? undefined : (exact[0] ?? undos[0]));
    if (undo !== undefined) return { as: 'Undo', ...undo };
    const act = current ?? asRecorded[0] ?? acts[0];
    return act && { as: 'Act', ...act };
  }

  /**
   * Whether the value that a change is to replace is that of whom it has on record, as far as it is one of ours. Another
   * one’s on top of it is not its own to replace: that one gives the field back, in its name, by the same values perhaps.
   */
  #isOnTopAsRecorded({ remediation, record }: Omit<Attribution, 'as'>, path: string): boolean {
    const owner = this.ownerOf(record.object.uid, path);
    const top = owner?.is === 'Ours' ? this.remediations.get(owner.uid) : undefined;
    if (top === undefined || top.metadata.uid === remediation.metadata.uid) return true;
    return record.fromManagers?.includes(managerOf(top.metadata)) === true;
  }

  #noteFields({ change, fields, origin, request, atMs }: Commit): void {
    const { uid = '', name } = change.object.metadata;
    const subject = subjectOf(change.resource, name, change.object);
    const manager = managerIn(request);
    for (const field of this.detailed(subject, fields)) {
      const key = fieldKey(uid, field.path);
      const attribution = origin === undefined ? undefined : this.attribute(subject, field, manager);
      if (attribution !== undefined)
        this.#writers.set(key, (this.#writers.get(key) ?? new Set()).add(attribution.remediation.metadata.uid));
      if (attribution?.as === 'Act') {
        const { uid: writer = '' } = attribution.remediation.metadata;
        const below = `${key} ${writer}`;
        if (!this.#below.has(below)) this.#below.set(below, this.#owners.get(key));
        this.#owners.set(key, { is: 'Ours', uid: writer, value: field.after });
      } else if (attribution?.as === 'Undo') {
        // What another Remediation had put there becomes that one's again.
        const below = [...this.remediations.values()].find(({ metadata }) => managerOf(metadata) === manager);
        const isGivenBack = below !== undefined && below !== attribution.remediation;
        if (isGivenBack) this.#owners.set(key, { is: 'Ours', uid: below.metadata.uid ?? '', value: field.after });
        else this.#owners.delete(key);
      } else {
        const theirs = { is: 'Theirs', by: manager ?? 'unknown', atMs } as const;
        this.#owners.set(key, theirs);
        this.#foreign.set(key, theirs);
      }
    }
  }
}

const isOf = ({ object }: RecordedChange, { uid, kind, name }: Subject): boolean =>
  // A job may have another one that takes back what it did.
  (object.kind === kind && `${object.name}-undo` === name) ||
  (uid === undefined || object.uid === undefined ? object.kind === kind && object.name === name : object.uid === uid);

const isBeingUndone = ({ undo }: RecordedChange): boolean => undo?.state === 'Pending' || undo?.state === 'Failed';

/** Of a record of the whole object the value says nothing. */
const isValue = (record: RecordedChange, { after }: FieldChange, side: 'from' | 'to'): boolean =>
  record.path === '' || sameJson(after, valueOf(record[side]));

/** The field manager of a request. */
export const managerIn = (request: ApiRequest | undefined): string | undefined =>
  request?.options !== undefined && 'fieldManager' in request.options ? request.options.fieldManager : undefined;

/** A change as the observer sees it. */
export function commitOf(change: Change, request: ApiRequest | undefined, atMs: number): Commit {
  const { object, old, type } = change;
  const ends = type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
  const endedBefore = old?.metadata.deletionTimestamp !== undefined;
  return {
    atMs,
    change,
    request,
    origin: request?.origin,
    fields: old === undefined || type === 'DELETED' ? [] : changedFields(old, object),
    isDeletion: old !== undefined && ends && !endedBefore,
  };
}
