import { ApiServer } from './api-server.ts';
import { conformance } from './conformance.ts';
import { FakeClock } from './fake-clock.ts';

conformance('in memory', async () => {
  const api = new ApiServer({ clock: new FakeClock(), authorize: ({ user }) => user === undefined });
  return { api, namespace: 'shop' };
});
