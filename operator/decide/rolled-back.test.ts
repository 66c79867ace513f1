import { expect } from 'chai';
import { valueAt } from '../actions/json.ts';
import type { KubeObject } from '../kube/api.ts';
import { Deployment, ReplicaSet } from '../kube/resources.ts';
import { controllerReference, deployment, replicaSet } from '../testing/fixtures.ts';
import { Shell, targets } from './harness.test.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image }] },
});

describe('rolling back', () => {
  let shell: Shell;
  beforeEach(() => {
    shell = new Shell();
    shell.server.seed(Deployment, deployment({ uid: 'uid-web', generation: 1 }, { template: template('web:3') }));
    // Each of them has worked at some time; of the first there is no memory.
    shell.cluster = { ...shell.cluster, wasAvailable: (uid) => uid !== 'rs-1' };
    revisions({ 1: 1, 2: 2, 3: 3 });
  });

  /** The number of the revision by which of its images. */
  const revisions = (numbers: Readonly<Record<number, number>>): void => {
    for (const [image, number] of Object.entries(numbers)) {
      const metadata = {
        name: `web-${image}`,
        uid: `rs-${image}`,
        annotations: { 'deployment.kubernetes.io/revision': String(number) },
        ownerReferences: [controllerReference('apps/v1', 'Deployment', 'web', 'uid-web')],
      };
      shell.server.seed(ReplicaSet, replicaSet(metadata, { template: template(`web:${image}`) }));
    }
  };
  const image = (): unknown => {
    const found = shell.server.find<KubeObject>(Deployment, { namespace: 'shop', name: 'web' });
    return valueAt(found, '/spec/template/spec/containers/[name=app]/image');
  };
  const attempt = async (name: string): Promise<string | undefined> => {
    shell.create([{ rolloutUndo: {} }], { target: targets.workload, verify: keep }, name);
    await shell.settle(name);
    await shell.clock.advance(300_000);
    shell.judge('Firing');
    await shell.settle(name);
    return shell.get(name).status?.steps?.[0]?.message;
  };
  const keep = { stabilizationSeconds: 10, timeoutSeconds: 60, onFailure: 'Keep' } as const;

  it('does not bring back what it has rolled back when that did not help', async () => {
    await attempt('fix-1');
    expect(image()).to.equal('web:2');
    // As the Deployment controller counts: what is gone back to is the latest revision now.
    revisions({ 2: 4 });
    await shell.clock.advance(300_000);
    shell.judge('Firing');
    expect(await attempt('fix-2')).to.equal(
      'RolledBackAlready: rolloutUndo would bring back what fix-1 has rolled back',
    );
    expect(image()).to.equal('web:2');
  });
});
