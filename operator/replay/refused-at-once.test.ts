import { expect } from 'chai';
import { ApiError } from '../kube/api.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { refusedAtOnce } from './refused-at-once.ts';

describe('refusedAtOnce', () => {
  const ask = (mayNot: string | undefined): Promise<unknown> => {
    const server = new ApiServer({ clock: new FakeClock(0) });
    server.authorize = ({ resource }) => resource.kind !== mayNot;
    return refusedAtOnce(server.as('alice')).catch((error: unknown) => error);
  };

  it('says what may not be listed', async () => {
    const error = await ask('StatefulSet');
    expect(error).to.be.instanceOf(ApiError).and.have.property('status', 403);
    expect(String(error)).to.include('statefulsets');
  });

  it('has nothing to say where everything may be', async () => {
    expect(await ask(undefined)).to.equal(undefined);
  });
});
