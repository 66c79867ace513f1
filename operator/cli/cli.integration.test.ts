import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { customResourceDefinition } from '../../crds/custom-resource.ts';
import { kinds } from '../../crds/kinds.ts';
import type { RemediationPlan as Plan } from '../../crds/remediation-plan.ts';
import type { Remediation as Attempt } from '../../crds/remediation.ts';
import { bundle } from '../../hack/build/main.ts';
import { systemClock } from '../kube/clock.ts';
import * as resources from '../kube/resources.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { install } from '../testing/real-cluster.ts';
import type { BacktestReport } from '../replay/backtest/report.ts';
import { eventually } from '../testing/eventually.ts';
import { Rig, type OperatorProcess } from '../testing/rig.ts';
import { run } from './program.ts';
import type { Ran } from './testing/terminal.ts';

describe('the command line on a real API server, beside an operator process', function () {
  let rig: Rig;
  let operator: OperatorProcess;
  before(async () => {
    rig = await Rig.create('cli');
    for (const definition of kinds) await install(rig.api, customResourceDefinition(definition));
    operator = await rig.operator();
    await eventually('the operator is ready', async () => !(await operator.readyz()).includes('[-]'));
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(operator.log.slice(-20).join('\n'));
  });
  after(() => rig.remove());

  const homeostat = async (...argv: string[]): Promise<Ran> => {
    let [out, error] = ['', ''];
    const code = await run([...argv, '-n', rig.namespace, '--root-namespace', rig.namespace], {
      env: {},
      clock: systemClock,
      print: (text) => (out += text),
      tell: (text) => (error += text),
      columns: undefined,
      program: 'homeostat',
      version: 'test',
    });
    return { code, out, error };
  };
  const create = (resource: Resource, name: string, spec: object): Promise<KubeObject> => {
    const object: KubeObject & { spec: object } = { metadata: { name, namespace: rig.namespace }, spec };
    return rig.api.create(resource, object);
  };
  const isCordoned = async (): Promise<boolean> => {
    const node = await rig.api.get<KubeObject & { spec: { unschedulable?: boolean } }>(resources.Node, {
      name: rig.node,
    });
    return node.spec.unschedulable === true;
  };
  const attempt = async (): Promise<Attempt | undefined> =>
    (await rig.api.list<Attempt>(resources.Remediation, { namespace: rig.namespace })).items[0];

  it('shows that nothing is the matter, and which policy watches a node', async () => {
    await create(resources.DetectionPolicy, 'hung', {
      target: { kind: 'Node', selector: { matchLabels: { rig: rig.namespace } } },
      signals: [{ name: 'silent', metric: 'k8s.node.kubelet.probe.failures', detect: { threshold: { above: '2' } } }],
      clearForSeconds: 0,
      routes: [{ to: 'Remediate', plan: 'fence' }],
    });
    await create(resources.RemediationPlan, 'fence', {
      mode: 'Approve',
      steps: [{ name: 'cordon', action: { cordon: {} }, undo: { when: 'Never' } }],
      verify: { stabilizationSeconds: 0, timeoutSeconds: 60, onFailure: 'Keep' },
    });
    const { code, out } = await homeostat('why', 'node', rig.node);
    expect(code).to.equal(0);
    expect(out).to.include(`Node ${rig.node}: no Incident and no Remediation is about it`);
    expect(out.replaceAll(/\n +/g, ' ')).to.include(
      `${rig.namespace}/hung: watches it as a Node, by rig=${rig.namespace}`,
    );
  });

  it('shows a Remediation that asks, what it would change, and lets it begin', async () => {
    await rig.speak(3);
    await eventually('a Remediation asks', async () => (await homeostat('status')).out.includes('AwaitingApproval'));
    const { name } = (await attempt())?.metadata ?? { name: '' };
    expect((await homeostat('diff', name)).out).to.include(
      `+++ Node ${rig.node}\n@@ step cordon, cordon: Pending @@\n spec:\n+  unschedulable: true`,
    );
    expect(await isCordoned()).to.equal(false);

    const approved = await homeostat('approve', name, '--note', 'go on');
    expect([approved.code, approved.error]).to.deep.equal([0, '']);
    await eventually('the node is cordoned', isCordoned);
    const by = (await attempt())?.spec.approvals?.[0]?.by ?? '';
    expect(approved.out).to.equal(`remediation ${name}: approved by ${by}\n`);

    const story = (await homeostat('why', name)).out;
    for (const part of [
      'SEEN\n',
      '● silent',
      'ROUTE\n',
      '✓ paused',
      '+  unschedulable: true',
      `${by}: Approved: go on`,
    ])
      expect(story).to.include(part);
  });

  it('takes it back, and tells of it', async () => {
    const { name } = (await attempt())?.metadata ?? { name: '' };
    const { code, out, error } = await homeostat('undo', name, '--reason', 'not the cause', '--timeout', '60s');
    expect([code, error]).to.deep.equal([0, '']);
    expect(out).to.include(`✓ restored: spec.unschedulable of Node ${rig.node}`);
    expect(await isCordoned()).to.equal(false);
  });

  it('judges the stream again, and finds what happened', async () => {
    const where = ['--since', '10m', '--subject-prefix', rig.prefix];
    const { code, out, error } = await homeostat('backtest', 'hung', ...where, '--expect', 'incidents', '-o', 'json');
    expect([code, error]).to.deep.equal([0, '']);
    const { policies } = JSON.parse(out) as BacktestReport;
    const [episode, ...more] = policies[0]?.fired ?? [];
    expect(more).to.deep.equal([]);
    expect(episode?.name).to.equal(`Node ${rig.node}`);
    expect(episode?.incident?.remediations).to.deep.equal([(await attempt())?.metadata.name]);
    expect(episode?.attempts.map(({ plan, is }) => [plan, is])).to.deep.equal([['fence', 'Asks']]);
  });

  it('verifies what was sealed, and finds what was changed since', async () => {
    const { name } = (await attempt())?.metadata ?? { name: '' };
    const verify = (): Promise<Ran> => homeostat('audit', 'verify');
    await eventually('everything is sealed', async () => {
      const { out } = await verify();
      return / links?; /.test(out) && !out.includes('not sealed yet');
    });
    const whole = await verify();
    expect([whole.code, whole.error]).to.deep.equal([0, '']);
    expect(whole.out).to.match(new RegExp(`^${rig.namespace}: intact; \\d+ links?; hash [0-9a-f]{64}\\n$`));

    const tampered = { status: { startedTime: '2020-01-01T00:00:00Z' } };
    const where = { namespace: rig.namespace, name };
    await rig.api.patch(
      resources.Remediation,
      where,
      { type: 'merge', body: tampered },
      { subresource: 'status', fieldManager: 'somebody' },
    );
    const broken = await verify();
    expect(broken.code).to.equal(1);
    expect(broken.out).to.include(`${rig.namespace}: BROKEN at link 1; `);
    expect(broken.out).to.include(`link 1, ${rig.namespace}/${name}: Changed: it is not what was sealed at its end`);
    const plan = await rig.api.get<Plan>(resources.RemediationPlan, { namespace: rig.namespace, name: 'fence' });
    expect(plan.status?.conditions?.map(({ type }) => type)).to.include('AuditIntact');
  });

  it('says what is not allowed, and pauses and resumes', async () => {
    const stranger = await homeostat('status', '--as', 'a-stranger');
    expect(stranger.code).to.equal(6);
    expect(stranger.error).to.match(/User "a-stranger" cannot list resource "\w+" in API group "homeostat.dev"/);
    expect((await homeostat('pause', '--reason', 'release day')).code).to.equal(0);
    expect((await homeostat('status')).out).to.match(/PAUSED\n.*\n.*release day/);
    expect((await homeostat('resume')).out).to.include('no longer paused for "release day"');
    expect((await homeostat('why', 'remediation', 'nothing')).code).to.equal(3);
  });

  it('runs from its bundle, under its own name and as a plug-in of kubectl', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'homeostat-cli-'));
    try {
      await bundle(directory, ['homeostat']);
      const env = {
        ...process.env,
        HOMEOSTAT_NODE: process.execPath,
        PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}`,
      };
      const start = (command: string, ...argv: string[]): string => {
        const { stdout, stderr } = spawnSync(command, argv, { env, encoding: 'utf8' });
        return stdout + stderr;
      };
      expect(start('homeostat', 'status', '-n', rig.namespace)).to.match(/^Namespace .*: 1 incident open/);
      expect(start('kubectl', 'homeostat', '--help')).to.match(/^Usage: kubectl homeostat /);
      expect(start('kubectl_complete-homeostat', 'sta')).to.equal('status\n:4\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
