/**
 * The loop's own latency, on a running cluster: from the moment a sample was captured to the verdict, and to the first
 * write that a watch of ours sees. The samples are made here and published as a node's agent would; everything after
 * them is real: broker, operator, API server.
 */
import type { Incident } from '../../crds/incident.ts';
import type { Observation, Recorder } from '../../e2e/runner/recorder.ts';
import { SpokenAgents, type SpokenAgent } from '../../e2e/runner/spoken-agent.ts';
import { sleep, until, type Kubectl } from '../../e2e/runner/world.ts';
import type { KubeApi, KubeObject } from '../../operator/kube/api.ts';
import { DetectionPolicy } from '../../operator/kube/resources.ts';
import { quantileOf } from './compare.ts';

/** Milliseconds; `count` rounds. */
export interface LatencyFigures {
  readonly count: number;
  /** To the moment that the Incident names as the verdict's. */
  readonly sampleToVerdict: Quantiles;
  /** From there to the write's arrival at a watch. */
  readonly verdictToWrite: Quantiles;
  readonly sampleToWrite: Quantiles;
}
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Where the loop runs. */
export interface LoopSite {
  readonly natsUrl: string;
  readonly rootNamespace: string;
  readonly kubectl: Kubectl;
  readonly api: KubeApi;
}

const name = 'bench-latency';
/** The label of the nodes that fail; there may be thousands of others. */
const chosen = 'homeostat.dev/bench';
/** Not counted: the first rounds run code that is not compiled yet. */
const warmUpRounds = 2;
/** A round that takes longer voids the figures; a slow one is a figure, too. */
const patienceMs = 60_000;
/** Load averages. */
const healthy = 1;
const faulty = 1000;
const manifest = `
apiVersion: homeostat.dev/v1alpha1
kind: RemediationPlan
metadata: {name: ${name}}
spec:
  mode: Enforce
  steps: [{name: cordon, action: {cordon: {}}, undo: {when: Recovered}}]
  verify: {stabilizationSeconds: 1, timeoutSeconds: 60, onFailure: Undo}
  guards: {maxConcurrent: 100, maxAttempts: 100, cooldownSeconds: 0}
---
apiVersion: homeostat.dev/v1alpha1
kind: DetectionPolicy
metadata: {name: ${name}}
spec:
  target: {kind: Node, selector: {matchLabels: {${chosen}: loop}}}
  severity: Warning
  signals:
    - {name: load, metric: system.cpu.load_average.1m, detect: {threshold: {above: "100"}}}
  clearForSeconds: 1
  routes: [{to: Remediate, plan: ${name}}]
`;

interface Round {
  readonly captured: number;
  readonly verdict: number;
  readonly written: number;
}

/**
 * Makes each of these simulated nodes fail and recover `rounds` times, every node on its own and at odd moments. A round
 * takes about four seconds: with few nodes rounds seldom meet, with many the figures are those of a queue. No other agent
 * may speak for these nodes meanwhile.
 */
export const latencyBench = async (
  site: LoopSite,
  recorder: Recorder,
  nodes: readonly string[],
  rounds: number,
): Promise<LatencyFigures> => {
  const speakers = new SpokenAgents(site.natsUrl);
  const agents = nodes.map((node) => speakers.add(node, 'system.cpu.load_average.1m', healthy));
  const label = (value: string): Promise<string> => site.kubectl(['label', 'node', ...nodes, `${chosen}${value}`]);
  try {
    await label('=loop');
    await site.kubectl(['apply', '-n', site.rootNamespace, '-f', '-'], manifest);
    await until(`policy ${name} to judge every node`, 60_000, async () => {
      const { status } = await site.api.get<DetectionPolicyObject>(DetectionPolicy, {
        namespace: site.rootNamespace,
        name,
      });
      const { matched = 0, unknown = matched } = status?.targets ?? {};
      return (matched === nodes.length && unknown === 0) || undefined;
    });
    await Promise.all(agents.map((agent) => failAndRecover(agent, recorder, warmUpRounds)));
    const measured = await Promise.all(agents.map((agent) => failAndRecover(agent, recorder, rounds)));
    return figuresOf(measured.flat());
  } finally {
    await site.kubectl(['delete', '-n', site.rootNamespace, '--ignore-not-found', '-f', '-'], manifest);
    await label('-');
    await speakers.stop();
  }
};

type DetectionPolicyObject = KubeObject & { status?: { targets?: { matched?: number; unknown?: number } } };

const failAndRecover = async (agent: SpokenAgent, recorder: Recorder, rounds: number): Promise<Round[]> => {
  const results: Round[] = [];
  const isOurs = ({ kind, object }: Observation): boolean => kind === 'Node' && object.metadata.name === agent.node;
  for (let round = 0; round < rounds; round++) {
    await sleep(500 + Math.random() * 1000);
    const captured = agent.say(faulty);
    const deadline = captured + patienceMs;
    const [write, incident] = await Promise.all([
      recorder.first(`a cordon of ${agent.node}`, captured, deadline, (seen) => isOurs(seen) && cordoned(seen.object)),
      recorder.first(
        `an Incident of ${agent.node}`,
        captured,
        deadline,
        ({ kind, object }) => kind === 'Incident' && isOpened(object as Incident, agent.node, captured),
      ),
    ]);
    const verdict = Date.parse((incident.object as Incident).spec.openedTime);
    results.push({ captured, verdict, written: write.atMs });
    agent.say(healthy);
    await recorder.first(
      `the undo on ${agent.node}`,
      write.atMs,
      Date.now() + patienceMs,
      (seen) => isOurs(seen) && !cordoned(seen.object),
    );
  }
  return results;
};

/** Of this round: those of the rounds before change as well. */
const isOpened = ({ spec }: Incident, node: string, sinceMs: number): boolean =>
  spec.target.name === node && Date.parse(spec.openedTime) >= sinceMs;

const cordoned = (object: KubeObject): boolean =>
  (object as KubeObject & { spec?: { unschedulable?: boolean } }).spec?.unschedulable === true;

const figuresOf = (rounds: readonly Round[]): LatencyFigures => ({
  count: rounds.length,
  sampleToVerdict: quantilesOf(rounds.map(({ captured, verdict }) => verdict - captured)),
  verdictToWrite: quantilesOf(rounds.map(({ verdict, written }) => written - verdict)),
  sampleToWrite: quantilesOf(rounds.map(({ captured, written }) => written - captured)),
});

const quantilesOf = (values: readonly number[]): Quantiles => ({
  p50: quantileOf(values, 0.5),
  p99: quantileOf(values, 0.99),
  max: quantileOf(values, 1),
});
