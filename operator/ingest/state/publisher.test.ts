import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { BusError, type Bus } from '../../../wire/bus.ts';
import { jsonLogger } from '../../observe/logger.ts';
import type { Broker } from '../broker.ts';
import { frame, keyframe } from '../testing.ts';
import { statePublisher } from './publisher.ts';

describe('statePublisher', () => {
  it('says in the log why nothing is stored, and what to do', async () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const bus: Bus = {
      connection: 1,
      connected: () => Promise.resolve(),
      publish: () => Promise.reject(new BusError('Refused', 'the stream or its disk is full')),
    };
    const publisher = statePublisher({
      broker: { bus } as unknown as Broker,
      logger: jsonLogger('info', stream),
      registry: new Registry(),
    });
    publisher.offer(keyframe(), frame(1));
    await new Promise(setImmediate);
    await publisher.close(0);
    expect(JSON.parse(String(stream.read()).split('\n', 1)[0] ?? '')).to.include({
      level: 'warn',
      message: 'state frames are not stored',
      reason: 'Refused',
      error: 'the stream or its disk is full',
    });
  });
});
