import { expect } from 'chai';
import { timeout } from '../testing/api-errors.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { missingAccess, type Permission } from './access.ts';

const permissions: Permission[] = [
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
  { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
  { verb: 'create', group: 'events.k8s.io', resource: 'events', namespace: 'shop' },
];

describe('missingAccess', () => {
  it('names what is missing, once', async () => {
    const server = new ApiServer({ clock: new FakeClock() });
    server.authorize = ({ resource }) => !['deployments', 'events'].includes(resource.plural);
    expect(await missingAccess(server, permissions)).to.deep.equal([
      'patch deployments.apps/scale',
      'create events.events.k8s.io in namespace shop',
    ]);
    server.authorize = () => true;
    expect(await missingAccess(server, permissions)).to.deep.equal([]);
  });

  it('does not take silence for consent', async () => {
    const server = new ApiServer({ clock: new FakeClock(), faults: () => ({ kind: 'error', error: timeout() }) });
    const error: unknown = await missingAccess(server, permissions).catch((reason: unknown) => reason);
    expect(error).to.include({ reason: 'Timeout' });
  });
});
