import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { messageOf, ProtobufError } from './protobuf.ts';
import { readWritten, type WriteMessage, type Written, type WrittenSeries } from './remote-write.ts';
import { unsnappy } from './snappy.ts';

let written: Written | undefined;
const read = (
  request: Buffer,
  wants: (name: string) => boolean = () => true,
  message: WriteMessage = 'prometheus.WriteRequest',
): WrittenSeries[] => {
  const series: WrittenSeries[] = [];
  written = readWritten(message, request, wants, (each) => series.push(each));
  return series;
};
const request = unsnappy(readFileSync(`${import.meta.dirname}/captures/write.snappy`), 100_000);

describe('remote write', () => {
  it('reads series, their samples, and that they have ended', () => {
    const series = read(request);
    expect(series.map(({ name }) => name)).to.deep.equal([...Array.from({ length: 41 }, () => 'queue'), 'up']);
    expect(Object.fromEntries(series[3]?.labels ?? [])).to.deep.equal({
      container: 'app',
      namespace: 'shop',
      of: 'till-3',
      pod: 'web-1',
    });
    expect(series[3]?.samples).to.deep.equal([
      { value: 3, atMs: 1_760_000_000_000, isStale: false },
      { value: 3.5, atMs: 1_760_000_001_000, isStale: false },
    ]);
    expect(series[40]?.samples.map(({ isStale }) => isStale)).to.deep.equal([true]);
    expect(series[41]?.samples[0]?.atMs).to.equal(-5);
    expect(written).to.deep.equal({ samples: 82, histograms: 0, exemplars: 0 });
  });

  it('passes over what is not wanted', () => {
    expect(read(request, (name) => name === 'up')).to.have.length(1);
  });

  const second = unsnappy(readFileSync(`${import.meta.dirname}/captures/write-2.snappy`), 100_000);

  it('reads 2.0 as well, where labels are places in a list', () => {
    const series = read(second, undefined, 'io.prometheus.write.v2.Request');
    expect(series).to.deep.equal([
      {
        name: 'queue',
        labels: new Map([
          ['container', 'app'],
          ['namespace', 'shop'],
          ['pod', 'web-1'],
        ]),
        startMs: 0,
        samples: [{ value: 4, atMs: 1_760_000_000_000, isStale: false }],
      },
      {
        name: 'orders_total',
        labels: new Map([['pod', 'web-1']]),
        startMs: 1_759_999_990_000,
        samples: [{ value: 9, atMs: 1_760_000_000_000, isStale: false }],
      },
    ]);
    expect(written).to.deep.equal({ samples: 2, histograms: 1, exemplars: 1 });
  });

  it('bears any bytes as 2.0', () => {
    fc.assert(
      fc.property(fc.nat(second.length - 1), fc.nat(255), (at, byte) => {
        const copy = Buffer.from(second);
        copy[at] = byte;
        try {
          read(copy, undefined, 'io.prometheus.write.v2.Request');
        } catch (error) {
          expect(error).to.be.instanceOf(ProtobufError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a series without a name', () => {
    expect(() => read(messageOf([1, messageOf([1, messageOf([1, 'a'], [2, 'b'])])]))).to.throw(
      ProtobufError,
      'no name',
    );
  });

  it('bears any bytes', () => {
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.nat(255), (at, byte) => {
        const copy = Buffer.from(request);
        copy[at] = byte;
        try {
          read(copy);
        } catch (error) {
          expect(error).to.be.instanceOf(ProtobufError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
