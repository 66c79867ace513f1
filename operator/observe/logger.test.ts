import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { jsonLogger } from './logger.ts';

describe('JSON logger', () => {
  it('writes one object a line with level, time, message and fields', () => {
    const stream = new PassThrough();
    const log = jsonLogger('info', stream);
    log.info('incident opened', { incident: 'shop/leak-1', episode: 2 });
    log.debug('not said');
    const lines = String(stream.read()).trim().split('\n');
    expect(lines).to.have.length(1);
    const { time, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).to.deep.equal({ level: 'info', message: 'incident opened', incident: 'shop/leak-1', episode: 2 });
    expect(Date.parse(String(time))).to.be.greaterThan(0);
  });

  it('keeps its level and message whatever the fields are called', () => {
    const stream = new PassThrough();
    jsonLogger('info', stream).warn('constant', { level: 'silly', message: 'other' });
    expect(JSON.parse(String(stream.read()))).to.include({ level: 'warn', message: 'constant' });
  });
});
