/**
 * Writes down which revisions were available, so that it is known after a restart too: in one ConfigMap of the operator's
 * own namespace, for the workloads that a plan may roll back, and for no others. What is lost of it only means that nothing
 * is rolled back to.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RemediationPlan } from '../../../crds/remediation-plan.ts';
import { ApiError, hasReason, type KubeObject } from '../../kube/api.ts';
import { errorFields } from '../../kube/logger.ts';
import { ConfigMap } from '../../kube/resources.ts';
import type { Context } from '../context.ts';
import type { RevisionKey } from './stable-revisions.ts';

export const revisionsName = 'homeostat-revisions';
const everyMs = 60_000;
/** A ConfigMap holds a megabyte, and ten revisions are 400 bytes. */
const mostWorkloads = 2000;

/** Whether a plan may go back to an earlier revision. */
export const rollsBack = ({ spec }: RemediationPlan): boolean =>
  spec.steps.some(({ action }) => action.rolloutUndo !== undefined);

type Record = KubeObject & { readonly data?: Readonly<{ [workloadUid: string]: string }> };

export interface RevisionsOptions {
  /** The UIDs of the workloads that may be rolled back. */
  readonly workloads: () => ReadonlySet<string>;
  /** What was seen; undefined while the cluster is not known. */
  readonly seen: () =>
    | {
        stableOf(workloadUid: string): readonly RevisionKey[] | undefined;
        restoreStable(key: RevisionKey): void;
      }
    | undefined;
}

export class RevisionsController {
  readonly #context: Context;
  readonly #options: RevisionsOptions;
  #isRestored = false;

  constructor(context: Context, options: RevisionsOptions) {
    this.#context = context;
    this.#options = options;
  }

  readonly reconcile = async (): Promise<{ requeueAfterMs: number }> => {
    const { logger } = this.#context;
    const seen = this.#options.seen();
    const workloads = this.#options.workloads();
    if (seen !== undefined && workloads.size > 0)
      try {
        await this.#bringUpToDate(seen, workloads);
      } catch (error) {
        // What may not be written, or is being written by another one, is not worth to hold up anything.
        if (!(error instanceof ApiError)) throw error;
        logger.warn('revisions not noted', errorFields(error));
      }
    return { requeueAfterMs: everyMs };
  };

  async #bringUpToDate(
    seen: NonNullable<ReturnType<RevisionsOptions['seen']>>,
    workloads: ReadonlySet<string>,
  ): Promise<void> {
    const { isLeader } = this.#context;
    if (this.#isRestored && !isLeader()) return;
    const record = await this.#read();
    const before = record?.data ?? {};
    for (const text of Object.values(before)) for (const key of parse(text)) seen.restoreStable(key);
    this.#isRestored = true;
    // What another one has noted stays as long as its workload does: our policies may not be known yet.
    const uids = [...new Set([...Object.keys(before), ...workloads])].slice(0, mostWorkloads);
    const texts = uids.map((uid): [string, string] => [uid, print(seen.stableOf(uid) ?? [])]);
    const data = Object.fromEntries(texts.filter(([, text]) => text !== ''));
    if (isLeader() && !isDeepStrictEqual(data, before)) await this.#write(record, data);
  }

  async #read(): Promise<Record | undefined> {
    const { api, rootNamespace } = this.#context;
    try {
      return await api.get<Record>(ConfigMap, { namespace: rootNamespace, name: revisionsName });
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #write(record: Record | undefined, data: { readonly [uid: string]: string }): Promise<void> {
    const { api, rootNamespace } = this.#context;
    const where = { namespace: rootNamespace, name: revisionsName };
    const options = { fieldManager: 'homeostat' };
    if (record === undefined) {
      const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: where, data };
      await api.create(ConfigMap, made, options);
      return;
    }
    const { uid, resourceVersion } = record.metadata;
    const gone = Object.keys(record.data ?? {}).filter((key) => !(key in data));
    const body = {
      metadata: { uid, resourceVersion },
      data: { ...data, ...Object.fromEntries(gone.map((key) => [key, null])) },
    };
    await api.patch(ConfigMap, where, { type: 'merge', body }, options);
  }
}

/** One revision a line: the UID of its controller, and its hash if it has one. */
const print = (keys: readonly RevisionKey[]): string =>
  keys
    .map(([controller, hash]) => `${controller} ${hash}`.trim())
    .sort()
    .join('\n');

const parse = (text: string): RevisionKey[] =>
  text.split('\n').map((line): RevisionKey => {
    const [controller = '', hash = ''] = line.split(' ', 2);
    return [controller, hash];
  });
