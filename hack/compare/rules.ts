import { stringify } from 'yaml';
import type { FaultName, Pace } from './systems.ts';

/**
 * The kubelet's figures of cgroups change every 10 to 15 s, however often they are asked for. So a rate or a slope needs at
 * least this much, where the policy's own windows are of 2 s and of 20 s.
 */
const cgroupRateSeconds = 30;
const cgroupSlopeSeconds = 60;

interface Rule {
  readonly alert: FaultName;
  readonly expr: string;
  readonly for?: string;
}

/**
 * The alerting rules that say what the policies of `crds/examples` say, at a pace: the same levels, the same `for`, the same
 * warm-up (as "older than the warm-up and the window"). Metrics are those of the kubelet and of kube-state-metrics.
 */
export const rulesOf = (pace: Pace): readonly Rule[] => {
  const range = (meant: number): string => `[${pace.windowSeconds(meant)}s]`;
  const olderThan = (warmUp: number, meant: number): string =>
    `and on (namespace, pod, container) time() - max by (namespace, pod, container) (container_start_time_seconds{container!=""}) > ${warmUp + pace.windowSeconds(meant)}`;
  const failures = (labels: string, reason: string): string => `(
  sum by (${labels}) (increase(kube_pod_container_status_restarts_total${range(60)}))
  + sum by (${labels}) (kube_pod_container_status_terminated_reason{${reason}})
)`;
  const restarts = (labels: string): string =>
    `sum by (${labels}) (increase(kube_pod_container_status_restarts_total${range(60)}))`;
  const ofDeployment = (counter: string): string => `sum by (namespace, deployment) (
  (sum by (namespace, pod, container) (increase(${counter}{container!=""}${range(cgroupRateSeconds)})) ${olderThan(10, cgroupRateSeconds)})
  * on (namespace, pod) group_left (deployment)
  label_replace(kube_pod_owner{owner_kind="ReplicaSet"}, "deployment", "$1", "owner_name", "(.*)-[^-]+")
)`;
  return [
    {
      // Three answers in a row were missed, or the control plane has noticed.
      alert: 'hung-kubelet',
      expr: `max by (node) (max_over_time(up{job="kubelet"}[${3 * pace.scrapeSeconds}s])) == 0
or max by (node) (kube_node_status_condition{condition="Ready", status="true"}) == 0`,
    },
    {
      // "Increase" is extrapolated, so one restart may read as 1.02; two are more than one and a half.
      alert: 'oom-loop',
      expr: `${failures('namespace, pod', 'reason="OOMKilled"')} > 1.5
or (${restarts('namespace, pod')} > 1.5 and on (namespace, pod) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1)`,
    },
    {
      alert: 'crash-loop',
      expr: `${failures('namespace, pod, container', 'reason!="Completed"')} > 1.5
or ${restarts('namespace, pod, container')} > 1.5`,
    },
    {
      alert: 'cpu-throttled',
      expr: `${ofDeployment('container_cpu_cfs_throttled_periods_total')}
/ ${ofDeployment('container_cpu_cfs_periods_total')} > 0.5
and on (namespace, deployment) kube_deployment_status_replicas_unavailable == 0`,
    },
    {
      alert: 'memory-leak',
      expr: `predict_linear(container_memory_working_set_bytes{container!=""}${range(cgroupSlopeSeconds)}, 120)
>= (container_spec_memory_limit_bytes{container!=""} > 0)
and container_memory_working_set_bytes / container_spec_memory_limit_bytes > 0.2
${olderThan(30, cgroupSlopeSeconds)}`,
      for: '10s',
    },
  ];
};

/** A rule file of Prometheus. */
export const ruleFile = (pace: Pace): string =>
  stringify({
    groups: rulesOf(pace).map((rule) => ({ name: rule.alert, interval: `${pace.evaluateSeconds}s`, rules: [rule] })),
  });
