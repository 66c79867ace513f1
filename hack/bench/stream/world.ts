/**
 * The agents of all nodes of a cluster, and whoever has its pods replaced, in one process so that it is known what the
 * load itself takes; its API server too, unless there is a control plane. `stream.ts` starts it.
 */
import type { Frame } from '../../../engine/frame/types.ts';
import { systemClock } from '../../../wire/clock.ts';
import { NatsBus } from '../../../wire/nats-bus.ts';
import { FramePublisher } from '../../../wire/publisher.ts';
import { parseWorld, type WorldLine } from './options.ts';
import { ownPopulation } from './own-population.ts';
import type { SpokenNode } from './population.ts';
import { columnsOf } from './values.ts';
import { watchedPopulation } from './watched-population.ts';

const { kubeconfig, nodes: count, podsPerNode, churn, natsUrl } = parseWorld(process.argv.slice(2));
const population = await (kubeconfig === '' ? ownPopulation(count, podsPerNode) : watchedPopulation(kubeconfig));
const { nodes } = population;
say({ kubeconfig: population.kubeconfig });

const bus = new NatsBus({ url: natsUrl, name: 'bench' }, systemClock);
// Nodes of a real cluster have a connection each; here one carries them all.
const publisher = new FramePublisher(bus, systemClock, { maxFrames: 5, inFlight: 512 });
const sequences = new Uint32Array(nodes.length);
/** Nodes speak one after the other, as their clocks would have it: so many moments in a second. */
const moments = 100;
/**
 * What a late timer has missed is made up for, a tenth of a second at a time so that what was said can leave meanwhile; what
 * is a second late is not said any more. Who makes up for everything on a machine that is too slow does nothing else.
 */
const [mostAtOnce, mostLate] = [moments / 10, moments];
let moment = 0;
let second = -1;
let framesUnsaid = 0;

const started = performance.now();
const beat = setInterval(() => {
  const due = Math.ceil((performance.now() - started) / (1000 / moments));
  for (; due - moment > mostLate; moment++) framesUnsaid += Math.ceil((nodes.length - (moment % moments)) / moments);
  for (const end = Math.min(due, moment + mostAtOnce); moment < end; moment++)
    for (let index = moment % moments; index < nodes.length; index += moments) speak(nodes[index], index);
  if (Math.floor(moment / moments) > second) turnOfSecond();
  second = Math.floor(moment / moments);
}, 1000 / moments);

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    clearInterval(beat);
    void Promise.all([publisher.close(0), bus.close(), population.stop()]).then(() => process.exit());
  });

function speak(node: SpokenNode | undefined, index: number): void {
  if (node === undefined) return;
  const sequence = (sequences[index] ?? 0) + 1;
  sequences[index] = sequence;
  const { keyframe } = node;
  const frame: Frame = {
    kind: 'frame',
    source: keyframe.source,
    sequence,
    generation: keyframe.generation,
    capturedMs: Date.now(),
    intervalMs: 1000,
    dropped: 0,
    columns: columnsOf(keyframe.rows.length, sequence + index),
  };
  publisher.offer(keyframe, frame);
}

function turnOfSecond(): void {
  population.replace(churn);
  const { frames, overflowed } = publisher.counts;
  say({
    atMs: Date.now(),
    framesStored: frames,
    framesDropped: overflowed + framesUnsaid,
    rows: nodes.reduce((sum, { size }) => sum + size, 0),
    podsReplaced: population.replaced,
  });
}

function say(line: WorldLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
