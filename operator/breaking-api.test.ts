import { expect } from 'chai';
import { Registry } from 'prom-client';
import { apiBreaker } from './breaking-api.ts';
import { ApiError, type KubeApi } from './kube/api.ts';
import { Lease, Node } from './kube/resources.ts';
import { ApiServer } from './testing/api-server.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { node } from './testing/fixtures.ts';

function arrange() {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  server.seed(Node, node({ name: 'node-1' }));
  const world = { asked: 0, status: 200 };
  const faulty: KubeApi = {
    get: (...question) => {
      world.asked++;
      if (world.status !== 200) return Promise.reject(new ApiError('no', { status: world.status, reason: 'No' }));
      return server.get(...question);
    },
    list: (...question) => server.list(...question),
    create: (...change) => server.create(...change),
    replace: (...change) => server.replace(...change),
    patch: (...change) => server.patch(...change),
    delete: (...wish) => server.delete(...wish),
    watch: (...question) => server.watch(...question),
    as: () => faulty,
  };
  const registry = new Registry();
  const breaker = apiBreaker(clock, registry);
  const [patient, pressing] = [breaker.patient(faulty), breaker.pressing(faulty)];
  const ask = async (api: KubeApi): Promise<string> => {
    try {
      await api.get(Node, { name: 'node-1' });
      return 'ok';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.retryAfterSeconds === undefined ? `${error.status}` : `in ${error.retryAfterSeconds} s`;
    }
  };
  const askAll = async (api: KubeApi, times: number): Promise<string[]> => {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await ask(api));
    return answers;
  };
  return { clock, registry, world, patient, pressing, ask, askAll };
}

describe('an API server that is left in peace', () => {
  for (const status of [0, 500, 503, 504])
    it(`after ten times ${status}, for those who can wait, and tried by one at a time`, async () => {
      const { clock, registry, world, patient, pressing, ask, askAll } = arrange();
      world.status = status;
      await askAll(patient.as('somebody'), 10);
      expect(await askAll(patient, 3)).to.deep.equal(['in 1 s', 'in 1 s', 'in 1 s']);
      expect(world.asked).to.equal(10);
      expect(await registry.metrics()).to.include('homeostat_breakers_open{dependency="kube-api"} 1');
      // Who may not be held up is not.
      expect(await ask(pressing)).to.equal(`${status}`);
      await clock.advance(1000);
      expect(await Promise.all([ask(patient), ask(patient)])).to.deep.equal([`${status}`, 'in 1 s']);
      world.status = 200;
      expect(await ask(patient)).to.equal('in 2 s');
      await clock.advance(2000);
      expect(await askAll(patient, 2)).to.deep.equal(['ok', 'ok']);
    });

  it('is asked again as soon as anybody is answered, also by a watch that is opened', async () => {
    const { world, patient, pressing, ask, askAll } = arrange();
    world.status = 0;
    await askAll(patient, 10);
    world.status = 200;
    expect(await askAll(patient, 1)).to.deep.equal(['in 1 s']);
    expect(await ask(pressing)).to.equal('ok');
    expect(await ask(patient)).to.equal('ok');
    world.status = 0;
    await askAll(patient, 10);
    world.status = 200;
    const ending = new AbortController();
    const watch = patient.watch(Lease, { resourceVersion: '', timeoutSeconds: 1, signal: ending.signal });
    const first = watch[Symbol.asyncIterator]().next();
    await new Promise(setImmediate);
    ending.abort();
    await first.catch(() => {});
    expect(await ask(patient)).to.equal('ok');
  });

  it('is not for answers that say what is wrong with the question', async () => {
    const { world, patient, askAll } = arrange();
    for (const status of [403, 404, 409, 422, 429]) {
      world.status = status;
      expect(new Set(await askAll(patient, 20))).to.deep.equal(new Set([`${status}`]));
    }
  });
});
