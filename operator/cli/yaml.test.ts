import { expect } from 'chai';
import { parse } from 'yaml';
import { yamlOf } from './yaml.ts';

describe('YAML of the command line', () => {
  it('quotes what a reader of YAML 1.1 would take for something else than a text', () => {
    const value = { labels: { bad: 'yes', on: 'off', at: '12:30:45', y: '012', plain: 'web-1' } };
    const text = yamlOf(value);
    for (const version of ['1.1', '1.2'] as const) expect(parse(text, { version })).to.deep.equal(value);
    expect(text).to.include('bad: "yes"').and.to.include('plain: web-1');
  });

  it('breaks no line', () => expect(yamlOf({ long: 'word '.repeat(60).trim() }).split('\n')).to.have.lengthOf(1));
});
