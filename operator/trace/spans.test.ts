import { expect } from 'chai';
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { spansOf } from './spans.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 31, 8, 0, seconds)).toISOString();

const incident = (status: Incident['status'] = {}): Incident => ({
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Incident',
  metadata: { name: 'leak-1', namespace: 'shop', uid: '0b3c1f5e-8f60-4a53-9d4c-3a1c2f0e7b11' },
  spec: {
    policyRef: { name: 'leak', uid: 'uid-leak', generation: 1 },
    target: {
      kind: 'Container',
      namespace: 'shop',
      name: 'cart-1',
      uid: 'uid-cart-1',
      container: 'app',
      node: 'node-1',
      workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'uid-cart' },
    },
    openedTime: at(10),
    severity: 'Warning',
    route: { to: 'Remediate', plan: 'restart' },
  },
  status,
});

const remediation = (status: Remediation['status'], attempt = 1): Remediation => ({
  apiVersion: 'homeostat.dev/v1alpha1',
  kind: 'Remediation',
  metadata: { name: `restart-${attempt}`, namespace: 'shop', uid: `uid-${attempt}`, creationTimestamp: at(10) },
  spec: {
    planRef: { name: 'restart', uid: 'uid-restart', generation: 1 },
    incidentRef: { name: 'leak-1', uid: 'uid-incident' },
    target: incident().spec.target,
    mode: 'Enforce',
    attempt,
    steps: [],
    verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
  },
  ...(status === undefined ? {} : { status }),
});

describe('records as spans', () => {
  it('has what is on record, and leaves out what is not', () => {
    const [root, ...rest] = spansOf(incident(), []);
    expect(rest).to.deep.equal([]);
    expect(root).to.include({ traceId: '0b3c1f5e8f604a539d4c3a1c2f0e7b11', name: 'incident' });
    expect([root?.startMs, root?.endMs]).to.deep.equal([Date.parse(at(10)), Date.parse(at(10))]);
  });

  it('names a container as OpenTelemetry does', () => {
    expect(spansOf(incident(), [])[0]?.attributes).to.include({
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'cart-1',
      'k8s.pod.uid': 'uid-cart-1',
      'k8s.container.name': 'app',
      'k8s.node.name': 'node-1',
      'k8s.deployment.name': 'cart',
      'k8s.deployment.uid': 'uid-cart',
    });
  });

  it('leads from the outcome to the frames that began it', () => {
    const evidence = {
      signal: 'mem',
      metric: 'k8s.pod.memory',
      firing: true,
      since: at(7),
      source: 'agent/node-1',
      fromSequence: 3,
      toSequence: 9,
    };
    const [, detect] = spansOf(incident({ firstSampleTime: at(6), evidence: [evidence] }), []);
    expect(detect).to.include({ name: 'detect', startMs: Date.parse(at(6)), endMs: Date.parse(at(10)) });
    expect(detect?.events[0]?.attributes).to.include({
      'homeostat.frame.source': 'agent/node-1',
      'homeostat.frame.first_sequence': 3,
      'homeostat.frame.last_sequence': 9,
    });
  });

  it('ends with the last of its parts, and tells attempts in their order', () => {
    const first = remediation({
      startedTime: at(12),
      finishedTime: at(30),
      steps: [
        {
          name: 'go',
          action: 'restartPod',
          state: 'Failed',
          startedTime: at(12),
          finishedTime: at(14),
          message: 'no',
        },
      ],
    });
    const second = remediation({ finishedTime: at(50) }, 2);
    const spans = spansOf(incident(), [second, first]);
    expect(spans.map(({ name }) => name)).to.deep.equal([
      'incident',
      'remediate',
      'admit',
      'step restartPod',
      'remediate',
      'admit',
    ]);
    expect(spans[0]?.endMs).to.equal(Date.parse(at(50)));
    expect(spans[3]).to.include({ error: 'no', startMs: Date.parse(at(12)), endMs: Date.parse(at(14)) });
    expect(spans[3]?.parentSpanId).to.equal(spans[1]?.spanId);
  });
});
