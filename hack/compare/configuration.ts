import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Pace } from './systems.ts';

/** Where a Prometheus finds what it asks and whom it tells. */
export interface Surroundings {
  /** Real nodes and the addresses of their kubelets. */
  readonly kubelets: readonly { readonly node: string; readonly address: string }[];
  /** Directory with `ca.crt`, `admin.crt` and `admin.key` of the cluster. */
  readonly pki: string;
  /** `host:port` of what speaks as kube-state-metrics does. */
  readonly stateMetrics: string;
  readonly alertmanager: string;
  readonly ruleFile: string;
}

/**
 * A configuration of Prometheus: the kubelet (whose `up` is what tells of it), its cgroup figures with their own times as the
 * usual charts take them, and the state metrics.
 */
export const prometheusConfiguration = (pace: Pace, around: Surroundings): string => {
  const interval = `${pace.scrapeSeconds}s`;
  const kubelet = (job: string, path: string): object => ({
    job_name: job,
    metrics_path: path,
    scheme: 'https',
    tls_config: {
      ca_file: join(around.pki, 'ca.crt'),
      cert_file: join(around.pki, 'admin.crt'),
      key_file: join(around.pki, 'admin.key'),
    },
    track_timestamps_staleness: true,
    static_configs: around.kubelets.map(({ node, address }) => ({ targets: [`${address}:10250`], labels: { node } })),
  });
  return stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: `${Math.min(pace.scrapeSeconds, 10)}s`,
      evaluation_interval: `${pace.evaluateSeconds}s`,
    },
    rule_files: [around.ruleFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [around.alertmanager] }] }] },
    scrape_configs: [
      {
        ...kubelet('kubelet', '/metrics/resource'),
        // Asked for its `up` alone.
        metric_relabel_configs: [{ source_labels: ['__name__'], regex: '.*', action: 'drop' }],
      },
      {
        ...kubelet('cadvisor', '/metrics/cadvisor'),
        // What no rule reads is not stored: as cheap as it can be had.
        metric_relabel_configs: [
          {
            source_labels: ['__name__'],
            regex:
              'container_(cpu_cfs_(throttled_)?periods_total|memory_working_set_bytes|spec_memory_limit_bytes|start_time_seconds)',
            action: 'keep',
          },
        ],
      },
      {
        job_name: 'kube-state-metrics',
        honor_labels: true,
        static_configs: [{ targets: [around.stateMetrics] }],
      },
    ],
  });
};

/** A configuration of Alertmanager: each alert is a group of its own, so that none waits for what concerns another. */
export const alertmanagerConfiguration = (pace: Pace, webhookUrl: string): string =>
  stringify({
    route: {
      receiver: 'writer',
      group_by: ['...'],
      group_wait: `${pace.groupWaitSeconds}s`,
      group_interval: `${pace.groupIntervalSeconds}s`,
      repeat_interval: '4h',
    },
    receivers: [{ name: 'writer', webhook_configs: [{ url: webhookUrl, send_resolved: false }] }],
  });
