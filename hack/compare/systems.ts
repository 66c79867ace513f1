/** Who is compared. */
export const systemNames = ['homeostat', 'prometheus-fastest', 'prometheus-defaults'] as const;
export type SystemName = (typeof systemNames)[number];

/** How often a Prometheus and its Alertmanager look, and how long they wait. */
export interface Pace {
  readonly name: Exclude<SystemName, 'homeostat'>;
  readonly scrapeSeconds: number;
  readonly evaluateSeconds: number;
  readonly groupWaitSeconds: number;
  readonly groupIntervalSeconds: number;
  /**
   * The window of a rule, given the one that the policy means. One that holds fewer than two samples says nothing, so it is
   * never less than four intervals of the scrapes (and five minutes at the defaults, as the usual rules have it).
   */
  readonly windowSeconds: (meant: number) => number;
}

/** As Prometheus and Alertmanager come, and as fast as they go without a scrape being late for the next. */
export const paces: readonly Pace[] = [
  {
    name: 'prometheus-fastest',
    scrapeSeconds: 1,
    evaluateSeconds: 1,
    groupWaitSeconds: 0,
    groupIntervalSeconds: 1,
    windowSeconds: (meant) => meant,
  },
  {
    name: 'prometheus-defaults',
    scrapeSeconds: 60,
    evaluateSeconds: 60,
    groupWaitSeconds: 30,
    groupIntervalSeconds: 300,
    windowSeconds: (meant) => Math.max(meant, 300),
  },
];

/** The faults that every system has a policy for, named as their examples, scenarios and alerts are. */
export const faultNames = ['hung-kubelet', 'oom-loop', 'crash-loop', 'cpu-throttled', 'memory-leak'] as const;
export type FaultName = (typeof faultNames)[number];

/** What each policy is about, and so what is written to. */
export const writtenKind = {
  'hung-kubelet': 'Node',
  'oom-loop': 'Pod',
  'crash-loop': 'Pod',
  'cpu-throttled': 'Deployment',
  'memory-leak': 'Pod',
} as const satisfies Record<FaultName, 'Node' | 'Pod' | 'Deployment'>;

/** The write of every system: an annotation of its own, so that none is in the way of another. */
export const annotationOf = (system: SystemName, policy: string): string => `compare.homeostat.dev/${system}.${policy}`;
