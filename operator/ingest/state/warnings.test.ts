import { expect } from 'chai';
import type { KubeObject } from '../../kube/api.ts';
import { silentLogger } from '../../kube/logger.ts';
import { Event } from '../../kube/resources.ts';
import { ApiServer } from '../../testing/api-server.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { warningMetrics, Warnings, warningView } from './warnings.ts';
import { stateColumns } from './samples.ts';

const aboutPod = { reason: 'Unhealthy', regarding: { kind: 'Pod', uid: 'uid-1', name: 'web-1' } };

/** As kubelets and schedulers write it. */
const warning = (name: string, more: object = {}): KubeObject & { type: string } => ({
  metadata: { name, namespace: 'shop' },
  type: 'Warning',
  ...aboutPod,
  ...more,
});

describe('Warnings', () => {
  let clock: FakeClock;
  let api: ApiServer;
  let warnings: Warnings;
  const changes: (string | undefined)[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    api = new ApiServer({ clock });
    warnings = Warnings.of({ api, clock, random: () => 0, logger: silentLogger });
    changes.length = 0;
    warnings.onChange((about) => changes.push(about));
  });
  afterEach(() => warnings.stop());

  const create = async (name: string, more: object = {}): Promise<void> => {
    await api.create(Event, warning(name, more));
    await clock.advance(10);
  };
  const begin = async (): Promise<void> => {
    warnings.start();
    await clock.advance(10);
  };

  it('watches nothing, and knows nothing, before it is wanted', async () => {
    await create('a');
    await clock.advance(60_000);
    expect(warnings.about('Pod/uid-1')).to.be.NaN;
    expect(changes).to.deep.equal([]);
  });

  it('counts from what there was', async () => {
    await create('a', { deprecatedCount: 7 });
    await begin();
    expect(changes).to.deep.equal([undefined]);
    expect(warnings.about('Pod/uid-1')).to.equal(0);
    await create('b');
    expect(warnings.about('Pod/uid-1')).to.equal(1);
    expect(changes).to.deep.equal([undefined, 'Pod/uid-1']);
  });

  it('counts repetitions as they are told, by the old API and by the new one', async () => {
    await begin();
    await create('a', { deprecatedCount: 1 });
    const key = { namespace: 'shop', name: 'a' };
    await api.patch(Event, key, { type: 'merge', body: { deprecatedCount: 4 } });
    await clock.advance(10);
    expect(warnings.about('Pod/uid-1')).to.equal(4);
    await api.patch(Event, key, { type: 'merge', body: { series: { count: 6 } } });
    await clock.advance(10);
    expect(warnings.about('Pod/uid-1')).to.equal(6);
  });

  it('knows nodes by name, and passes over what is no warning, about others, or our own', async () => {
    await begin();
    await create('a', { regarding: { kind: 'Node', uid: 'node-1', name: 'node-1' } });
    await create('b', { type: 'Normal' });
    await create('c', { regarding: { kind: 'Job', uid: 'uid-1', name: 'x' } });
    await create('d', { reportingController: 'homeostat.dev/operator' });
    await create('e', { regarding: undefined });
    expect(warnings.about('Node/node-1')).to.equal(1);
    expect(warnings.about('Pod/uid-1')).to.equal(0);
  });

  it('begins again when the last has expired', async () => {
    await begin();
    await create('a');
    await create('b');
    await api.delete(Event, { namespace: 'shop', name: 'a' });
    await clock.advance(10);
    expect(warnings.about('Pod/uid-1')).to.equal(2);
    await api.delete(Event, { namespace: 'shop', name: 'b' });
    await clock.advance(10);
    expect(warnings.about('Pod/uid-1')).to.equal(0);
    await create('b');
    expect(warnings.about('Pod/uid-1')).to.equal(1);
  });

  it('keeps of an Event only what it counts', () => {
    const seen = warningView({ ...warning('a', { note: 'x'.repeat(1000) }) });
    expect(seen).to.deep.equal({ metadata: { name: 'a', namespace: 'shop' }, about: 'Pod/uid-1', count: 1 });
  });

  it('makes metrics of the catalogue', () => {
    const told = new Set(stateColumns.map(({ metric }) => metric));
    expect([...warningMetrics].filter((metric) => !told.has(metric))).to.deep.equal([]);
  });
});
