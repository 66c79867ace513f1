import { scopes, type Column, type Frame, type Keyframe, type Row, type SourceId } from '../../frame/types.ts';
import { metricNamed } from '../../metrics.ts';
import type { RowIdentity, Target } from '../target.ts';

/** When all made-up streams begin. */
export const startMs = Date.UTC(2026, 0, 1);

export const boot = '00000000000000000000000000000001';

/** An object that a source measures, with its value of each metric. */
export interface Measured {
  readonly row: Row;
  readonly identity: RowIdentity;
}

const node: Target = { kind: 'Node', key: 'Node/n1', uid: 'n1', namespace: '', name: 'n1', labels: {} };
const web: Target = {
  kind: 'Workload',
  key: 'Workload/web',
  uid: 'web',
  namespace: 'shop',
  name: 'web',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web' },
  labels: { app: 'web' },
};

/** The node that everything made up runs on. */
export const nodeRow: Measured = { row: { scope: 'Node', uid: 'n1' }, identity: { Node: node } };

/** The workload that every made-up pod belongs to. */
export const workloadRow: Measured = { row: { scope: 'Workload', uid: 'web' }, identity: { Workload: web } };

/** A pod of the workload. */
export function podRow(uid: string, startedMs?: number): Measured {
  const Pod: Target = {
    kind: 'Pod',
    key: `Pod/${uid}`,
    uid,
    namespace: 'shop',
    name: uid,
    node: 'n1',
    ...(web.workload && { workload: web.workload }),
    labels: { app: 'web' },
    ...(startedMs !== undefined && { startedMs }),
  };
  return { row: { scope: 'Pod', uid }, identity: { Node: node, Workload: web, Pod } };
}

/** A container of a pod; `id` is the runtime's, which a restart changes. */
export function containerRow(uid: string, name = 'app', id = name, startedMs?: number): Measured {
  const { identity } = podRow(uid, startedMs);
  const Container: Target = {
    kind: 'Container',
    key: `Container/${uid}/${name}`,
    uid,
    namespace: 'shop',
    name: uid,
    container: name,
    ...(web.workload && { workload: web.workload }),
    labels: { app: 'web' },
    ...(startedMs !== undefined && { startedMs }),
  };
  return { row: { scope: 'Container', uid, container: id }, identity: { ...identity, Container } };
}

export interface SourceOptions {
  readonly producer?: SourceId['producer'];
  /** Default `n1`. */
  readonly node?: string;
  readonly generation?: number;
  readonly intervalMs?: number;
  readonly capturedMs?: number;
}

/** A source that tells some metrics of some objects. */
export class MadeUpSource {
  readonly key: string;
  readonly keyframe: Keyframe;
  readonly identities: readonly RowIdentity[];
  readonly #rows: readonly Measured[];
  #sequence = 0;

  constructor(
    metrics: readonly string[],
    rows: readonly Measured[],
    {
      producer = 'agent',
      node: name = 'n1',
      generation = 1,
      intervalMs = 1000,
      capturedMs = startMs,
    }: SourceOptions = {},
  ) {
    const columns = metrics.map((metric): Column => ({ metric, scope: metricNamed(metric)?.scope ?? 'Node' }));
    this.#rows = scopes.flatMap((scope) => rows.filter(({ row }) => row.scope === scope));
    this.key = `${producer}/${name}`;
    this.identities = this.#rows.map(({ identity }) => identity);
    this.keyframe = {
      kind: 'keyframe',
      source: { producer, node: name, boot },
      generation,
      capturedMs,
      intervalMs,
      columns,
      rows: this.#rows.map(({ row }) => row),
    };
  }

  /** A frame of all rows, or of those that `told` names; `value` answers what a metric of a row is. */
  frame(tMs: number, value: (metric: string, row: Row) => number, told?: (row: Row) => boolean): Frame {
    const { source, generation, intervalMs, columns, rows } = this.keyframe;
    const numbers = rows.flatMap((row, i) => (told === undefined || told(row) ? [i] : []));
    return {
      kind: 'frame',
      source,
      sequence: ++this.#sequence,
      generation,
      capturedMs: tMs,
      intervalMs,
      dropped: 0,
      ...(told !== undefined && { rows: Uint32Array.from(numbers) }),
      columns: columns.map(({ metric, scope }, column) => ({
        column,
        values: Float64Array.from(
          numbers.flatMap((i) => {
            const row = rows[i];
            return row?.scope === scope ? [value(metric, row)] : [];
          }),
        ),
      })),
    };
  }

  /** The same source after a restart of its sender: other boot, sequences from 1. */
  restarted(): MadeUpSource {
    const { columns, source, generation, intervalMs, capturedMs } = this.keyframe;
    const metrics = columns.map(({ metric }) => metric);
    const next = new MadeUpSource(metrics, this.#rows, {
      producer: source.producer,
      node: source.node,
      generation,
      intervalMs,
      capturedMs,
    });
    Object.assign(next.keyframe.source, { boot: `${Number(source.boot) + 1}`.padStart(32, '0') });
    return next;
  }

  /** The same source with other rows, in a new generation; sequences go on. */
  withRows(rows: readonly Measured[], capturedMs = startMs): MadeUpSource {
    const { columns, source, generation, intervalMs } = this.keyframe;
    const next = new MadeUpSource(
      columns.map(({ metric }) => metric),
      rows,
      { producer: source.producer, node: source.node, generation: generation + 1, intervalMs, capturedMs },
    );
    next.#sequence = this.#sequence;
    return next;
  }
}
