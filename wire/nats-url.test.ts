import { expect } from 'chai';
import { serversOf, withoutSecrets } from './nats-url.ts';

describe('NATS URLs', () => {
  const cases: [url: string, options: object][] = [
    ['nats://a:4222', { servers: ['nats://a:4222'] }],
    ['nats://a:4222, tls://b:4222', { servers: ['nats://a:4222', 'tls://b:4222'] }],
    ['nats://u:p@a:4222,nats://b:4222', { servers: ['nats://a:4222', 'nats://b:4222'], user: 'u', pass: 'p' }],
    ['nats://u%40x:p%2Fy@a:4222', { servers: ['nats://a:4222'], user: 'u@x', pass: 'p/y' }],
    ['a:4222', { servers: ['a:4222'] }],
  ];
  for (const [url, options] of cases) {
    it(url, () => {
      expect(serversOf(url)).to.deep.equal(options);
    });
  }

  it('are logged without passwords', () => {
    expect(withoutSecrets('nats://u:p@a:4222,nats://v:q@b:4222')).to.equal('nats://a:4222,nats://b:4222');
  });
});
