import { expect } from 'chai';
import { decodeRollup } from '../../engine/history/rollup.ts';
import type { MinuteOfSeries } from '../../engine/history/recorder.ts';
import { partitionOf } from '../../engine/history/series.ts';
import { sketchOf } from '../../engine/sketch/sketch.ts';
import { BusError } from '../../wire/bus.ts';
import { silentLogger } from '../kube/logger.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Outbox } from './outbox.ts';

const one = (entity: string, values: number[] = [1]): MinuteOfSeries => ({
  entity,
  container: '',
  metric: 'm',
  sketch: sketchOf(values),
});

describe('The outbox of sketches', () => {
  const arrange = () => {
    const clock = new FakeClock();
    const world = { refuse: undefined as BusError | undefined };
    const stored: { subject: string; bytes: Uint8Array; id: string }[] = [];
    const told: string[] = [];
    const publish = (subject: string, bytes: Uint8Array, id: string): Promise<{ duplicate: boolean }> => {
      if (world.refuse !== undefined) return Promise.reject(world.refuse);
      stored.push({ subject, bytes, id });
      return Promise.resolve({ duplicate: false });
    };
    const outbox = new Outbox({
      broker: { bus: { publish, connected: () => Promise.resolve() }, connection: undefined },
      store: { prefix: 'homeostat', maxBytes: 1, days: 1 },
      clock,
      logger: silentLogger,
      metrics: { minute: (result) => void told.push(result) },
    });
    const minutes = (): number[] => stored.map(({ bytes }) => decodeRollup(bytes).minute);
    const take = async (minute: number, series: readonly MinuteOfSeries[]): Promise<void> => {
      outbox.take(minute, series);
      await outbox.idle();
      await clock.settle();
    };
    return { clock, outbox, world, stored, told, minutes, take };
  };

  it('puts what is of one entity into one partition, under an id of its own', async () => {
    const { outbox, stored, take } = arrange();
    outbox.setActive(true);
    const entities = Array.from({ length: 40 }, (_, i) => `Deployment/shop/d${i}`);
    await take(
      7,
      entities.map((entity) => one(entity)),
    );
    const found = stored.flatMap(({ subject, bytes, id }) =>
      decodeRollup(bytes).series.map(({ entity }) => `${entity} ${subject} ${id}`),
    );
    expect(found.toSorted()).to.deep.equal(
      entities
        .map((entity) => `${entity} homeostat.rollups.${partitionOf(entity)} rollup:7:${partitionOf(entity)}:0`)
        .toSorted(),
    );
  });

  it('makes several messages of what is too much for one', async () => {
    const { outbox, stored, take } = arrange();
    outbox.setActive(true);
    const values = Array.from({ length: 250 }, (_, i) => 1 + i / 50);
    await take(
      7,
      Array.from({ length: 700 }, () => one('Node/n1', values)),
    );
    expect(stored.map(({ id }) => id)).to.deep.equal(['rollup:7:11:0', 'rollup:7:11:1', 'rollup:7:11:2']);
    expect(stored.reduce((sum, { bytes }) => sum + decodeRollup(bytes).series.length, 0)).to.equal(700);
    expect(Math.max(...stored.map(({ bytes }) => bytes.length))).to.be.below(256 * 1024);
  });

  it('keeps the last five minutes while it does not lead, and begins with them when it does', async () => {
    const { outbox, minutes, take, told } = arrange();
    for (let minute = 1; minute <= 9; minute++) await take(minute, [one('Node/n1')]);
    outbox.setActive(true);
    await take(10, [one('Node/n1')]);
    expect(minutes()).to.deep.equal([5, 6, 7, 8, 9, 10]);
    expect(told).to.deep.equal(Array.from({ length: 6 }, () => 'Published'));
  });

  it('tries again in order when the broker has not stored it', async () => {
    const { clock, outbox, world, minutes, take } = arrange();
    outbox.setActive(true);
    world.refuse = new BusError('Timeout', 'no acknowledgement');
    for (const minute of [1, 2, 3]) await take(minute, [one('Node/n1')]);
    expect(minutes()).to.deep.equal([]);
    world.refuse = undefined;
    await clock.advance(5_000);
    expect(minutes()).to.deep.equal([1, 2, 3]);
  });
});
