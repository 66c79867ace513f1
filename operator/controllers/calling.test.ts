import { expect } from 'chai';
import type { RecordedChange } from '../../crds/remediation.ts';
import type { RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import type { Delivery } from '../notify/post.ts';
import { Cluster, condition, nodeTarget } from './harness.test.ts';

/** A call whose arrival is not known cannot be taken back without an undo; of one that was never sent nothing needs to be. */
describe('a call of somebody outside the cluster', () => {
  const hook = 'https://hooks.example.com/fix';
  const named = 'webhooks: [{host: hooks.example.com}]';
  const nobodyThere: Delivery = { is: 'Later', answer: 'hooks.example.com did not answer: ECONNREFUSED', unsent: true };
  const noAnswer: Delivery = { is: 'Later', answer: 'hooks.example.com did not answer: it took too long' };
  const steps = (undo?: { url?: string }): RemediationPlanSpec['steps'] => [
    { name: 'cordon', action: { cordon: {} }, timeoutSeconds: 60 },
    {
      name: 'ticket',
      action: { webhook: { url: hook, timeoutSeconds: 5, ...(undo && { undo }) } },
      timeoutSeconds: 60,
    },
  ];

  let cluster: Cluster;
  beforeEach(() => (cluster = new Cluster()));
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const call = (): RecordedChange | undefined => cluster.remediation.status?.steps?.[1]?.changes?.[0];
  const types = (): string[] => cluster.sent.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  async function begin(file: string, undo?: { url?: string }): Promise<void> {
    cluster.notifiers.configure(file);
    const policy = cluster.policy();
    cluster.plan({ steps: steps(undo) });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
  }

  it('that is not in the notifiers file was not made, and everything is as before', async () => {
    await begin('webhooks: []');
    await cluster.seconds(40);
    expect(condition(cluster.remediation, 'Succeeded')).to.equal('False Forbidden');
    expect(call()?.calls).to.deep.equal({ tried: 1, unsent: 1 });
    expect(call()).not.to.have.property('undo');
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(cluster.isCordoned()).to.equal(false);
  });

  for (const undo of [undefined, {}])
    it(`that reaches nobody until its time is over was not made${undo ? ', and is not taken back by a call' : ''}`, async () => {
      cluster.answer = () => nobodyThere;
      await begin(named, undo);
      await cluster.seconds(10);
      expect(call()?.waiting?.message).to.equal(nobodyThere.answer);
      await cluster.seconds(90);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False StepFailed');
      expect(cluster.remediation.status?.steps?.[1]?.message).to.match(
        /^not done within 60 s: since \S+ hooks.example.com did not answer: ECONNREFUSED$/,
      );
      const { tried = 0, unsent } = call()?.calls ?? {};
      expect(tried).to.be.within(15, 40);
      expect(unsent).to.equal(tried);
      expect(new Set(types())).to.deep.equal(new Set(['dev.homeostat.webhook.do']));
      expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    });

  it('of which one try may have arrived may have been made', async () => {
    let tries = 0;
    cluster.answer = () => (++tries === 3 ? noAnswer : nobodyThere);
    await begin(named);
    await cluster.seconds(100);
    const { tried = 0, unsent } = call()?.calls ?? {};
    expect(unsent).to.equal(tried - 1);
    expect(condition(cluster.remediation, 'Undone')).to.equal('False Irreversible');
  });

  it('may have been made by a process that died before it noted the answer', async () => {
    cluster.crash = ({ kind, subresource }) =>
      kind === 'Remediation' && subresource === 'status' && cluster.sent.length > 0;
    await begin(named);
    await cluster.seconds(1);
    cluster.answer = () => nobodyThere;
    await cluster.restart();
    await cluster.seconds(100);
    const { tried = 0, unsent } = call()?.calls ?? {};
    expect(unsent).to.equal(tried - 1);
    expect(condition(cluster.remediation, 'Undone')).to.equal('False Irreversible');
  });

  it('is made again where it is not certain, and is taken back by its undo', async () => {
    let tries = 0;
    cluster.answer = () => (++tries === 1 ? noAnswer : tries < 40 ? nobodyThere : { is: 'Accepted', answer: 'ok' });
    await begin(named, {});
    await cluster.seconds(300);
    expect(types().at(-1)).to.equal('dev.homeostat.webhook.undo');
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
  });

  it('that is longer than what can be recorded is not made', async () => {
    cluster.notifiers.configure(named);
    const policy = cluster.policy();
    const [cordon, ticket] = steps();
    if (cordon === undefined || ticket?.action.webhook === undefined) return expect.fail();
    const data = { much: 'x'.repeat(300_000) };
    cluster.plan({ steps: [cordon, { ...ticket, action: { webhook: { ...ticket.action.webhook, data } } }] });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(40);
    expect(cluster.remediation.status?.steps?.[1]?.message).to.match(/^TooLarge: .* 262144 characters /);
    expect(condition(cluster.remediation, 'Undone')).to.equal('True Undone');
    expect(cluster.sent).to.deep.equal([]);
  });
});
