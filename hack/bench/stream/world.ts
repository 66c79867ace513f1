/**
 * Everything around an operator but its broker, in one process so that it is known what the load itself takes: an API
 * server with the objects of a large cluster, served over HTTP, and the agents of all its nodes. `stream.ts` starts it.
 */
import type { Frame } from '../../../engine/frame/types.ts';
import { serveApi } from '../../../operator/testing/served-api.ts';
import { ApiServer } from '../../../operator/testing/api-server.ts';
import { HttpServer } from '../../../operator/testing/http-server.ts';
import { systemClock } from '../../../wire/clock.ts';
import { NatsBus } from '../../../wire/nats-bus.ts';
import { FramePublisher } from '../../../wire/publisher.ts';
import { parseWorld, type WorldLine } from './options.ts';
import { policies, rootNamespace } from './policies.ts';
import { PopulatedNode, seedNamespaces } from './population.ts';
import { columnsOf } from './values.ts';
import { DetectionPolicy } from '../../../operator/kube/resources.ts';

const { nodes: count, podsPerNode, churn, natsUrl } = parseWorld(process.argv.slice(2));
const server = new ApiServer({
  clock: systemClock,
  tracksOwners: ({ group }) => group === 'homeostat.dev',
  shared: true,
});
seedNamespaces(server, rootNamespace);
for (const policy of policies) server.seed(DetectionPolicy, policy);
const nodes = Array.from({ length: count }, (_, index) => new PopulatedNode(server, index, podsPerNode));
const http = new HttpServer();
serveApi(http, server, 'operator');
await http.start();
say({ kubeconfig: http.kubeconfig() });

const bus = new NatsBus({ url: natsUrl, name: 'bench' }, systemClock);
// Nodes of a real cluster have a connection each; here one carries them all.
const publisher = new FramePublisher(bus, systemClock, { maxFrames: 5, inFlight: 512 });
const columns = columnsOf(podsPerNode);
const sequences = new Uint32Array(count);
/** Nodes speak one after the other, as their clocks would have it: so many moments in a second. */
const moments = 100;
let moment = 0;
let replaced = 0;

const started = performance.now();
const beat = setInterval(() => {
  // What a late timer has missed is made up for.
  for (const dueMs = performance.now() - started; moment * (1000 / moments) < dueMs; moment++) {
    for (let index = moment % moments; index < count; index += moments) speak(index);
    if (moment % moments === 0) turnOfSecond(moment / moments);
  }
}, 1000 / moments);

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    clearInterval(beat);
    void Promise.all([publisher.close(0), bus.close(), http.stop()]).then(() => process.exit());
  });

function speak(index: number): void {
  const node = nodes[index];
  if (node === undefined) return;
  const sequence = (sequences[index] ?? 0) + 1;
  sequences[index] = sequence;
  const { source, generation } = node.keyframe;
  const frame: Frame = {
    kind: 'frame',
    source,
    sequence,
    generation,
    capturedMs: Date.now(),
    intervalMs: 1000,
    dropped: 0,
    columns: columns(sequence + index),
  };
  publisher.offer(node.keyframe, frame);
}

function turnOfSecond(second: number): void {
  for (let each = 0; each < churn; each++, replaced++) nodes[(second * churn + each) % count]?.replaceOne();
  const { user, system } = process.cpuUsage();
  const { frames, overflowed, queuedFrames } = publisher.counts;
  say({
    atMs: Date.now(),
    framesStored: frames,
    framesDropped: overflowed,
    framesQueued: queuedFrames,
    podsReplaced: replaced,
    cpuSeconds: (user + system) / 1e6,
  });
}

function say(line: WorldLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
