/** Recordings with made-up frames, so that a test states only what the pods of a workload measure. No tests here. */
import { expect } from 'chai';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';
import { frame, keyframe, message, startMs } from '../ingest/testing.ts';
import { lineageKind } from '../ingest/lineage/kinds.ts';
import type { KubeObject } from '../kube/api.ts';
import { Deployment, Namespace, Node, Pod, ReplicaSet } from '../kube/resources.ts';
import { controllerReference, deployment, node, pod, replicaSet } from '../testing/fixtures.ts';
import { RecordingWriter } from './recording/writer.ts';

/** The metric of all made-up recordings. */
export const utilization = 'k8s.container.memory.limit_utilization';

export interface MadeUp {
  readonly seconds: number;
  /** By the pod’s name: how full the memory of its container `app` is at second `t`; NaN is missing. */
  readonly pods: Readonly<Record<string, (t: number) => number>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Writes a recording of a node `node-1`, deployment `shop/web` and its pods, one frame a second. */
export function recorded(path: string, { seconds, pods, labels = { app: 'web' } }: MadeUp): void {
  const writer = new RecordingWriter(path, {
    writtenBy: 'test',
    stream: 'HOMEOSTAT_FRAMES',
    prefix: 'homeostat',
    sinceMs: startMs,
  });
  const learn = (kind: string, object: KubeObject): void => {
    const { keep, view } = lineageKind(kind) ?? expect.fail(kind);
    writer.write({ type: 'object', kind, atMs: startMs, object: keep(view(object)) });
  };
  learn(Namespace.kind, { metadata: { name: 'shop', labels: { team: 'shop' } } });
  learn(Node.kind, node({ name: 'node-1', uid: 'uid-node' }));
  learn(Deployment.kind, deployment({ uid: 'uid-web', namespace: 'shop' }));
  learn(ReplicaSet.kind, replicaSet({ uid: 'uid-rs', namespace: 'shop' }));
  const ownerReferences = [controllerReference('apps/v1', 'ReplicaSet', 'web-6d4cf56db6', 'uid-rs')];
  for (const name of Object.keys(pods)) learn(Pod.kind, pod({ name, uid: `uid-${name}`, labels, ownerReferences }));
  const put = (content: Frame | Keyframe): void => {
    const { subject, data, storedMs } = message(content);
    writer.write({ type: 'message', subject, data, storedMs });
  };
  put(
    keyframe({
      columns: [{ metric: utilization, scope: 'Container' }],
      rows: Object.keys(pods).map((name) => ({ scope: 'Container', uid: `uid-${name}`, container: 'app' })),
    }),
  );
  for (let t = 1; t <= seconds; t++) {
    const values = Float32Array.from(Object.values(pods), (value) => value(t));
    put(frame(t, { columns: [{ column: 0, values }] }));
  }
  writer.finish();
}
