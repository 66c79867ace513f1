/** What the kernel says of one cgroup at one moment, whatever its version; NaN is what it does not say. */
export interface Reading {
  /** Counter. */
  cpuSeconds: number;
  /** Cores that the limit allows. */
  cpuLimit: number;
  /** Counters of CFS periods. */
  periods: number;
  throttledPeriods: number;
  memoryBytes: number;
  workingSetBytes: number;
  memoryLimitBytes: number;
  processes: number;
  /** Counters: time in which some task waited. */
  cpuPressureSeconds: number;
  memoryPressureSeconds: number;
  ioPressureSeconds: number;
}

/** The files of one cgroup, kept open. */
export interface CgroupFiles {
  /** False when the cgroup is gone. */
  read(into: Reading): boolean;
  /**
   * Processes that the kernel killed for memory; NaN when the cgroup is gone. On v2 those of cgroups below count here
   * too, on v1 they do not.
   */
  oomKills(): number;
  /** How often the memory limit was reached; v1 only, NaN elsewhere. */
  limitHits(): number;
  close(): void;
}

export const emptyReading = (): Reading => ({
  cpuSeconds: Number.NaN,
  cpuLimit: Number.NaN,
  periods: Number.NaN,
  throttledPeriods: Number.NaN,
  memoryBytes: Number.NaN,
  workingSetBytes: Number.NaN,
  memoryLimitBytes: Number.NaN,
  processes: Number.NaN,
  cpuPressureSeconds: Number.NaN,
  memoryPressureSeconds: Number.NaN,
  ioPressureSeconds: Number.NaN,
});
