/** What the operator needs may be absent, or come late: it says so at /readyz and goes on when it is there. */
import { expect } from 'chai';
import { ApiError, type KubeApi, type Resource } from './kube/api.ts';
import { silentLogger } from './kube/logger.ts';
import { DetectionPolicy } from './kube/resources.ts';
import { Operator } from './operator.ts';
import { parseOptions, type Options } from './options.ts';
import { readiness } from './observe/server.ts';
import { eventually } from './testing/eventually.ts';
import { Rig } from './testing/rig.ts';

describe('what is absent', function () {
  let rig: Rig;
  let operator: Operator;
  beforeEach(async () => {
    rig = await Rig.create('absent');
  });
  afterEach(async () => {
    await operator.stop();
    await rig.remove();
  });

  const start = async (api: KubeApi, more: Partial<Options> = {}): Promise<void> => {
    const flags = ['--namespace', rig.namespace, '--watch-namespaces', rig.namespace, '--subject-prefix', rig.prefix];
    const natsUrl = process.env['HOMEOSTAT_NATS_URL'] ?? '';
    const options = { ...parseOptions([...flags, '--metrics-port', '0']), natsUrl, ...more };
    operator = new Operator({ options, api, logger: silentLogger, version: 'test' });
    await operator.start();
    void operator.run();
  };
  const says = (what: string): Promise<string> =>
    eventually(what, async () => {
      const { text } = readiness(operator.checks);
      if (!text.includes(what)) throw new Error(text);
      return text;
    });
  const ready = (): Promise<true> =>
    eventually('ready', async () => {
      const { ready, text } = readiness(operator.checks);
      if (!ready) throw new Error(text);
      return true;
    });

  /** The real server, but for lists of one kind, which are refused while `refuse` says so. */
  const refusing = (resource: Resource, refuse: () => ApiError | undefined): KubeApi => {
    const { api } = rig;
    const list: KubeApi['list'] = (of, options) => {
      const error = of.kind === resource.kind ? refuse() : undefined;
      return error === undefined ? api.list(of, options) : Promise.reject(error);
    };
    return new Proxy(api, {
      get: (_, name) => {
        const member: unknown = name === 'list' ? list : Reflect.get(api, name);
        return typeof member === 'function' ? member.bind(api) : member;
      },
    });
  };

  it('CRDs: names the command, and goes on when they are installed', async () => {
    let installed = false;
    const notFound = new ApiError('the server could not find the requested resource', {
      status: 404,
      reason: 'NotFound',
    });
    await start(refusing(DetectionPolicy, () => (installed ? undefined : notFound)));
    await says('[-] detectionpolicies.homeostat.dev: the kind is not installed: kubectl apply');
    await says('[+] pods ok');
    installed = true;
    await ready();
  });

  it('permissions: names the verbs', async () => {
    await start(rig.api.as(`system:serviceaccount:${rig.namespace}:weak`));
    await says('[-] pods: no permission: grant the verbs get, list and watch on pods');
    const text = await says("[-] permissions: the operator's account may not: create incidents.homeostat.dev");
    expect(text).to.match(/may not: .*patch remediations.homeostat.dev\/status/);
  });

  it('NATS: says where it was sought', async () => {
    await start(rig.api, { natsUrl: 'nats://127.0.0.1:1' });
    await says('[-] stream: no connection to NATS at nats://127.0.0.1:1: connection refused');
  });

  it('the root namespace: says what to create', async () => {
    await start(rig.api, { namespace: `${rig.namespace}-none` });
    await says(
      `[-] lease: nobody leads: Lease homeostat-operator cannot be had yet; if this lasts, create namespace ${rig.namespace}-none`,
    );
  });

  it('another leader: this one is ready and stands by', async () => {
    await start(rig.api);
    await ready();
    const first = operator;
    await start(rig.api, { identity: 'second' });
    await ready();
    const [leads, waits] = await Promise.all([first.registry.metrics(), operator.registry.metrics()]);
    expect(leads).to.include('homeostat_leader 1');
    expect(waits).to.include('homeostat_leader 0');
    await first.stop();
    await eventually('the second leads', async () =>
      (await operator.registry.metrics()).includes('homeostat_leader 1'),
    );
  });
});
