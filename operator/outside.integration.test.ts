import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import type { Incident } from '../crds/incident.ts';
import type { Remediation } from '../crds/remediation.ts';
import { findCondition } from './kube/conditions.ts';
import type { KubeObject } from './kube/api.ts';
import * as resources from './kube/resources.ts';
import { eventsStream } from './notify/event-bus.ts';
import { isSigned, signatureHeader } from './notify/sign.ts';
import { eventually } from './testing/eventually.ts';
import { Rig, type OperatorProcess } from './testing/rig.ts';

interface Told {
  readonly body: string;
  readonly signature: string;
}

describe('an operator process and those outside the cluster', function () {
  let rig: Rig;
  let operator: OperatorProcess;
  let receiver: Server;
  let directory: string;
  const told: Told[] = [];
  before(async () => {
    rig = await Rig.create('outside');
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        told.push({ body, signature: String(request.headers[signatureHeader.toLowerCase()]) });
        response.writeHead(202).end();
      });
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    directory = mkdtempSync(join(tmpdir(), 'homeostat-notifiers-'));
    const file = join(directory, 'notifiers.yaml');
    const url = `http://127.0.0.1:${port}/hook`;
    writeFileSync(file, `notifiers: [{name: tickets, webhook: {url: "${url}", secret: s3cret}}]\n`);
    operator = await rig.operator({}, '--notifiers-file', file);
  });
  after(async function () {
    if (this.currentTest?.state === 'failed') console.error(operator.log.join('\n'));
    await rig.remove();
    receiver.closeAllConnections();
    receiver.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const create = (resource: typeof resources.DetectionPolicy, name: string, spec: object): Promise<KubeObject> => {
    const object: KubeObject & { spec: object } = { metadata: { name, namespace: rig.namespace }, spec };
    return rig.api.create(resource, object);
  };
  const only = async <T extends KubeObject>(resource: typeof resources.Incident): Promise<T | undefined> =>
    (await rig.api.list<T>(resource, { namespace: rig.namespace })).items[0];

  it('runs a job on a real node; when that fails, people are told with its last words, and again when it is over', async () => {
    await create(resources.RemediationPlan, 'fix', {
      mode: 'Enforce',
      steps: [
        {
          name: 'fix',
          action: {
            job: {
              image: 'localhost/busybox:1',
              command: ['sh', '-c', 'echo "$HOMEOSTAT_TARGET_NAME is full" >&2; exit 3'],
            },
          },
          timeoutSeconds: 60,
        },
      ],
      guards: { maxAttempts: 1, cooldownSeconds: 0 },
      escalation: { notifier: 'tickets' },
    });
    await create(resources.DetectionPolicy, 'hung', {
      target: { kind: 'Node', selector: { matchLabels: { rig: rig.namespace } } },
      signals: [{ name: 'silent', metric: 'k8s.node.kubelet.probe.failures', detect: { threshold: { above: '2' } } }],
      clearForSeconds: 0,
      routes: [{ to: 'Remediate', plan: 'fix' }],
    });
    await eventually('ready', async () => !(await operator.readyz()).includes('[-]'));
    await rig.speak(3);
    await eventually('the job has failed', async () => {
      const found = await only<Remediation>(resources.Remediation);
      return findCondition(found?.status?.conditions, 'Succeeded')?.reason === 'StepFailed';
    });
    await eventually('people are told', async () => told.length === 1);
    const [first = expect.fail('nothing was told')] = told;
    expect(isSigned(first.signature, { secret: 's3cret', body: first.body, nowMs: Date.now() })).to.equal(true);
    const event = JSON.parse(first.body) as { type: string; data: { reason: string } };
    expect(event.type).to.equal('dev.homeostat.incident.opened');
    expect(event.data.reason).to.equal('AttemptsExhausted');
    expect(first.body).to.include('exit code 3').and.to.include(`${rig.node} is full`);
    await eventually('that is noted', async () => {
      const incident = await only<Incident>(resources.Incident);
      return incident?.status?.notifications?.[0]?.told === 'Opened';
    });
    await rig.speak(0);
    await eventually('the end is told', async () => told.length === 2);
    expect(told[1]?.body).to.include('dev.homeostat.incident.resolved');
    expect(await operator.metrics()).to.include(
      'homeostat_notifications_total{notifier="tickets",result="Delivered"} 2',
    );
  });

  it('has published every change of the Incident and the Remediation on NATS', async () => {
    const nats = await connect({ servers: process.env['HOMEOSTAT_NATS_URL'] ?? '' });
    try {
      const { name } = eventsStream(rig.prefix);
      const { state } = await (await jetstreamManager(nats)).streams.info(name);
      const stream = await jetstream(nats).consumers.get(name);
      const messages = await stream.fetch({ max_messages: state.messages, expires: 30_000 });
      const types = new Set<string>();
      for await (const message of messages) types.add((JSON.parse(message.string()) as { type: string }).type);
      expect([...types]).to.include.members([
        'dev.homeostat.incident.seen',
        'dev.homeostat.incident.changed',
        'dev.homeostat.remediation.changed',
      ]);
    } finally {
      await nats.close();
    }
  });
});
