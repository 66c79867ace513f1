/** What lives in the healthy stretch: ordinary workloads, none of which is ill. */
import type { KubeObject } from '../../operator/kube/api.ts';

export const healthyNamespace = 'compare-healthy';

interface Body {
  readonly command: string;
  readonly cpu: string;
  readonly memory: string;
  readonly readiness?: object;
  readonly image?: string;
  readonly restartPolicy?: 'Always' | 'Never';
}

const podSpec = (node: string, { command, cpu, memory, readiness, image, restartPolicy = 'Always' }: Body): object => ({
  restartPolicy,
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  nodeSelector: { 'kubernetes.io/hostname': node },
  containers: [
    {
      name: 'app',
      image: image ?? 'localhost/busybox:1',
      imagePullPolicy: image === undefined ? 'Never' : 'IfNotPresent',
      resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu, memory } },
      command: ['sh', '-c', command],
      ...(readiness === undefined ? {} : { readinessProbe: readiness }),
    },
  ],
});

const deployment = (name: string, replicas: number, spec: object): KubeObject & { spec: object } => ({
  metadata: { name, namespace: healthyNamespace, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec },
  },
});

/** Half a second of work that its CPU limit throttles, as programs do when they start. */
const busyStart = 'n=0; while [ $n -lt 40000 ]; do n=$((n+1)); done';
const ready = (periodSeconds: number): object => ({ exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds });

/** The deployments: one each for a quick start, a slow one, a flapping one, one that is scaled, one whose image is late. */
export const deployments = (node: string): readonly (KubeObject & { spec: object })[] => [
  deployment(
    'web',
    3,
    podSpec(node, {
      command: `${busyStart}; touch /tmp/ready; sleep 3600`,
      cpu: '200m',
      memory: '64Mi',
      readiness: ready(2),
    }),
  ),
  deployment(
    'slow',
    2,
    // Throttled and growing by 40 MiB until it is ready, some ten seconds later.
    podSpec(node, {
      command: `awk 'BEGIN { block = sprintf("%1048576s", "x"); for (n = 0; n < 40; n++) { kept[n] = block n; for (i = 0; i < 40000; i++) x += i } system("touch /tmp/ready"); while (1) system("sleep 60") }'`,
      cpu: '100m',
      memory: '128Mi',
      readiness: ready(2),
    }),
  ),
  deployment(
    'flapping',
    2,
    // Ready, not ready, ready: as while caches and connections are made.
    podSpec(node, {
      command:
        'for n in 1 2 3; do sleep 2; touch /tmp/ready; sleep 2; rm /tmp/ready; done; touch /tmp/ready; sleep 3600',
      cpu: '200m',
      memory: '64Mi',
      readiness: ready(1),
    }),
  ),
  deployment('elastic', 1, podSpec(node, { command: `${busyStart}; sleep 3600`, cpu: '200m', memory: '64Mi' })),
  deployment('late-image', 1, podSpec(node, { command: 'sleep 3600', cpu: '100m', memory: '32Mi' })),
];

/** An image that no registry has, for a while. */
export const missingImage = 'registry.invalid/late:1';
export const presentImage = 'localhost/busybox:1';

/** Jobs: three pods that work for some seconds; every third Job has a first attempt that fails, and is made again. */
export const job = (number: number, node: string): KubeObject & { spec: object } => {
  const flaky = number % 3 === 0;
  return {
    metadata: { name: `job-${number}`, namespace: healthyNamespace },
    spec: {
      ...(flaky ? { completionMode: 'Indexed', completions: 1 } : { parallelism: 3, completions: 3 }),
      backoffLimit: 3,
      ttlSecondsAfterFinished: 20,
      template: {
        metadata: { labels: { app: 'job' } },
        spec: podSpec(node, {
          command: flaky ? 'sleep 1; exit $((RANDOM % 2))' : `${busyStart}; sleep ${2 + (number % 8)}`,
          cpu: '300m',
          memory: '64Mi',
          restartPolicy: 'Never',
        }),
      },
    },
  };
};

/** A CronJob of every minute. */
export const cronJob = (node: string): KubeObject & { spec: object } => ({
  metadata: { name: 'every-minute', namespace: healthyNamespace },
  spec: {
    schedule: '* * * * *',
    successfulJobsHistoryLimit: 1,
    jobTemplate: {
      spec: {
        template: {
          metadata: { labels: { app: 'cron' } },
          spec: podSpec(node, {
            command: `${busyStart}; sleep 5`,
            cpu: '200m',
            memory: '64Mi',
            restartPolicy: 'Never',
          }),
        },
      },
    },
  },
});
