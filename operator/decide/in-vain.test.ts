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
    // Each of them has worked at some time.
    shell.cluster = { ...shell.cluster, wasAvailable: () => true };
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
  const attempt = async (name: string, onFailure: 'Keep' | 'Undo' = 'Keep'): Promise<string | undefined> => {
    const verify = { stabilizationSeconds: 10, timeoutSeconds: 60, onFailure };
    shell.create([{ rolloutUndo: {} }], { target: targets.workload, verify }, name);
    await shell.settle(name);
    await shell.clock.advance(300_000);
    shell.judge('Firing');
    await shell.settle(name);
    await shell.clock.advance(600_000);
    shell.judge('Firing');
    return shell.get(name).status?.steps?.[0]?.message;
  };
  it('goes further back with each attempt, and not to what was rolled back', async () => {
    await attempt('fix-1');
    expect(image()).to.equal('web:2');
    // As the Deployment controller counts: what is gone back to is the latest revision now.
    revisions({ 2: 4 });
    await attempt('fix-2');
    expect(image()).to.equal('web:1');
    revisions({ 1: 5 });
    expect(await attempt('fix-3')).to.match(/^TriedInVain: of Deployment shop\/web revision 4, 3 was rolled back/);
    expect(image()).to.equal('web:1');
  });

  it('does not go once more to what was taken back because it did not help', async () => {
    await attempt('fix-1', 'Undo');
    expect(image()).to.equal('web:3');
    await attempt('fix-2', 'Keep');
    expect(image()).to.equal('web:1');
  });
});
