import { expect } from 'chai';
import type { PlanStep } from '../../crds/remediation-plan.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { Node } from '../kube/resources.ts';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { node } from '../testing/fixtures.ts';
import type { BoundAction, Change, Origin, Target } from './action.ts';
import { ask, send } from './conformance.test.ts';
import { readOf } from './fields.ts';
import { isJsonObject } from './json.ts';
import { nameOf } from './made.ts';
import { actionOf } from './registry.ts';
import { resourceOf } from './resources.ts';
import { revert } from './revert.ts';

const origin: Origin = { namespace: 'shop', name: 'fence-1', uid: 'uid-rem', step: 'fix' };
const target: Target = { kind: 'Node', name: 'node-1', uid: 'uid-node-1' };
const context = { target, manager: 'homeostat/shop/fence-1', nowMs: 0 };
const medik8s = 'self-node-remediation.medik8s.io/v1alpha1';
const Fix = resourceOf(medik8s, 'SelfNodeRemediation');
const Template = resourceOf(medik8s, 'SelfNodeRemediationTemplate');
const Job = resourceOf('batch/v1', 'Job');
const Pod = resourceOf('v1', 'Pod');

describe('what is made', () => {
  let server: ApiServer;
  beforeEach(() => {
    server = new ApiServer({ clock: new FakeClock() });
    server.seed(Node, node({ name: 'node-1', uid: 'uid-node-1' }));
  });

  const look = (action: BoundAction, purpose: 'Plan' | 'Confirm', changes: readonly Change[] = []) =>
    ask(server, [...action.reads(target, purpose), ...changes.map(readOf)]);
  const begin = async (step: PlanStep['action']) => {
    const action = actionOf(step, origin);
    const plan = action.plan(await look(action, 'Plan'), context);
    if (plan.is !== 'Changes') return expect.fail(`${plan.is}: ${plan.message}`);
    const changes = [...plan.changes];
    await send(server, action.requests(changes, await look(action, 'Confirm', changes), context));
    return { action, changes };
  };
  const effect = async ({ action, changes }: Awaited<ReturnType<typeof begin>>) => {
    const { is, message } = action.effect(changes, await look(action, 'Confirm', changes), context);
    return `${is}: ${message}`;
  };
  const reversal = async ({ action, changes }: Awaited<ReturnType<typeof begin>>) => {
    const [change = expect.fail('nothing was made')] = changes;
    return revert(action, change, await look(action, 'Confirm', changes), context);
  };
  const says = (resource: Resource, name: string, conditions: object[]): Promise<KubeObject> => {
    const patch = { type: 'merge', body: { status: { conditions } } } as const;
    return server.patch(resource, { namespace: 'shop', name }, patch, { subresource: 'status' });
  };

  describe('by createObject', () => {
    const templateRef = { apiVersion: medik8s, kind: 'SelfNodeRemediationTemplate', name: 'automatic' };
    const waitFor = {
      condition: { type: 'Succeeded', status: 'True' },
      failedCondition: { type: 'Succeeded', status: 'False' },
    } as const;
    const remediate = { createObject: { templateRef, named: 'Node', waitFor } } as const;
    beforeEach(() => {
      const spec = { template: { metadata: { labels: { by: 'template' } }, spec: { strategy: 'Automatic' } } };
      server.seed(Template, { metadata: { name: 'automatic', namespace: 'shop' }, spec } as KubeObject);
    });

    it('is what medik8s expects: named after the node, from the template, owned by us', async () => {
      await begin(remediate);
      const made = server.find<KubeObject & { spec: object }>(Fix, { namespace: 'shop', name: 'node-1' });
      expect(made?.spec).to.deep.equal({ strategy: 'Automatic' });
      expect(made?.metadata.labels).to.include({ by: 'template', 'homeostat.dev/step': 'fix' });
      expect(made?.metadata.ownerReferences?.[0]).to.include({ kind: 'Remediation', name: 'fence-1', uid: 'uid-rem' });
    });

    const words: [status: string, effect: string][] = [
      ['Unknown', 'Pending: SelfNodeRemediation shop/node-1 has not come to Succeeded=True yet'],
      ['True', 'Done: SelfNodeRemediation shop/node-1 has done its work'],
      ['False', 'Failed: SelfNodeRemediation shop/node-1 says that it has failed'],
    ];
    for (const [status, expected] of words)
      it(`is waited for: Succeeded=${status}`, async () => {
        const made = await begin(remediate);
        await says(Fix, 'node-1', [{ type: 'Succeeded', status, reason: 'x', message: '' }]);
        expect(await effect(made)).to.equal(expected);
      });

    it('is waited for by an expression, that is not true of what is not there yet', async () => {
      const expression = 'object.status.phase == "Done" && object.status.count > 1';
      const object = { apiVersion: medik8s, kind: 'SelfNodeRemediation', spec: {} };
      const made = await begin({ createObject: { object, named: 'Step', waitFor: { expression } } });
      const patch = (status: object) =>
        server.patch(Fix, { namespace: 'shop', name: 'fence-1-fix' }, { type: 'merge', body: { status } }, {});
      expect(await effect(made)).to.include('Pending');
      await patch({ phase: 'Done', count: 2 });
      expect(await effect(made)).to.include('Done');
    });

    it('leaves an object alone that has the name already', async () => {
      const theirs = { metadata: { name: 'node-1', namespace: 'shop', uid: 'theirs' } };
      server.seed(Fix, theirs);
      const action = actionOf(remediate, origin);
      const plan = action.plan(await look(action, 'Plan'), context);
      if (plan.is !== 'Changes') return expect.fail(plan.message);
      const live = await look(action, 'Confirm', plan.changes);
      const [change = expect.fail('no change')] = plan.changes;
      expect(action.inspect(change, live, context)).to.include({ is: 'Foreign' });
      expect(revert(action, change, live, context)).to.include({ is: 'Superseded' });
    });

    it('is not ours any more when another one has its name and its uid is known', async () => {
      const made = await begin(remediate);
      const [change = expect.fail('no change')] = made.changes;
      change.object.uid = server.find(Fix, { namespace: 'shop', name: 'node-1' })?.metadata.uid ?? '';
      expect(await reversal(made)).to.include({ is: 'Restore' });
      await server.delete(Fix, { namespace: 'shop', name: 'node-1' });
      expect(made.action.inspect(change, await look(made.action, 'Confirm', made.changes), context)).to.include({
        is: 'Gone',
      });
      expect(await reversal(made)).to.include({ is: 'AlreadyThere' });
      server.seed(Fix, { metadata: { name: 'node-1', namespace: 'shop', uid: 'other' } });
      expect(await reversal(made)).to.include({ is: 'AlreadyThere' });
      await send(
        server,
        made.action.requests([change], await look(made.action, 'Confirm', made.changes), context),
      ).catch(() => {});
      expect(server.find(Fix, { namespace: 'shop', name: 'node-1' })?.metadata.uid).to.equal('other');
    });

    it('that takes its time to be deleted is waited for', async () => {
      const made = await begin(remediate);
      const place = { namespace: 'shop', name: 'node-1' };
      await server.patch(Fix, place, { type: 'merge', body: { metadata: { finalizers: ['x/y'] } } }, {});
      await server.delete(Fix, place);
      expect(await reversal(made)).to.include({ is: 'Underway' });
    });

    const refused: [what: string, edit: object, reason: string, says: string][] = [
      ['a template that is not there', { templateRef: { ...templateRef, name: 'none' } }, 'TemplateNotFound', 'none'],
      [
        'an unknown placeholder',
        { templateRef: undefined, object: { apiVersion: 'v1', kind: 'A', data: { a: '${target.nam}' } } },
        'InvalidParameters',
        'there are target.kind',
      ],
      [
        'a placeholder that stands for nothing',
        { templateRef: undefined, object: { apiVersion: 'v1', kind: 'A', data: ['${target.container}'] } },
        'InvalidParameters',
        'no such thing',
      ],
      ['a wrong expression', { waitFor: { expression: 'status.phase' } }, 'InvalidParameters', 'there are object'],
    ];
    for (const [what, edit, reason, text] of refused)
      it(`is refused with ${what}`, async () => {
        const action = actionOf({ createObject: { ...remediate.createObject, ...edit } }, origin);
        const plan = action.plan(await look(action, 'Plan'), context);
        expect(plan).to.include({ is: 'Refused', reason });
        expect(plan.message).to.include(text);
      });
  });

  describe('by job', () => {
    const undo = { command: ['unfix'] };
    const run = (more: object = {}): PlanStep['action'] => ({
      job: { image: 'fix:1', runAsUser: 1000, deadlineSeconds: 60, ...more },
    });
    const ended = async (name: string, type: 'Complete' | 'Failed', exitCode: number, message: string) => {
      server.seed(Pod, {
        metadata: { name: `${name}-pod`, namespace: 'shop', labels: { 'homeostat.dev/job': name } },
        status: { containerStatuses: [{ state: { terminated: { exitCode, message } } }] },
      } as unknown as KubeObject);
      await says(Job, name, [{ type, status: 'True', reason: 'BackoffLimitExceeded', message: 'too many' }]);
    };

    it('knows what it is about, and runs as the account of the plan without privileges', async () => {
      const action = actionOf(run(), { ...origin, serviceAccountName: 'fixer' });
      const plan = action.plan(await look(action, 'Plan'), context);
      if (plan.is !== 'Changes') return expect.fail(plan.message);
      const job = JSON.parse(plan.changes[0]?.to ?? '') as { spec: { template: { spec: Record<string, unknown> } } };
      const { spec } = job.spec.template;
      expect(spec).to.include({ serviceAccountName: 'fixer', restartPolicy: 'Never' });
      expect(spec['securityContext']).to.include({ runAsNonRoot: true, runAsUser: 1000 });
      expect(JSON.stringify(spec)).to.include('{"name":"HOMEOSTAT_TARGET_NODE","value":"node-1"}');
    });

    it('is told to ask the API server for nothing when the plan names no account', async () => {
      const { changes } = await begin(run());
      expect(changes[0]?.to)
        .to.include('"automountServiceAccountToken":false')
        .and.not.to.include('serviceAccountName');
    });

    it('is waited for; its exit code and last words are told', async () => {
      const made = await begin(run());
      expect(await effect(made)).to.equal('Pending: Job shop/fence-1-fix is running');
      await ended('fence-1-fix', 'Failed', 3, `${'x'.repeat(1000)}\ndisk is full\n`);
      const text = await effect(made);
      expect(text).to.match(
        /^Failed: Job shop\/fence-1-fix failed \(BackoffLimitExceeded\), exit code 3: …x+\ndisk is full$/,
      );
      expect(text.length).to.be.below(600);
    });

    it('is done when it is complete', async () => {
      const made = await begin(run());
      await ended('fence-1-fix', 'Complete', 0, '');
      expect(await effect(made)).to.equal('Done: Job shop/fence-1-fix is complete, exit code 0');
    });

    it('cannot be taken back without an undo of its own, and says so before', async () => {
      const made = await begin(run());
      expect(made.action.reversible).to.equal(false);
      expect(await reversal(made)).to.include({ is: 'Irreversible' });
    });

    it('is taken back by its undo, once it has ended, and that is waited for', async () => {
      const made = await begin(run({ undo }));
      expect(made.action.reversible).to.equal(true);
      expect(await reversal(made)).to.include({ is: 'Underway' });
      await ended('fence-1-fix', 'Complete', 0, '');
      const restoring = await reversal(made);
      if (restoring.is !== 'Restore') return expect.fail(restoring.is);
      await send(server, made.action.requests([restoring.change], await look(made.action, 'Confirm'), context));
      const job = server.find<KubeObject & { spec: unknown }>(Job, { namespace: 'shop', name: 'fence-1-fix-undo' });
      expect(isJsonObject(job?.spec) && JSON.stringify(job.spec)).to.include('"command":["unfix"]');
      expect(await reversal(made)).to.include({ is: 'Underway', message: 'Job shop/fence-1-fix-undo is running' });
      await ended('fence-1-fix-undo', 'Complete', 0, '');
      expect(await reversal(made)).to.include({ is: 'AlreadyThere' });
    });

    it('whose undo has failed cannot be taken back, and its last words say why', async () => {
      const made = await begin(run({ undo }));
      await ended('fence-1-fix', 'Failed', 1, '');
      const restoring = await reversal(made);
      if (restoring.is !== 'Restore') return expect.fail(restoring.is);
      await send(server, made.action.requests([restoring.change], await look(made.action, 'Confirm'), context));
      await ended('fence-1-fix-undo', 'Failed', 2, 'cannot unfix');
      expect(await reversal(made))
        .to.have.property('message')
        .that.includes('cannot unfix');
    });
  });

  it('has a name that fits, and tells steps apart', () => {
    const long = { ...origin, name: 'n'.repeat(63) };
    const names = ['a', 'b', 's'.repeat(63)].map((step) => nameOf({ ...long, step }));
    for (const name of names) expect(name).to.match(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(new Set(names).size).to.equal(3);
    expect(nameOf(origin)).to.equal('fence-1-fix');
    expect(nameOf(origin, '-undo')).to.equal('fence-1-fix-undo');
  });
});
