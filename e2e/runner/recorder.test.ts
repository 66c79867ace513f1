import { expect } from 'chai';
import { Node } from '../../operator/kube/resources.ts';
import { systemClock } from '../../operator/kube/clock.ts';
import { timeout } from '../../operator/testing/api-errors.ts';
import { ApiServer } from '../../operator/testing/api-server.ts';
import { node } from '../../operator/testing/fixtures.ts';
import { Recorder } from './recorder.ts';

describe('Recorder', () => {
  it('survives a server that goes, and then records what it missed', async () => {
    const server = new ApiServer({ clock: systemClock });
    for (const name of ['kept', 'changed', 'removed']) server.seed(Node, node({ name, uid: `uid-${name}` }));
    const recorder = new Recorder(server);
    await recorder.start([Node]);
    const patch = (name: string) =>
      server.patch(Node, { name }, { type: 'merge', body: { spec: { unschedulable: true } } });
    // What the watch tells ends here: the next list finds the rest.
    let away = true;
    server.faults = ({ verb }) =>
      away && (verb === 'list' || verb === 'watch') ? { kind: 'error', error: timeout() } : undefined;
    server.closeWatches({ code: 410, reason: 'Expired' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await patch('changed');
    await server.delete(Node, { name: 'removed' });
    server.seed(Node, node({ name: 'new', uid: 'uid-new' }));
    setTimeout(() => (away = false), 700);
    const seen = await recorder.first(
      'the new one',
      0,
      Date.now() + 60_000,
      ({ object }) => object.metadata.name === 'new',
    );
    expect(seen.type).to.equal('ADDED');
    const since = recorder.observations.slice(3).map(({ type, object }) => `${type} ${object.metadata.name}`);
    expect(since).to.have.members(['MODIFIED changed', 'ADDED new', 'DELETED removed']);
    expect(recorder.present('Node').map(({ metadata }) => metadata.name)).to.have.members(['kept', 'changed', 'new']);
    await recorder.stop();
  });
});
