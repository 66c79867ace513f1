import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Exposition, type Sample } from './exposition.ts';

interface Read {
  readonly samples: Sample[];
  readonly malformed: number;
  readonly isWhole: boolean;
}

const everything: (name: string) => boolean = () => true;

/** Reads a text in pieces of so many bytes. */
function read(text: string | Buffer, { openMetrics = false, wants = everything, pieces = 7 } = {}): Read {
  const samples: Sample[] = [];
  let malformed = 0;
  const exposition = new Exposition({
    openMetrics,
    wants,
    onSample: (sample) => samples.push(sample),
    onMalformed: () => malformed++,
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieces) exposition.push(bytes.subarray(at, at + pieces));
  const isWhole = exposition.end();
  return { samples, malformed, isWhole };
}

const lines = ({ samples }: Read): string[] =>
  samples.map(({ name, labels, value }) => `${name} ${JSON.stringify(Object.fromEntries(labels))} ${value}`);

const capture = (name: string): Buffer => readFileSync(`${import.meta.dirname}/captures/${name}`);

describe('Exposition', () => {
  const python = [
    'shop_orders_total {"shop":"Köln \\"Süd\\"\\\\1","state":"ok"} 7',
    'shop_orders_total {"shop":"line\\nbreak","state":"failed"} 2.5e-7',
    'shop_orders_waiting {} 12',
    'shop_temperature_celsius {"room":"a, b}"} -Infinity',
    'shop_temperature_celsius {"room":"c # d"} NaN',
    'shop_request_duration_seconds_bucket {"le":"0.1","path":"/"} 0',
    'shop_request_duration_seconds_bucket {"le":"1.0","path":"/"} 1',
    'shop_request_duration_seconds_bucket {"le":"10.0","path":"/"} 1',
    'shop_request_duration_seconds_bucket {"le":"+Inf","path":"/"} 2',
    'shop_request_duration_seconds_count {"path":"/"} 2',
    'shop_request_duration_seconds_sum {"path":"/"} 20.3',
    'shop_size_bytes_count {} 1',
    'shop_size_bytes_sum {} 100000000000000000000',
    'shop_build_info {"version":"1.2"} 1',
  ];
  const isNoTime = (line: string): boolean => !line.includes('_created ');

  it('reads what the Python client writes, in both formats', () => {
    const text = read(capture('python.txt'));
    const openMetrics = read(capture('python.openmetrics.txt'), { openMetrics: true });
    expect(lines(text).filter(isNoTime)).to.deep.equal(python);
    expect(lines(openMetrics).filter(isNoTime)).to.deep.equal(python);
    expect([text.malformed, openMetrics.malformed, openMetrics.isWhole]).to.deep.equal([0, 0, true]);
  });

  it('reads what prom-client writes', async () => {
    const registers = [new Registry()];
    new Counter({ name: 'a_total', help: 'A\nb', labelNames: ['x'], registers }).inc({ x: '"\\\n,}' }, 3);
    new Gauge({ name: 'b', help: 'B', registers }).set(-1.5e-9);
    new Histogram({ name: 'c', help: 'C', buckets: [1], registers }).observe(4);
    const { samples, malformed } = read((await registers[0]?.metrics()) ?? '');
    expect(malformed).to.equal(0);
    expect(samples.map(({ name, value }) => `${name} ${value}`)).to.deep.equal([
      'a_total 3',
      'b -1.5e-9',
      'c_bucket 0',
      'c_bucket 1',
      'c_sum 4',
      'c_count 1',
    ]);
    expect(samples[0]?.labels.get('x')).to.equal('"\\\n,}');
  });

  for (const [what, line, expected] of [
    ['spaces and tabs', '\t a \t{ x = "1" , y="2", } \t 1 \t 1000 ', ['a {"x":"1","y":"2"} 1']],
    ['empty braces', 'a{} 1', ['a {} 1']],
    ['colons', 'a:b:rate5m 1', ['a:b:rate5m {} 1']],
    ['a carriage return', 'a 1\r', ['a {} 1']],
    ['infinities', 'a +Inf\nb -inf\nc Infinity', ['a {} Infinity', 'b {} -Infinity', 'c {} Infinity']],
    ['an escape that is none', 'a{x="\\t"} 1', ['a {"x":"\\\\t"} 1']],
    ['a name in quotes, which is not wanted', '{"a.b",x="1"} 1', []],
  ] as const)
    it(`reads ${what}`, () => {
      const found = read(line);
      expect(lines(found)).to.deep.equal(expected);
      expect(found.malformed).to.equal(0);
    });

  for (const line of [
    'a',
    'a ',
    'a x',
    'a 1 x',
    'a 1 2 3',
    'a{x="1} 1',
    'a{x=1} 1',
    'a{x="1"y="2"} 1',
    'a{x="1",x="2"} 1',
    'a{x="1"',
    'a 0x10',
    'a 1_0',
    '<html>',
  ])
    it(`finds ${line} malformed`, () => expect(read(line)).to.deep.include({ malformed: 1, samples: [] }));

  it('does not look at what is not wanted', () => {
    const found = read('b nonsense\na 1\nab 2', { wants: (name) => name === 'a' });
    expect(lines(found)).to.deep.equal(['a {} 1']);
    expect(found.malformed).to.equal(0);
  });

  it('knows milliseconds from seconds', () => {
    expect(read('a 1 1760000000123').samples[0]?.atMs).to.equal(1_760_000_000_123);
    const { samples } = read('a 1 1760000000.123\n# EOF\n', { openMetrics: true });
    expect(samples[0]?.atMs).to.equal(1_760_000_000_123);
    expect(read('a 1').samples[0]?.atMs).to.equal(undefined);
  });

  it('notices that OpenMetrics breaks off, and reads nothing behind its end', () => {
    expect(read('a 1\n', { openMetrics: true }).isWhole).to.equal(false);
    expect(lines(read('a 1\n# EOF\nb 2\n', { openMetrics: true }))).to.deep.equal(['a {} 1']);
  });

  it('gives up a line without an end, and goes on behind it', () => {
    const found = read(`a{x="${'y'.repeat(200_000)}"} 1\nb 2\n`, { pieces: 30_000 });
    expect(lines(found)).to.deep.equal(['b {} 2']);
    expect(found.malformed).to.equal(1);
  });

  it('reads back whatever is written, however it is split', () => {
    const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,5}$/);
    const sample = fc.record({
      name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/),
      labels: fc.dictionary(label, fc.string({ unit: 'binary', maxLength: 9 }), { maxKeys: 3, noNullPrototype: true }),
      value: fc.double().map((value) => value + 0),
    });
    const escaped = (text: string): string =>
      text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (samples, pieces) => {
        const text = samples.map(({ name, labels, value }) => {
          const pairs = Object.entries(labels).map(([key, each]) => `${key}="${escaped(each)}"`);
          return `${name}${pairs.length === 0 ? '' : `{${pairs.join()}}`} ${value}\n`;
        });
        const found = read(text.join(''), { pieces });
        expect(found.malformed).to.equal(0);
        expect(
          found.samples.map(({ name, labels, value }) => ({ name, labels: Object.fromEntries(labels), value })),
        ).to.deep.equal(samples.map((each) => ({ ...each, labels: toWellFormed(each.labels) })));
      }),
    );
  });

  it('bears any bytes', () => {
    const hostile = fc.array(fc.constantFrom(...'a 1 { } = " \\ , # \n \t . e + EOF é \u0000'.split(' '), ' '), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(hostile, fc.boolean(), fc.integer({ min: 1, max: 9 }), (text, openMetrics, pieces) => {
        read(text.join(''), { openMetrics, pieces });
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void read(Buffer.from(bytes))));
  });
});

const toWellFormed = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, Buffer.from(text).toString()]));
