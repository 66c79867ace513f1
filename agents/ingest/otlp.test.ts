import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { readOtlp, readOtlpJson, type OtlpPoint } from './otlp.ts';
import { ProtobufError } from './protobuf.ts';

const capture = (name: string): Buffer => readFileSync(`${import.meta.dirname}/captures/${name}`);
const everything: (name: string) => boolean = () => true;

const points = (request: Buffer, wants = everything): OtlpPoint[] => {
  const found: OtlpPoint[] = [];
  readOtlp(request, { wants, onPoint: (point) => found.push(point) });
  return found;
};
const jsonPoints = (request: unknown): OtlpPoint[] => {
  const found: OtlpPoint[] = [];
  readOtlpJson(request, { wants: everything, onPoint: (point) => found.push(point) });
  return found;
};
const line = ({ name, attributes, kind, temporality, isMonotonic, value }: OtlpPoint): string =>
  `${name} ${JSON.stringify(Object.fromEntries(attributes))} ${kind} ${temporality} ${isMonotonic} ${value}`;

/** What the SDK for Python writes, with 1.45. */
describe('OTLP', () => {
  const cumulative = [
    'shop.orders {"state":"ok","till":"3"} Sum Cumulative true 7',
    'shop.orders {"state":"failed","till":"3"} Sum Cumulative true 2',
    'shop.queue {} Sum Cumulative false 3',
    'shop.temperature {"room":"a"} Gauge Unspecified false -1.25',
    'shop.latency {} Other Cumulative false NaN',
  ];

  it('is read as protocol buffers', () => {
    const read = points(capture('python-cumulative.bin'));
    expect(read.map(line)).to.deep.equal(cumulative);
    expect(Object.fromEntries(read[0]?.resource ?? [])).to.deep.include({
      'service.name': 'shop',
      'k8s.pod.uid': 'uid-1',
      'k8s.container.name': 'app',
      'host.cpus': '4',
      x: '1.5',
      y: 'true',
    });
    expect(read[0]?.resource.has('k8s.pod.labels')).to.equal(false);
    const [first] = read;
    expect(new Date(first?.atMs ?? 0).getUTCFullYear()).to.equal(2026);
    expect(first?.startMs).to.be.lessThan(first?.atMs ?? 0);
  });

  it('is read as JSON, the same', () => {
    const read = jsonPoints(JSON.parse(capture('python-cumulative.json').toString()));
    expect(read.map(line)).to.deep.equal(cumulative);
    const times = ({ startMs, atMs }: OtlpPoint): number[] => [Math.round(startMs), Math.round(atMs)];
    const binary = points(capture('python-cumulative.bin'));
    expect(read.slice(0, 4).map(times)).to.deep.equal(binary.slice(0, 4).map(times));
    expect(read[0]?.resource).to.deep.equal(binary[0]?.resource);
  });

  it('has differences', () => {
    expect(
      points(gunzipSync(capture('python-delta.bin.gz')))
        .map(line)
        .slice(0, 2),
    ).to.deep.equal([
      'shop.orders {"state":"ok","till":"3"} Sum Delta true 7',
      'shop.orders {"state":"failed","till":"3"} Sum Delta true 2',
    ]);
  });

  it('is not read where nothing is wanted', () => {
    expect(points(capture('python-cumulative.bin'), (name) => name === 'shop.queue').map(line)).to.deep.equal([
      cumulative[2],
    ]);
  });

  it('knows a point without a value', () => {
    const request = (point: object) => ({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'a', gauge: { dataPoints: [point] } }] }] }],
    });
    for (const [point, expected] of [
      [{ asInt: '-3' }, -3],
      [{ asDouble: 'Infinity' }, Infinity],
      [{ asDouble: 1, flags: 1 }, NaN],
      [{ asInt: '' }, NaN],
      [{}, NaN],
      [null, NaN],
    ] as const)
      expect(jsonPoints(request(point as object)).map(({ value }) => value)).to.deep.equal([expected]);
  });

  it('bears any bytes and any JSON', () => {
    const whole = capture('python-cumulative.bin');
    const broken = fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.boolean()).map(([at, byte, cut]) => {
      const copy = Buffer.from(whole);
      copy[at] = byte;
      return cut ? copy.subarray(0, at) : copy;
    });
    fc.assert(
      fc.property(broken, (bytes) => {
        try {
          points(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(ProtobufError);
        }
      }),
      { numRuns: 300 },
    );
    const keys = fc.constantFrom(
      'scopeMetrics',
      'metrics',
      'name',
      'gauge',
      'sum',
      'dataPoints',
      'asInt',
      'attributes',
      'key',
      'value',
    );
    fc.assert(
      fc.property(fc.object({ key: keys, maxDepth: 7 }), (resourceMetrics) => {
        jsonPoints({ resourceMetrics: [resourceMetrics] });
      }),
    );
  });
});
