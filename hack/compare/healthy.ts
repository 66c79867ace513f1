import { setTimeout as wait } from 'node:timers/promises';
import type { KubeApi, KubeObject, Patch, Resource } from '../../operator/kube/api.ts';
import { Deployment, Job, Namespace } from '../../operator/kube/resources.ts';
import { cronJob, deployments, healthyNamespace, job, missingImage, presentImage } from './healthy-objects.ts';

const CronJob: Resource = { group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs', namespaced: true };

/** How much of what has happened in the healthy namespace. */
export interface Life {
  rollouts: number;
  scalings: number;
  jobs: number;
  /** Changes to an image that cannot be pulled, and back. */
  imageWaits: number;
  /** Requests of ours that the API server refused. */
  refused: number;
}

/** Ordinary life, until it is ended. */
export interface Living {
  readonly counts: Readonly<Life>;
  /** Resolves when nothing is asked for any more; what runs stays. */
  end(): Promise<void>;
}

/** Makes the namespace, its deployments and its CronJob, on this node. */
export const settle = async (api: KubeApi, node: string): Promise<void> => {
  await api.create(Namespace, { metadata: { name: healthyNamespace } });
  for (const object of deployments(node)) await api.create(Deployment, object);
  await api.create(CronJob, cronJob(node));
};

/** Rollouts, scale-ups and -downs, Jobs, and an image that is late, each at its own pace, `speed` times as often. */
export const live = (api: KubeApi, node: string, speed: number): Living => {
  const ending = new AbortController();
  const counts: Life = { rollouts: 0, scalings: 0, jobs: 0, imageWaits: 0, refused: 0 };
  const patch = (name: string, body: Extract<Patch, { type: 'merge' | 'json' }>): Promise<KubeObject> =>
    api.patch(Deployment, { namespace: healthyNamespace, name }, body);
  const rollOut = (name: string, number: number): Promise<KubeObject> =>
    patch(name, {
      type: 'merge',
      body: { spec: { template: { metadata: { annotations: { version: String(number) } } } } },
    });
  const image = (wanted: string): Promise<KubeObject> =>
    patch('late-image', {
      type: 'json',
      body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: wanted }],
    });
  const sizes = [4, 6, 2, 5, 1];

  const every = async (seconds: number, work: (number: number) => Promise<void>): Promise<void> => {
    for (let number = 1; !ending.signal.aborted; number++) {
      await work(number).catch(() => counts.refused++);
      await wait((seconds * 1000) / speed, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const running = [
    every(25, async (number) => {
      await rollOut('web', number);
      counts.rollouts++;
    }),
    every(60, async (number) => {
      await rollOut('slow', number);
      counts.rollouts++;
    }),
    every(45, async (number) => {
      await rollOut('flapping', number);
      counts.rollouts++;
    }),
    every(20, async (number) => {
      await patch('elastic', { type: 'merge', body: { spec: { replicas: sizes[number % sizes.length] } } });
      counts.scalings++;
    }),
    every(12, async (number) => {
      await api.create(Job, job(number, node));
      counts.jobs++;
    }),
    every(40, async (number) => {
      const late = number % 2 === 1;
      await image(late ? missingImage : presentImage);
      if (late) counts.imageWaits++;
    }),
  ];
  return {
    counts,
    end: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
};
