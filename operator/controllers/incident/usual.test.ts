import { expect } from 'chai';
import { Cluster, nodeTarget } from '../harness.test.ts';
import type { UsualAnswer, UsualSource } from './usual.ts';

describe('What is usual', () => {
  const start = async (ask: UsualSource['ask']): Promise<Cluster> => {
    const cluster = await new Cluster().start();
    cluster.usual = { ask };
    await cluster.restart();
    return cluster;
  };
  const usual: UsualAnswer = { p50: 0.25, p99: 1, span: 'HourOfDay', hours: 3, relativeError: 0.01 };
  const told = (cluster: Cluster): unknown => cluster.incident.status?.evidence?.[0]?.usual;

  it('stands in the evidence of an Incident, asked for the time of its newest sample', async () => {
    const questions: string[] = [];
    const cluster = await start((target, evidence, atMs) => {
      questions.push(`${target.name} ${evidence.metric} ${atMs === cluster.clock.now()}`);
      return Promise.resolve(usual);
    });
    await cluster.judged(cluster.policy({ routes: [{ to: 'Incident' }] }), nodeTarget(), 'Firing');
    expect(told(cluster)).to.deep.equal({ p50: '0.25', p99: '1', over: 'HourOfDay', hours: 3 });
    expect(questions).to.deep.equal(['node-1 k8s.node.kubelet.probe.failures true']);
  });

  it('is nothing where a value cannot be compared with it', async () => {
    const cluster = await start(() => Promise.resolve(undefined));
    await cluster.judged(cluster.policy({ routes: [{ to: 'Incident' }] }), nodeTarget(), 'Firing');
    expect(cluster.incident.status?.evidence?.[0]).not.to.have.property('usual');
  });

  it('holds up no Remediation, and the status of an Incident by a quarter of a second at most', async () => {
    const cluster = await start(() => new Promise(() => {}));
    cluster.plan();
    cluster.setVerdict(cluster.policy(), nodeTarget(), 'Firing');
    await cluster.clock.advance(0);
    for (let i = 0; i < 4; i++) await cluster.clock.advance(5);
    expect(cluster.remediations).to.have.length(1);
    expect(cluster.incident.status?.evidence).to.equal(undefined);
    await cluster.clock.advance(300);
    expect(told(cluster)).to.deep.equal({ absent: 'history was not there in time' });
  });
});
