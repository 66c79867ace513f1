import { expect } from 'chai';
import { diffLines, shortened } from './diff-lines.ts';
import { table } from './table.ts';
import { duration, moment, momentAndDistance } from './times.ts';
import { ansi, cut, plain, widthOf, wrapped, type View } from './view.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe('what is shown', () => {
  const durations: [ms: number, text: string][] = [
    [-5, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [5 * minute + 12 * second, '5m12s'],
    [11 * minute + 12 * second, '11m'],
    [hour, '1h'],
    [90 * minute, '90m'],
    [3 * hour + 20 * minute, '3h20m'],
    [48 * hour, '2d'],
    [52 * hour, '2d4h'],
    [24 * 120 * hour, '120d'],
  ];
  for (const [ms, text] of durations) it(`a time of ${ms} ms is ${text}`, () => expect(duration(ms)).to.equal(text));

  it('a moment has its date unless it is of today, and says how far away it is', () => {
    const now = Date.UTC(2026, 0, 31, 8, 20);
    expect(moment('2026-01-31T08:15:03.412Z', now)).to.equal('08:15:03Z');
    expect(moment('2026-01-30T08:15:03Z', now)).to.equal('2026-01-30 08:15:03Z');
    expect(momentAndDistance('2026-01-31T08:25:00Z', now)).to.equal('08:25:00Z (in 5m)');
    expect(momentAndDistance('2026-01-31T08:15:00Z', now)).to.equal('08:15:00Z (5m ago)');
    expect([moment(undefined, now), moment('soon', now)]).to.deep.equal(['–', '–']);
  });

  it('colours take no room', () => expect(widthOf(ansi('bad', 'four'))).to.equal(4));
  it('what is cut ends in …', () => expect([cut('abcdef', 4), cut('abcd', 4)]).to.deep.equal(['abc…', 'abcd']));

  it('a sentence is broken at spaces, keeps its beginning, and a long word stays whole', () => {
    expect(wrapped('  one two three', 9, 4)).to.deep.equal(['  one two', '    three']);
    expect(wrapped('a incomprehensibilities b', 10, 2)).to.deep.equal(['a', '  incomprehensibilities', '  b']);
    expect(wrapped('', 10, 2)).to.deep.equal(['']);
  });

  const view: View = { nowMs: 0, columns: 30, wide: false, paint: plain };
  const columns = [
    { title: 'NAME' },
    { title: 'WHY', shrinks: true },
    { title: 'EMPTY' },
    { title: 'NODE', wide: true },
  ] as const;
  const rows = [['memory-leak-4f1d', 'because of this and that', '', 'node1']];

  it('a table leaves out what is empty, and takes room from what may shrink', () => {
    expect(table(view, columns, rows)).to.deep.equal(['NAME              WHY', 'memory-leak-4f1d  because o…']);
    expect(table({ ...view, columns: 60, wide: true }, columns, rows)[1]).to.equal(
      'memory-leak-4f1d  because of this and that  node1',
    );
  });

  it('a table that cannot fit takes room from everything, but leaves eight columns of each', () => {
    const [, row = ''] = table({ ...view, columns: 10 }, columns, rows);
    expect(row).to.equal('memory-…  because…');
  });

  const differences: [before: string, after: string, diff: string][] = [
    ['', '', ''],
    ['a', '', '-a'],
    ['', 'a', '+a'],
    ['abc', 'abc', ' a b c'],
    ['abc', 'axc', ' a-b+x c'],
    ['abcd', 'bd', '-a b-c d'],
    ['ab', 'ba', '-a b+a'],
  ];
  for (const [before, after, diff] of differences) {
    it(`the difference of "${before}" and "${after}" is "${diff}"`, () => {
      const lines = diffLines(before.split(''), after.split(''));
      expect(lines.map(({ sign, text }) => sign + text).join('')).to.equal(diff);
    });
  }

  it('a difference of everything in two long texts takes no time', () => {
    const long = (letter: string): string[] => Array.from({ length: 5000 }, (_, at) => `${letter}${at}`);
    expect(diffLines(long('a'), long('b'))).to.have.lengthOf(10_000);
  });

  it('what is the same far from every change is left out', () => {
    const before = Array.from({ length: 20 }, (_, at) => `  line ${at}`);
    const after = before.with(10, '  other');
    const shown = shortened(diffLines(before, after), 1).map(({ sign, text }) => sign + text);
    expect(shown).to.deep.equal(['   …', '   line 9', '-  line 10', '+  other', '   line 11', '   …']);
  });
});
