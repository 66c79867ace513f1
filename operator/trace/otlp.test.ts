import { expect } from 'chai';
import { otlpBody } from './otlp.ts';
import { traceIdOf } from './span.ts';

describe('OTLP in JSON', () => {
  it('has ids in hex, times and integers as text, and no absent attribute', () => {
    const span = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      parentSpanId: 'c'.repeat(16),
      name: 'verify',
      startMs: 1_769_847_300_123,
      endMs: 1_769_847_300_124,
      attributes: { text: 'x', whole: 3, part: 0.5, yes: true, absent: undefined },
      events: [{ name: 'made', atMs: 1_769_847_300_124, attributes: {} }],
      error: 'it fires',
    };
    const { error: _error, ...well } = span;
    const body: unknown = JSON.parse(otlpBody([span, well], { 'service.name': 'homeostat-operator' }, '1.2.3'));
    const told = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      parentSpanId: 'c'.repeat(16),
      name: 'verify',
      kind: 1,
      startTimeUnixNano: '1769847300123000000',
      endTimeUnixNano: '1769847300124000000',
      attributes: [
        { key: 'text', value: { stringValue: 'x' } },
        { key: 'whole', value: { intValue: '3' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
      events: [{ name: 'made', timeUnixNano: '1769847300124000000', attributes: [] }],
      status: { code: 2, message: 'it fires' },
    };
    expect(body).to.deep.equal({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'homeostat-operator' } }] },
          scopeSpans: [{ scope: { name: 'homeostat', version: '1.2.3' }, spans: [told, { ...told, status: {} }] }],
        },
      ],
    });
  });

  it('calls a trace by the UID of its Incident', () => {
    expect(traceIdOf('0B3C1f5e-8f60-4a53-9d4c-3a1c2f0e7b11')).to.equal('0b3c1f5e8f604a539d4c3a1c2f0e7b11');
    for (const uid of ['', 'uid-1', '00000000-0000-0000-0000-000000000000'])
      expect(traceIdOf(uid))
        .to.match(/^[0-9a-f]{32}$/)
        .and.not.match(/^0+$/);
  });
});
