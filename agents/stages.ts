import { Histogram } from 'prom-client';

/** Milliseconds, mostly; a frame may also wait for minutes while the broker is away. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600];

const stage = (name: string, help: string): Histogram =>
  new Histogram({ name: `homeostat_agent_${name}_seconds`, help, buckets, registers: [] });

/** What an agent’s part of the way of a sample takes; to be made before what is observed, and shown by `agentMetrics`. */
export function agentStages() {
  const capture = stage('capture', 'Time that a tick took to read everything.');
  const publish = stage('publish', 'Time from when a frame was made until the broker had stored it.');
  return {
    histograms: [capture, publish],
    /** How long a tick took, in milliseconds. */
    captured: (ms: number): void => capture.observe(ms / 1000),
    /** How long a frame took, in milliseconds. */
    published: (ms: number): void => publish.observe(ms / 1000),
  };
}
