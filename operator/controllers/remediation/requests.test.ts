import { expect } from 'chai';
import type { WriteRequest } from '../../actions/action.ts';
import { ApiError } from '../../kube/api.ts';
import { Pod } from '../../kube/resources.ts';
import { ApiServer } from '../../testing/api-server.ts';
import { conflict, timeout, tooManyRequests } from '../../testing/api-errors.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { pod } from '../../testing/fixtures.ts';
import { writeAll } from './requests.ts';

const budget = new ApiError('Cannot evict pod as it would violate the pod’s disruption budget.', {
  status: 429,
  reason: 'TooManyRequests',
  details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods' }] },
});
const severalBudgets = new ApiError('This pod has more than one PodDisruptionBudget, which is not supported.', {
  status: 500,
  reason: 'InternalError',
});

/** What becomes of the evictions of pods a, b and c when the API server answers b so. */
const outcomes: readonly [string, ApiError, { gone: string[]; failed: string[]; outcome: object }][] = [
  [
    'a disruption budget holds up its own pod only',
    budget,
    { gone: ['a', 'c'], failed: ['b'], outcome: { status: 429, disruptionBudget: true } },
  ],
  ['nor do several', severalBudgets, { gone: ['a', 'c'], failed: ['b'], outcome: { status: 500 } }],
  ['nor does a conflict', conflict(Pod, 'b'), { gone: ['a', 'c'], failed: ['b'], outcome: { status: 409 } }],
  ['who is throttled asks no more', tooManyRequests(7), { gone: ['a'], failed: ['b'], outcome: { status: 429 } }],
  ['nor who gets no answer', timeout(), { gone: ['a'], failed: ['b'], outcome: { status: 0 } }],
];

describe('writes that are sent together', () => {
  const evict = (name: string): WriteRequest => ({
    verb: 'evict',
    resource: Pod,
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    gracePeriodSeconds: 0,
  });

  for (const [title, error, { gone, failed, outcome }] of outcomes)
    it(title, async () => {
      const server = new ApiServer({ clock: new FakeClock() });
      for (const name of ['a', 'b', 'c']) server.seed(Pod, pod({ name, uid: `uid-${name}` }));
      server.faults = ({ name }) => (name === 'b' ? { kind: 'error', error } : undefined);
      const result = await writeAll(server, ['a', 'b', 'c'].map(evict), false);
      expect(result).to.include({ ok: false, ...outcome });
      expect(result.ok ? [] : result.failures.map(({ request }) => request.name)).to.deep.equal(failed);
      const left = new Set(server.all(Pod).map(({ metadata }) => metadata.name));
      expect(['a', 'b', 'c'].filter((name) => !left.has(name))).to.deep.equal(gone);
    });

  it('one that is refused for good is told before one that may be tried again', async () => {
    const server = new ApiServer({ clock: new FakeClock() });
    for (const name of ['a', 'b']) server.seed(Pod, pod({ name, uid: `uid-${name}` }));
    server.faults = ({ name }) => ({ kind: 'error', error: name === 'a' ? budget : severalBudgets });
    expect(await writeAll(server, ['a', 'b'].map(evict), false)).to.include({ ok: false, status: 500 });
  });

  it('an object is created once: the second time it is there already', async () => {
    const server = new ApiServer({ clock: new FakeClock() });
    const object = pod({ name: 'made' });
    const create: WriteRequest = {
      verb: 'create',
      resource: Pod,
      namespace: 'shop',
      name: 'made',
      fieldManager: 'homeostat/fix-1',
      object,
    };
    expect(await writeAll(server, [create], true)).to.include({ ok: true });
    expect(server.all(Pod), 'a dry run makes nothing').to.deep.equal([]);
    expect(await writeAll(server, [create], false)).to.deep.equal({ ok: true });
    expect(await writeAll(server, [create], false)).to.include({ ok: false, status: 409, reason: 'AlreadyExists' });
  });
});
