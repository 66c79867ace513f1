/**
 * An agent in a thread of its own, which a reader that holds its thread up does not slow down: it tells of one container,
 * each so many milliseconds, the value that it was told last.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../wire/clock.ts';
import { NatsBus } from '../../../wire/nats-bus.ts';
import { FramePublisher } from '../../../wire/publisher.ts';
import { frame, keyframe } from '../testing.ts';

const { url, everyMs, metric, uid } = workerData as { url: string; everyMs: number; metric: string; uid: string };
const bus = new NatsBus({ url, name: 'agent' }, systemClock);
const publisher = new FramePublisher(bus, systemClock, { random: () => 0 });
const dictionary = keyframe({
  columns: [{ metric, scope: 'Container' }],
  rows: [{ scope: 'Container', uid, container: 'app'.padEnd(64, '0') }],
});
let value = 0;
let sequence = 0;
parentPort?.on('message', (next: number) => {
  value = next;
});
setInterval(() => {
  const columns = [{ column: 0, values: Float32Array.of(value) }];
  publisher.offer(dictionary, frame(++sequence, { capturedMs: Date.now(), columns }));
}, everyMs);
