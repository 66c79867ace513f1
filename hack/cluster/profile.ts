/** How the control plane is tuned. */
export interface Profile {
  /** Seconds after which a silent node's Ready condition turns Unknown. */
  readonly nodeGraceSeconds: number;
  /** How often the controller manager looks at nodes. */
  readonly nodeMonitorSeconds: number;
  /** How often the controller manager looks at HorizontalPodAutoscalers. */
  readonly autoscalerSyncSeconds: number;
  /** Requests a second that controller manager and scheduler may make; undefined leaves their defaults (20 and 50). */
  readonly requestsPerSecond?: number;
  /** Lifetime of the leases of simulated nodes; a quarter of it is how often each is renewed. */
  readonly fakeLeaseSeconds: number;
  /** How much garbage the parts may make before they collect it, in percent of what they keep; undefined: 100, as Go does. */
  readonly garbagePercent?: number;
}

/** `fast` notices a lost node in 20 s, `default` is what Kubernetes ships, `scale` is for thousands of simulated nodes. */
export const PROFILES = {
  fast: {
    nodeGraceSeconds: 20,
    nodeMonitorSeconds: 2,
    autoscalerSyncSeconds: 2,
    fakeLeaseSeconds: 40,
    garbagePercent: 300,
  },
  default: { nodeGraceSeconds: 50, nodeMonitorSeconds: 5, autoscalerSyncSeconds: 15, fakeLeaseSeconds: 40 },
  scale: {
    nodeGraceSeconds: 500,
    nodeMonitorSeconds: 10,
    autoscalerSyncSeconds: 15,
    requestsPerSecond: 1000,
    fakeLeaseSeconds: 400,
  },
} as const satisfies Record<string, Profile>;

/** The name of a profile. */
export type ProfileName = keyof typeof PROFILES;

/** Whether a text names a profile. */
export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);
