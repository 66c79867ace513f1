import { expect } from 'chai';
import type { NotificationRecord } from '../../crds/incident.ts';
import type { RemediationPlan as Plan, RemediationPlanSpec } from '../../crds/remediation-plan.ts';
import type { DetectionPolicy as Policy, DetectionPolicySpec } from '../../crds/detection-policy.ts';
import { DetectionPolicy, Incident, RemediationPlan } from '../kube/resources.ts';
import { Cluster, condition, nodeTarget, rootNamespace } from './harness.test.ts';

const file = `
notifiers:
  - {name: oncall, pagerDuty: {routingKey: R1, url: "https://pager.example.com"}}
  - {name: chat, slack: {url: "https://slack.example.com"}}
  - {name: alerts, alertmanager: {url: "https://alerts.example.com"}}
`;
const escalate = (notifier: string): Partial<DetectionPolicySpec> => ({ routes: [{ to: 'Escalate', notifier }] });

describe('telling people', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster();
    cluster.notifiers.configure(file);
  });
  afterEach(async () => {
    await cluster.operator.die();
    expect(cluster.refused).to.deep.equal([]);
  });

  const bodies = (): { event_action: string; dedup_key: string; payload?: { custom_details: { story: string } } }[] =>
    cluster.sent.map(({ body }) => JSON.parse(body) as ReturnType<typeof bodies>[number]);
  const actions = (): string[] => bodies().map(({ event_action }) => event_action);
  const record = (): NotificationRecord | undefined => cluster.incident.status?.notifications?.[0];

  it('leads a route that escalates to its notifier: opened, acknowledged, resolved, each once', async () => {
    const policy = cluster.policy(escalate('oncall'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(2);
    expect(actions()).to.deep.equal(['trigger']);
    expect(condition(cluster.incident, 'Escalated')).to.equal('True RouteEscalates');
    await cluster.edit(Incident, cluster.incident.metadata.name, { spec: { acknowledged: { by: 'alice' } } });
    await cluster.seconds(2);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(600);
    expect(actions()).to.deep.equal(['trigger', 'acknowledge', 'resolve']);
    expect(new Set(bodies().map(({ dedup_key }) => dedup_key)).size).to.equal(1);
    expect(record()).to.include({ state: 'Delivered', told: 'Resolved', reason: 'RouteEscalates' });
  });

  it('tells with all that was tried when the attempts are exhausted', async () => {
    const policy = cluster.policy();
    cluster.plan({
      guards: { maxConcurrent: 1, maxAttempts: 2, cooldownSeconds: 1 },
      escalation: { notifier: 'oncall' },
    });
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(62);
    expect(cluster.sent).to.deep.equal([]);
    await cluster.seconds(70);
    expect(actions()).to.deep.equal(['trigger']);
    const story = bodies()[0]?.payload?.custom_details.story ?? '';
    expect(story)
      .to.include('2 of 2 attempts have failed')
      .and.to.include('silent (k8s.node.kubelet.probe.failures) is 3');
    expect(story.match(/attempt \d \(fence-[0-9a-f]+\): StillFiring/g)).to.have.lengthOf(2);
    expect(condition(cluster.incident, 'Escalated')).to.equal('True AttemptsExhausted');
  });

  it('goes on after a restart, and tells nothing twice that is on record', async () => {
    cluster.answer = () => ({ is: 'Later', answer: 'down' });
    const policy = cluster.policy(escalate('oncall'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(2);
    expect(record()).to.include({ state: 'Failing', error: 'down' });
    cluster.answer = () => ({ is: 'Accepted', answer: 'ok' });
    cluster.sent.length = 0;
    await cluster.restart();
    await cluster.seconds(2);
    expect([actions(), record()?.state]).to.deep.equal([['trigger'], 'Delivered']);
    await cluster.restart();
    await cluster.seconds(600);
    expect(actions()).to.deep.equal(['trigger']);
  });

  it('tells again, under the same id, what was delivered when the process died before its note', async () => {
    const policy = cluster.policy(escalate('chat'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing', {});
    let first = true;
    cluster.crash = ({ kind, subresource }) => kind === 'Incident' && subresource === 'status' && !(first = !first);
    await cluster.seconds(2);
    await cluster.restart();
    await cluster.seconds(2);
    expect(record()).to.include({ state: 'Delivered', told: 'Opened' });
    expect(new Set(cluster.sent.map(({ body }) => body)).size).to.equal(1);
  });

  it('never holds up a decision: the target is acted on while a notifier is silent', async () => {
    cluster.answer = () => ({ is: 'Later', answer: 'down' });
    cluster.deliver = () => new Promise(() => {});
    const routes = [{ to: 'Remediate', plan: 'fence' }] as const;
    const policy = cluster.policy({ routes: [...routes] });
    const other = cluster.policy(escalate('oncall'), 'other');
    cluster.plan();
    await cluster.start();
    await cluster.judged(other, nodeTarget('node-2'), 'Firing');
    await cluster.judged(policy, nodeTarget(), 'Firing');
    expect(cluster.isCordoned()).to.equal(true);
  });

  it('does not tell of the beginning when it is over', async () => {
    cluster.answer = () => ({ is: 'Later', answer: 'down' });
    const policy = cluster.policy(escalate('chat'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(1);
    expect(record()).to.include({ state: 'Dropped' });
    const { length } = cluster.sent;
    await cluster.seconds(600);
    expect(cluster.sent).to.have.lengthOf(length);
  });

  it('repeats what a receiver forgets, until it is over', async () => {
    const policy = cluster.policy(escalate('alerts'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(130);
    expect(cluster.sent).to.have.lengthOf(3);
    const writes = cluster.server.requests.length;
    await cluster.seconds(120);
    expect(cluster.sent).to.have.lengthOf(5);
    const statuses = cluster.server.requests.slice(writes).filter(({ resource }) => resource.kind === 'Incident');
    expect(statuses).to.deep.equal([]);
    await cluster.judged(policy, nodeTarget(), 'Inactive');
    await cluster.seconds(600);
    expect(cluster.sent).to.have.lengthOf(6);
    const [alert] = JSON.parse(cluster.sent[5]?.body ?? '') as { endsAt: string }[];
    expect(Date.parse(alert?.endsAt ?? '')).to.be.below(cluster.clock.now());
  });

  it('says on the plan that a step names an unknown notifier', async () => {
    cluster.plan({
      steps: [{ name: 'say', action: { notify: { notifier: 'sms', message: 'x' } }, timeoutSeconds: 60 }],
    });
    await cluster.start();
    const found = (): string | undefined =>
      condition(
        cluster.server.find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' }),
        'NotifierFound',
      );
    expect(found()).to.equal('False NotifierNotFound');
    cluster.notifiers.configure(file.replace('chat', 'sms'));
    await cluster.settle();
    expect(found()).to.equal('True Exists');
  });

  it('says on the plan that a step calls a host that may not be called', async () => {
    const webhook = { url: 'https://hooks.example.com/fix', timeoutSeconds: 5 };
    cluster.plan({ steps: [{ name: 'call', action: { webhook }, timeoutSeconds: 60 }] });
    await cluster.start();
    const found = () =>
      cluster.server
        .find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' })
        ?.status?.conditions?.find(({ type }) => type === 'NotifierFound');
    expect(found()).to.include({ status: 'False', reason: 'HostNotAllowed' });
    expect(found()?.message).to.match(/^hooks.example.com may not be called: .* add it there, or change the plan; /);
    cluster.notifiers.configure(`${file}webhooks: [{host: hooks.example.com}]`);
    await cluster.settle();
    expect(found()).to.include({ status: 'True', message: 'whom its steps call may be called' });
  });

  it('says on policy, plan and Incident that a notifier is unknown, and tells once it is there', async () => {
    const policy = cluster.policy(escalate('sms'));
    cluster.plan({ escalation: { notifier: 'sms' } });
    await cluster.start();
    const stored = () => [
      condition(cluster.server.find<Policy>(DetectionPolicy, policy.metadata), 'NotifiersFound'),
      condition(
        cluster.server.find<Plan>(RemediationPlan, { namespace: rootNamespace, name: 'fence' }),
        'NotifierFound',
      ),
    ];
    expect(stored()).to.deep.equal(['False NotifierNotFound', 'False NotifierNotFound']);
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    expect(record()).to.deep.include({ state: 'UnknownNotifier' });
    expect(record()?.error).to.include('add it to the notifiers file');
    cluster.notifiers.configure(`${file}  - {name: sms, webhook: {url: "https://sms.example.com"}}`);
    await cluster.seconds(1);
    expect(record()).to.deep.include({ state: 'Delivered', told: 'Opened' });
    expect(stored()).to.deep.equal(['True AllExist', 'True Exists']);
    expect(cluster.sent).to.have.lengthOf(1);
  });

  describe('by a step', () => {
    const hook = 'https://hooks.example.com/fix';
    const steps = (): RemediationPlanSpec['steps'] => [
      { name: 'cordon', action: { cordon: {} }, timeoutSeconds: 60 },
      {
        name: 'ticket',
        action: { webhook: { url: hook, timeoutSeconds: 5, data: { node: '${target.name}' }, undo: {} } },
        timeoutSeconds: 60,
        undo: { when: 'Recovered', afterSeconds: 0 },
      },
      {
        name: 'say',
        action: { notify: { notifier: 'chat', message: '${target.name} is cordoned' } },
        timeoutSeconds: 60,
      },
    ];
    const posts = (): { id: string; type: string; data: { parameters: object } }[] =>
      cluster.sent
        .filter((message) => message.is === 'Post' && message.url === hook)
        .map(({ body }) => JSON.parse(body) as ReturnType<typeof posts>[number]);
    const begin = async (): Promise<ReturnType<typeof cluster.policy>> => {
      cluster.notifiers.configure(`${file}webhooks: [{host: hooks.example.com, secret: s}]`);
      const policy = cluster.policy();
      cluster.plan({ steps: steps() });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(3);
      return policy;
    };

    it('says what the step wants to be said, and calls whom it names; taken back, calls again', async () => {
      const policy = await begin();
      expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
      const said = cluster.sent.find(({ body }) => body.includes('is cordoned'));
      expect(said?.body).to.include('node-1 is cordoned');
      expect(record()).to.include({ notifier: 'chat', reason: 'StepAsks', state: 'Delivered', told: 'Message' });
      const { uid } = cluster.remediation.metadata;
      expect(posts().map(({ id, type }) => [id, type])).to.deep.equal([[`${uid}-ticket`, 'dev.homeostat.webhook.do']]);
      expect(posts()[0]?.data.parameters).to.deep.equal({ node: 'node-1' });
      await cluster.judged(policy, nodeTarget(), 'Inactive');
      await cluster.seconds(12);
      expect(posts()[1]).to.include({ id: `${uid}-ticket-undo`, type: 'dev.homeostat.webhook.undo' });
      await cluster.seconds(100);
      expect(posts()).to.have.lengthOf(2);
      expect(cluster.isCordoned()).to.equal(true);
      // What was said stays said, and is not told to be as before.
      const undone = cluster.remediation.status?.timeline?.filter(({ what }) => what.startsWith('undo of'));
      expect(undone?.map(({ what }) => what)).to.deep.equal([
        `undo of Call ${rootNamespace}/${uid}-ticket: done, hooks.example.com has accepted its undo`,
      ]);
    });

    for (const when of ['before', 'after'] as const)
      it(`calls again under the same key after a crash ${when} the note of the answer`, async () => {
        cluster.notifiers.configure(`${file}webhooks: [{host: hooks.example.com}]`);
        const policy = cluster.policy();
        cluster.plan({ steps: steps() });
        await cluster.start();
        cluster.crash = ({ kind, subresource }) => {
          if (kind !== 'Remediation' || subresource !== 'status' || posts().length === 0) return false;
          return when === 'before' ? true : 'after';
        };
        await cluster.judged(policy, nodeTarget(), 'Firing');
        await cluster.seconds(1);
        await cluster.restart();
        await cluster.seconds(5);
        expect(condition(cluster.remediation, 'Applied')).to.equal('True AllStepsDone');
        expect(posts()).to.have.lengthOf(when === 'before' ? 2 : 1);
        expect(new Set(posts().map(({ id }) => id)).size).to.equal(1);
      });

    it('calls nobody who is not in the file, and says so', async () => {
      const policy = cluster.policy();
      cluster.plan({ steps: steps() });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(3);
      expect(posts()).to.deep.equal([]);
      const message = cluster.remediation.status?.steps?.[1]?.message;
      expect(message).to.include('hooks.example.com may not be called').and.to.include('notifiers file');
      const told = cluster.remediation.status?.conditions?.find(({ type }) => type === 'Succeeded');
      expect(told).to.include({ status: 'False', reason: 'Forbidden' });
      expect(told?.message).to.match(
        /^step \w+ failed: hooks\.example\.com may not be called: .* by the administrator$/,
      );
      expect(cluster.isCordoned()).to.equal(false);
    });

    it('says in mode DryRun whom it would not be let call', async () => {
      const policy = cluster.policy();
      cluster.plan({ steps: steps(), mode: 'DryRun' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(3);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False WouldFail');
      expect(cluster.remediation.status?.steps?.[1]?.message).to.match(/^hooks.example.com may not be called: /);
    });

    it('calls nobody in mode DryRun, and says whether it might', async () => {
      cluster.notifiers.configure(`${file}webhooks: [{host: hooks.example.com}]`);
      const policy = cluster.policy();
      cluster.plan({ steps: steps(), mode: 'DryRun' });
      await cluster.start();
      await cluster.judged(policy, nodeTarget(), 'Firing');
      await cluster.seconds(3);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('True DryRun');
      expect(condition(cluster.incident, 'Remediating')).to.equal('False DryRun');
      expect(cluster.sent).to.deep.equal([]);
    });

    it('tries again, until its time is over, whom it does not reach', async () => {
      cluster.answer = (message) =>
        message.is === 'Post' && message.url === hook ? { is: 'Later', answer: '503' } : { is: 'Accepted', answer: '' };
      await begin();
      await cluster.seconds(20);
      expect(posts().length).to.be.within(5, 15);
      expect(new Set(posts().map(({ id }) => id)).size).to.equal(1);
      await cluster.seconds(60);
      expect(condition(cluster.remediation, 'Succeeded')).to.equal('False StepFailed');
    });
  });

  it('tells nothing any more of an Incident that was deleted', async () => {
    const policy = cluster.policy(escalate('alerts'));
    await cluster.start();
    await cluster.judged(policy, nodeTarget(), 'Firing');
    await cluster.seconds(1);
    await cluster.judged(policy, nodeTarget(), 'Unknown');
    await cluster.remove(Incident, cluster.incident.metadata.name);
    const { length } = cluster.sent;
    await cluster.seconds(300);
    expect(cluster.sent).to.have.lengthOf(length);
  });
});
