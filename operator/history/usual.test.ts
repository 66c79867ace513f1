import type { NatsConnection } from '@nats-io/transport-node';
import { TimeoutError } from '@nats-io/transport-node';
import { expect } from 'chai';
import { emptyProfile, encodeProfile, withHour } from '../../engine/history/profile.ts';
import { hourMs } from '../../engine/history/series.ts';
import { sketchOf } from '../../engine/sketch/sketch.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { UsualReader } from './usual.ts';

const question = { entity: 'Node/n1', container: undefined, metric: 'system.cpu.utilization', atMs: 5 * hourMs };
const profile = encodeProfile(withHour(emptyProfile, 5, new Map([['', sketchOf([2, 2, 2])]])));

describe('The answer to what is usual', () => {
  const arrange = () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const told: string[] = [];
    const world = { answer: (): Promise<unknown> => Promise.resolve({ data: profile }), isConnected: true };
    const connection = {
      request: (_subject: string, body: string, { timeout }: { timeout: number }) => {
        asked.push(`${body} ${timeout}`);
        return world.answer();
      },
    } as unknown as NatsConnection;
    const broker = {
      get connection() {
        return world.isConnected ? connection : undefined;
      },
    };
    const metrics = { usual: (result: string) => void told.push(result) };
    const reader = new UsualReader({ broker, prefix: 'homeostat', clock, metrics });
    return { clock, reader, asked, told, world };
  };
  const fails = (): Promise<never> => Promise.reject(new TimeoutError());

  it('is read from the bucket, with a limit of time', async () => {
    const { reader, asked, told } = arrange();
    expect(await reader.ask(question)).to.include({ span: 'Overall', hours: 1, p50: 2 });
    expect(asked).to.deep.equal(['{"last_by_subj":"$KV.homeostat-usual.Node/n1/system.cpu.utilization"} 200']);
    expect(told).to.deep.equal(['Found']);
  });

  it('says what stands in its way', async () => {
    const { reader, told, world } = arrange();
    world.answer = () => Promise.resolve({ headers: { code: 404 } });
    expect(await reader.ask(question)).to.deep.equal({ absent: 'no history yet' });
    world.answer = fails;
    expect(await reader.ask(question)).to.deep.equal({ absent: 'history was not there in time' });
    world.answer = () => Promise.resolve({ data: Uint8Array.of(1) });
    expect(await reader.ask(question)).to.deep.equal({ absent: 'history could not be read' });
    world.isConnected = false;
    expect(await reader.ask(question))
      .to.have.property('absent')
      .that.includes('has not answered');
    expect(told).to.deep.equal(['NoHistory', 'TimedOut', 'Failed', 'NotAsked']);
  });

  it('is not sought after five failures running, for thirty seconds, and after one more again', async () => {
    const { clock, reader, asked, told, world } = arrange();
    world.answer = fails;
    for (let i = 0; i < 8; i++) await reader.ask(question);
    expect(asked).to.have.length(5);
    await clock.advance(30_000);
    for (let i = 0; i < 3; i++) await reader.ask(question);
    expect(asked).to.have.length(6);
    await clock.advance(30_000);
    world.answer = () => Promise.resolve({ data: profile });
    for (let i = 0; i < 3; i++) await reader.ask(question);
    expect(told.slice(-3)).to.deep.equal(['Found', 'Found', 'Found']);
  });

  it('is sought for so many at once', async () => {
    const { reader, told, world } = arrange();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    world.answer = () => promise;
    const answers = Array.from({ length: 70 }, () => reader.ask(question));
    resolve({ data: profile });
    await Promise.all(answers);
    expect(told.filter((result) => result === 'Busy')).to.have.length(6);
  });
});
