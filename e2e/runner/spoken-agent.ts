import { randomBytes } from 'node:crypto';
import type { Frame, Keyframe, Row } from '../../engine/frame/types.ts';
import { metricNamed, type MetricName } from '../../engine/metrics.ts';
import { systemClock } from '../../wire/clock.ts';
import { NatsBus } from '../../wire/nats-bus.ts';
import { FramePublisher } from '../../wire/publisher.ts';

/**
 * Speaks for the agents of nodes that have none, by the code the real ones publish with: a node says one value of one
 * metric each second, and another one at once when it is told to.
 */
export class SpokenAgents {
  readonly #bus: NatsBus;
  readonly #publisher: FramePublisher;
  readonly #agents: SpokenAgent[] = [];
  readonly #beat: NodeJS.Timeout;

  constructor(natsUrl: string) {
    this.#bus = new NatsBus({ url: natsUrl, name: 'homeostat-e2e' }, systemClock);
    this.#publisher = new FramePublisher(this.#bus, systemClock);
    this.#beat = setInterval(() => this.#agents.forEach((agent) => agent.repeat()), 1000);
  }

  /** An agent of `node` that measures this metric of the node itself, or of `row`; it begins with `value`. */
  add(node: string, metric: MetricName, value: number, row: Row = { scope: 'Node', uid: node }): SpokenAgent {
    const agent = new SpokenAgent(this.#publisher, node, metric, row, value);
    this.#agents.push(agent);
    return agent;
  }

  /** Ends them all; what could not be sent is lost. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    await this.#publisher.close(1000);
    await this.#bus.close();
  }
}

export class SpokenAgent {
  readonly node: string;
  readonly #publisher: FramePublisher;
  readonly #keyframe: Keyframe;
  #sequence = 0;
  #value: number;

  constructor(publisher: FramePublisher, node: string, metric: MetricName, row: Row, value: number) {
    const { scope } = metricNamed(metric) ?? { scope: row.scope };
    if (scope !== row.scope) throw new TypeError(`${metric} is measured of a ${scope}, not of a ${row.scope}`);
    this.node = node;
    this.#publisher = publisher;
    this.#value = value;
    this.#keyframe = {
      kind: 'keyframe',
      source: { producer: 'agent', node, boot: randomBytes(16).toString('hex') },
      generation: 1,
      capturedMs: Date.now(),
      intervalMs: 1000,
      columns: [{ metric, scope }],
      rows: [row],
    };
  }

  /** Says another value from now on; answers when it was captured, in milliseconds since the epoch. */
  say(value: number): number {
    this.#value = value;
    return this.repeat();
  }

  repeat(): number {
    const frame: Frame = {
      kind: 'frame',
      source: this.#keyframe.source,
      sequence: ++this.#sequence,
      generation: 1,
      capturedMs: Date.now(),
      intervalMs: 1000,
      dropped: 0,
      columns: [{ column: 0, values: Float32Array.of(this.#value) }],
    };
    this.#publisher.offer(this.#keyframe, frame);
    return frame.capturedMs;
  }
}
