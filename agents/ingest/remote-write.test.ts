import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { messageOf, ProtobufError } from './protobuf.ts';
import { readWriteRequest, type WrittenSeries } from './remote-write.ts';
import { unsnappy } from './snappy.ts';

const read = (request: Buffer, wants: (name: string) => boolean = () => true): WrittenSeries[] => {
  const series: WrittenSeries[] = [];
  readWriteRequest(request, wants, (each) => series.push(each));
  return series;
};
const request = unsnappy(readFileSync(`${import.meta.dirname}/captures/write.snappy`), 100_000);

describe('readWriteRequest', () => {
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
  });

  it('passes over what is not wanted', () => {
    expect(read(request, (name) => name === 'up')).to.have.length(1);
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
