/**
 * `make verify`: fails when what is generated, the chart or a workflow is not what it should be. `--render` prints the
 * chart instead.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { lineProgress, tool } from '../cluster/index.ts';

const progress = lineProgress((line) => console.log(line));
const chart = 'charts/homeostat';
let failed = 0;

const check = (promise: string, command: string, args: readonly string[]): void => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status === 0) {
    console.log(`ok: ${promise}`);
    return;
  }
  failed++;
  console.error(`FAILED: ${promise}\n  ${command} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`);
};

/** Values that switch on what the defaults leave off; each must render too. */
const variants: readonly (readonly string[])[] = [
  [],
  ['--set', 'networkPolicy.enabled=true,operator.replicas=2,serviceDiscovery=environment'],
  [
    '--set',
    'operator.actions.createObject=true,operator.actions.job=true,operator.createObjectRules[0].apiGroups[0]=example.com,operator.createObjectRules[0].resources[0]=fixes',
  ],
  ['--set', 'operator.notifiers.secretName=homeostat-notifiers'],
  ['--set', 'operator.tracing.endpoint=http://collector.otel:4318,operator.tracing.headersSecret=otlp'],
  ['--set', 'nats.storage.persistent=true,nats.storage.storageClassName=fast'],
  ['--set', 'nats.url=nats://nats.messaging:4222,agent.enabled=false,aggregateRoles=false'],
  ['--set-json', 'admission={"enforceGroups":["sre","on-call"],"protectedNamespaces":[]}'],
  ['--set', 'admission.enabled=false'],
  ['--set', 'agent.kubeletStats.enabled=true,agent.hostPaths=false'],
  [
    '--set-json',
    'metrics=[{"name":"shop.queue","unit":"1","kind":"gauge","labels":{"of":["web*","api"]}}],agent.scrape.enabled=true,agent.ingest={"enabled":true,"trustedNamespaces":["otel"]},networkPolicy.enabled=true',
  ],
  ['--set', 'agent.kubeletStats.enabled=true,agent.kubeletStats.from=Resource,agent.hostPaths=false'],
  ['--set', 'operator.history.days=7,operator.history.metrics={k8s.container.cpu.usage,system.cpu.utilization}'],
  ['--set', 'operator.nodeLeases.enabled=true,operator.nodeLeases.namespace=true'],
  [
    '--set',
    'operator.actions.cordon=false,operator.actions.scale=false,operator.impersonation=false,crds.install=false',
  ],
];
/** Values that the schema must refuse. */
const wrong: readonly string[] = [
  'operator.replica=2',
  'operator.logLevel=loud',
  'nats.url=localhost',
  'operator.tracing.endpoint=collector:4318',
  'operator.actions.reboot=true',
  'operator.createObjectRules[0].apiGroups[0]=*',
  'serviceDiscovery=guess',
  'agent.hostPaths=false',
  'agent.kubeletStats.enabled=true,agent.kubeletStats.from=Resource',
  'agent.scrape.enabled=true',
  'agent.ingest.enabled=true',
  'metrics[0].name=shop.queue',
  'admission.protectedNamespaces={Kube_System}',
];

const helm = await tool('helm', process.env, progress);
if (process.argv.includes('--render')) {
  const { status } = spawnSync(helm, ['template', 'homeostat', chart, '--namespace', 'homeostat-system'], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

check('the generated manifests are those of the schemas', process.execPath, ['hack/manifests/main.ts', '--check']);
check('the chart passes the linter', helm, ['lint', chart, '--strict', '--quiet']);
for (const values of variants)
  check(`the chart renders with ${values[1] ?? 'its defaults'}`, helm, ['template', 'homeostat', chart, ...values]);
check('the chart leaves no mark of the admission policies unfilled', 'sh', [
  '-c',
  `! "${helm}" template homeostat ${chart} | grep -nE '@[A-Za-z]+@'`,
]);
for (const values of wrong)
  check(`the chart refuses ${values}`, 'sh', [
    '-c',
    `! "${helm}" template homeostat ${chart} --set ${values} >/dev/null 2>&1`,
  ]);
check(
  'the workflows pass the linter',
  await tool('actionlint', process.env, progress),
  globSync('.github/workflows/*.yaml'),
);
process.exitCode = failed > 0 ? 1 : 0;
