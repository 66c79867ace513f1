import { expect } from 'chai';
import { ApiError, type KubeObject } from './api.ts';
import { type ReflectorInput, type ReflectorState, step } from './reflector-machine.ts';

type State = ReflectorState<KubeObject>;
type Input = ReflectorInput<KubeObject>;

const pod = (name: string, resourceVersion = '9'): KubeObject => ({ metadata: { name, resourceVersion } });
const empty: State = { at: 'Empty' };
const watching: State = { at: 'Watching', resourceVersion: '5' };
const listing: State = { at: 'InitialList', pages: [[pod('a')]], continue: 'p2' };
const gone = new ApiError('too old', { status: 410, reason: 'Expired' });
const broken = new ApiError('no', { status: 0, reason: 'Unreachable' });
const forbidden = new ApiError('no', { status: 403, reason: 'Forbidden' });
const invalid = new ApiError('continue key is not valid', { status: 400, reason: 'BadRequest' });
const future = new ApiError('Too large resource version: 99, current: 5', { status: 504, reason: 'Timeout' });

const cases: {
  name: string;
  from: State;
  input: Input;
  to: State;
  effect?: object;
  backOff?: true;
  problem?: unknown;
}[] = [
  {
    name: 'a first page of several',
    from: empty,
    input: { kind: 'Page', objects: [pod('a')], resourceVersion: '5', continue: 'p2' },
    to: listing,
  },
  {
    name: 'a last page',
    from: listing,
    input: { kind: 'Page', objects: [pod('b')], resourceVersion: '5' },
    to: watching,
    effect: { kind: 'Replace', objects: [pod('a'), pod('b')] },
  },
  {
    name: 'an only page',
    from: empty,
    input: { kind: 'Page', objects: [], resourceVersion: '5' },
    to: watching,
    effect: { kind: 'Replace', objects: [] },
  },
  {
    name: 'a page that failed',
    from: listing,
    input: { kind: 'ListFailed', error: broken },
    to: listing,
    backOff: true,
    problem: broken,
  },
  {
    name: 'a page whose token expired',
    from: listing,
    input: { kind: 'ListFailed', error: gone },
    to: empty,
    backOff: true,
    problem: gone,
  },
  {
    name: 'a page whose token is not understood any more',
    from: listing,
    input: { kind: 'ListFailed', error: invalid },
    to: empty,
    backOff: true,
    problem: invalid,
  },
  {
    name: 'a watch from a version that is not understood',
    from: watching,
    input: { kind: 'WatchEnded', heard: false, livedMs: 10, error: invalid },
    to: empty,
    backOff: true,
    problem: invalid,
  },
  {
    name: 'a forbidden list',
    from: empty,
    input: { kind: 'ListFailed', error: forbidden },
    to: empty,
    backOff: true,
    problem: forbidden,
  },
  {
    name: 'an addition',
    from: watching,
    input: { kind: 'Event', event: { type: 'ADDED', object: pod('a') } },
    to: { at: 'Watching', resourceVersion: '9' },
    effect: { kind: 'Set', object: pod('a') },
  },
  {
    name: 'a change',
    from: watching,
    input: { kind: 'Event', event: { type: 'MODIFIED', object: pod('a') } },
    to: { at: 'Watching', resourceVersion: '9' },
    effect: { kind: 'Set', object: pod('a') },
  },
  {
    name: 'a deletion',
    from: watching,
    input: { kind: 'Event', event: { type: 'DELETED', object: pod('a') } },
    to: { at: 'Watching', resourceVersion: '9' },
    effect: { kind: 'Delete', object: pod('a') },
  },
  {
    name: 'a bookmark',
    from: watching,
    input: { kind: 'Event', event: { type: 'BOOKMARK', object: pod('') } },
    to: { at: 'Watching', resourceVersion: '9' },
  },
  {
    name: 'a watch that ended as agreed',
    from: watching,
    input: { kind: 'WatchEnded', heard: true, livedMs: 300_000 },
    to: watching,
  },
  {
    name: 'a watch that was closed at once',
    from: watching,
    input: { kind: 'WatchEnded', heard: true, livedMs: 10 },
    to: watching,
    backOff: true,
  },
  {
    name: 'a watch that broke',
    from: watching,
    input: { kind: 'WatchEnded', heard: true, livedMs: 300_000, error: broken },
    to: watching,
    backOff: true,
    problem: broken,
  },
  {
    name: 'a watch from a version too old',
    from: watching,
    input: { kind: 'WatchEnded', heard: true, livedMs: 10, error: gone },
    to: empty,
    backOff: true,
    problem: gone,
  },
  {
    name: 'a watch from a version that never was',
    from: watching,
    input: { kind: 'WatchEnded', heard: true, livedMs: 10, error: future },
    to: empty,
    backOff: true,
    problem: future,
  },
];

describe('reflector step', () => {
  for (const { name, from, input, to, effect, backOff = false, problem } of cases) {
    it(`goes on after ${name}`, () => {
      const expected = { state: to, backOff, ...(effect && { effect }), ...(problem !== undefined && { problem }) };
      expect(step(from, input)).to.deep.equal(expected);
    });
  }

  it('lists anew after a watch that was silent for too long, as after a restored backup', () => {
    const { state, backOff, problem } = step(watching, { kind: 'WatchEnded', heard: false, livedMs: 300_000 });
    expect([state, backOff, String(problem)]).to.deep.equal([
      empty,
      true,
      'ApiError: the watch brought nothing, not even a bookmark',
    ]);
  });

  for (const [code, to] of [
    [410, empty],
    [500, watching],
  ] as const) {
    it(`goes on after an ERROR event ${code}`, () => {
      const event = { type: 'ERROR', object: { code, reason: 'R', message: 'm' } } as const;
      const { state, backOff, problem } = step(watching, { kind: 'Event', event });
      expect([state, backOff]).to.deep.equal([to, true]);
      expect(problem).to.include({ status: code, reason: 'R', message: 'm' });
    });
  }
});
