import type { KindName } from '../kinds.ts';

/** Values put at paths of a valid object, such as `spec.signals[0].name`; undefined removes what is there. */
export type Edit = Readonly<Record<string, unknown>>;

/** An object that must be refused, made from the valid one of its kind. */
export interface Wrong {
  readonly kind: KindName;
  readonly edit: Edit;
  /** The field that the refusal must name. */
  readonly field: string;
  /** What the refusal must say: the way to what would be right. */
  readonly says: readonly string[];
  /** The stored object, when it is the change that is wrong. */
  readonly stored?: Edit;
}

const row =
  (kind: KindName) =>
  (edit: Edit, field: string, ...says: string[]): Wrong => ({ kind, edit, field, says });
/** A change of a stored object: first what is stored, then the edit of that. */
const change =
  (kind: KindName) =>
  (stored: Edit, edit: Edit, field: string, ...says: string[]): Wrong => ({
    kind,
    edit: { ...stored, ...edit },
    field,
    says,
    stored,
  });

const policy = row('DetectionPolicy');
const plan = row('RemediationPlan');
const guardrail = row('Guardrail');
const incident = row('Incident');
const remediation = row('Remediation');
const incidentChange = change('Incident');
const remediationChange = change('Remediation');

const many = (count: number, item: (index: number) => unknown): unknown[] =>
  Array.from({ length: count }, (_, index) => item(index));
const signal = (name: string) => ({ name, metric: 'k8s.pod.oom_kills', detect: { threshold: { above: '0' } } });
/** The action of the first step, and where a refusal names it. */
const at = 'spec.steps[0].action';
const step = (name: string) => ({ name, action: { cordon: {} } });

const yes = (by: string) => ({ by, decision: 'Approved' });

/** Refused by the API server and by `validate` alike, naming the same field and the same way out. */
export const wrongObjects: readonly Wrong[] = [
  policy({ 'metadata.name': 'p'.repeat(64) }, 'metadata.name', '63'),
  plan({ 'metadata.name': 'p'.repeat(64) }, 'metadata.name', '63'),
  // DetectionPolicy: target
  policy({ spec: undefined }, 'spec', 'required'),
  policy({ 'spec.target': undefined }, 'spec.target', 'required'),
  policy({ 'spec.target.kind': undefined }, 'spec.target.kind', 'required'),
  policy({ 'spec.target.kind': 'Deployment' }, 'spec.target.kind', 'Container', 'Pod', 'Workload', 'Node'),
  policy({ 'spec.target.kind': 'Pod' }, 'spec.target.container', 'only', 'kind Container'),
  policy(
    { 'spec.target': { kind: 'Node', namespaceSelector: { matchLabels: { a: 'b' } } } },
    'spec.target.namespaceSelector',
    'nodes have no namespace',
  ),
  policy({ 'spec.target.container': 'Main_1' }, 'spec.target.container', 'lower-case letters, digits and "-"'),
  policy({ 'spec.target.warmupSeconds': -1 }, 'spec.target.warmupSeconds', '0'),
  policy({ 'spec.target.warmupSeconds': '30s' }, 'spec.target.warmupSeconds', 'integer'),
  policy(
    { 'spec.target.selector.matchExpressions[0].operator': 'Equals' },
    'spec.target.selector.matchExpressions[0].operator',
    'In',
    'NotIn',
    'Exists',
    'DoesNotExist',
  ),
  policy(
    { 'spec.target.selector.matchExpressions[0].values': [] },
    'spec.target.selector.matchExpressions[0].values',
    'needs at least one value',
  ),
  policy(
    { 'spec.target.selector.matchExpressions[0].operator': 'Exists' },
    'spec.target.selector.matchExpressions[0].values',
    'takes no values',
  ),
  policy(
    { 'spec.target.selector.matchLabels': { app: 'a/b' } },
    'spec.target.selector.matchLabels[app]',
    'label value',
  ),
  policy(
    { 'spec.target.selector.matchLabels': { '-': 'a' } },
    'spec.target.selector.matchLabels',
    'label keys',
    'such as',
  ),
  policy({ 'spec.target.selector.labels': { app: 'cart' } }, 'spec.target.selector.labels', 'field'),
  // DetectionPolicy: modes and times
  policy({ 'spec.mode': 'enforce' }, 'spec.mode', 'Observe', 'Enforce'),
  policy({ 'spec.severity': 'Fatal' }, 'spec.severity', 'Info', 'Warning', 'Critical'),
  policy({ 'spec.latencyBudgetMilliseconds': 1 }, 'spec.latencyBudgetMilliseconds', '10'),
  policy({ 'spec.forSeconds': 1.5 }, 'spec.forSeconds', 'integer'),
  policy({ 'spec.forSeconds': 100_000 }, 'spec.forSeconds', '86400'),
  policy({ 'spec.clearForSeconds': -5 }, 'spec.clearForSeconds', '0'),
  policy({ 'spec.missingData': 'Ignore' }, 'spec.missingData', 'Hold', 'Clear', 'Fire'),
  policy({ 'spec.staleAfterSeconds': 0 }, 'spec.staleAfterSeconds', '1'),
  policy({ 'spec.minConfidence': 0.95 }, 'spec.minConfidence', 'string'),
  policy({ 'spec.minConfidence': '0.95' }, 'spec.minConfidence', '"0%" to "100%"', 'such as "95%"'),
  policy({ 'spec.minConfidence': '101%' }, 'spec.minConfidence', '"0%" to "100%"'),
  policy({ 'spec.falseDiscoveryRate': {} }, 'spec.falseDiscoveryRate.atMost', 'required'),
  policy({ 'spec.falseDiscoveryRate': '5%' }, 'spec.falseDiscoveryRate', 'object'),
  policy({ 'spec.falseDiscoveryRate': { atMost: '150%' } }, 'spec.falseDiscoveryRate.atMost', '"0%" to "100%"'),
  policy({ 'spec.falseDiscoveryRate': { atMost: '0%' } }, 'spec.falseDiscoveryRate.atMost', 'more than "0%"'),
  policy({ 'spec.falseDiscoveryRate': { atMost: '100.0%' } }, 'spec.falseDiscoveryRate.atMost', 'less than "100%"'),
  policy({ 'spec.falseDiscoveryRate': { atMost: '0.05' } }, 'spec.falseDiscoveryRate.atMost', '"0%" to "100%"'),
  policy(
    { 'spec.falseDiscoveryRate': { atMost: '5%', withinSeconds: 0 } },
    'spec.falseDiscoveryRate.withinSeconds',
    '1',
  ),
  policy({ 'spec.when': '' }, 'spec.when', 'must be a CEL expression, or be left out'),
  policy({ 'spec.for': '10s' }, 'spec.for', 'field'),
  policy({ 'spec.when': 'x'.repeat(1025) }, 'spec.when', '1024'),
  // DetectionPolicy: signals
  policy({ 'spec.signals': undefined }, 'spec.signals', 'required'),
  policy({ 'spec.signals': [] }, 'spec.signals', 'at least 1'),
  policy({ 'spec.signals': many(17, (n) => signal(`s${n}`)) }, 'spec.signals', 'at most 16'),
  policy({ 'spec.signals': [signal('a'), signal('a')] }, 'spec.signals[1]', 'duplicate'),
  policy({ 'spec.signals[0].name': 'High-1' }, 'spec.signals[0].name', 'CEL', 'such as "high"'),
  policy({ 'spec.signals[0].name': 'in' }, 'spec.signals[0].name', 'must not be a word that CEL'),
  policy({ 'spec.signals[0].metric': undefined }, 'spec.signals[0].metric', 'required'),
  policy({ 'spec.signals[0].window.seconds': 0 }, 'spec.signals[0].window.seconds', '1'),
  policy({ 'spec.signals[0].window.seconds': 7200 }, 'spec.signals[0].window.seconds', '3600'),
  policy({ 'spec.signals[0].window.aggregate': 'Average' }, 'spec.signals[0].window.aggregate', 'Mean', 'P95', 'Last'),
  policy({ 'spec.signals[0].window.minSamples': 0 }, 'spec.signals[0].window.minSamples', '1'),
  policy({ 'spec.signals[0].fill': 10 }, 'spec.signals[0].fill', 'object'),
  policy({ 'spec.signals[0].fill': {} }, 'spec.signals[0].fill.maxSeconds', 'required'),
  policy({ 'spec.signals[0].fill': { maxSeconds: 0 } }, 'spec.signals[0].fill.maxSeconds', '1'),
  policy({ 'spec.signals[0].fill': { maxSeconds: 5, method: 'Linear' } }, 'spec.signals[0].fill.method', 'Last'),
  policy({ 'spec.signals[0].outliers': {} }, 'spec.signals[0].outliers.deviations', 'required'),
  policy({ 'spec.signals[0].outliers': { deviations: 2 } }, 'spec.signals[0].outliers.deviations', '3'),
  policy({ 'spec.signals[0].outliers': { deviations: 2.5 } }, 'spec.signals[0].outliers.deviations', 'integer'),
  policy({ 'spec.signals[0].detect': {} }, 'spec.signals[0].detect', 'exactly one detector', 'threshold', 'absence'),
  policy(
    { 'spec.signals[0].detect.absence': { forSeconds: 30 } },
    'spec.signals[0].detect',
    'exactly one detector',
    'threshold',
    'absence',
  ),
  policy({ 'spec.signals[0].detect.spike': {} }, 'spec.signals[0].detect.spike', 'field'),
  policy({ 'spec.signals[0].detect.threshold.above': 90 }, 'spec.signals[0].detect.threshold.above', 'string'),
  policy(
    { 'spec.signals[0].detect.threshold.above': '90 %' },
    'spec.signals[0].detect.threshold.above',
    'such as "90%", "850m", "100Mi"',
  ),
  policy({ 'spec.signals[0].detect.threshold': {} }, 'spec.signals[0].detect.threshold', 'above', 'below'),
  policy(
    { 'spec.signals[0].detect.threshold.clearAbove': '95%' },
    'spec.signals[0].detect.threshold.clearAbove',
    'only goes with below',
  ),
  policy({ 'spec.signals[0].detect': { state: {} } }, 'spec.signals[0].detect.state.in', 'required'),
  policy({ 'spec.signals[0].detect': { absence: {} } }, 'spec.signals[0].detect.absence.forSeconds', 'required'),
  policy({ 'spec.signals[0].detect': { anomaly: {} } }, 'spec.signals[0].detect.anomaly.minDeviation', 'required'),
  policy(
    { 'spec.signals[0].detect': { anomaly: { minDeviation: '5%', direction: 'Up' } } },
    'spec.signals[0].detect.anomaly.direction',
    'Above',
    'Below',
    'Both',
  ),
  policy({ 'spec.signals[0].detect': { forecast: {} } }, 'spec.signals[0].detect.forecast.reaches', 'required'),
  policy(
    { 'spec.signals[0].detect': { forecast: { reaches: 'limit', withinSeconds: 60 } } },
    'spec.signals[0].detect.forecast.reaches',
    'such as "90%"',
  ),
  policy(
    { 'spec.signals[0].detect': { forecast: { reaches: '100%', withinSeconds: 0 } } },
    'spec.signals[0].detect.forecast.withinSeconds',
    '1',
  ),
  policy(
    { 'spec.signals[0].detect': { forecast: { reaches: '100%', withinSeconds: 60, overSeconds: 5 } } },
    'spec.signals[0].detect.forecast.overSeconds',
    '24',
  ),
  policy(
    { 'spec.signals[0].detect': { forecast: { reaches: '100%', withinSeconds: 7201 } } },
    'spec.signals[0].detect.forecast.withinSeconds',
    'not be more than 24 times overSeconds',
    'raise overSeconds',
  ),
  policy(
    { 'spec.signals[0].detect': { forecast: { reaches: '0', withinSeconds: 60, direction: 'Down' } } },
    'spec.signals[0].detect.forecast.direction',
    'Rising',
    'Falling',
  ),
  policy(
    { 'spec.signals[0].detect': { flapping: { changes: 6 } } },
    'spec.signals[0].detect.flapping.withinSeconds',
    'required',
  ),
  policy(
    { 'spec.signals[0].detect': { flapping: { changes: 1, withinSeconds: 60 } } },
    'spec.signals[0].detect.flapping.changes',
    '2',
  ),
  policy(
    { 'spec.signals[0].detect': { flapping: { changes: 61, withinSeconds: 60 } } },
    'spec.signals[0].detect.flapping.changes',
    '60',
  ),
  policy(
    { 'spec.signals[0].detect': { flapping: { changes: 6, withinSeconds: 60, level: 'half' } } },
    'spec.signals[0].detect.flapping.level',
    'such as "90%"',
  ),
  policy(
    { 'spec.signals[0].detect': { changePoint: {} } },
    'spec.signals[0].detect.changePoint.minDeviation',
    'required',
  ),
  policy(
    { 'spec.signals[0].detect': { changePoint: { minDeviation: '5%', falseAlarmsPerWeek: 0 } } },
    'spec.signals[0].detect.changePoint.falseAlarmsPerWeek',
    '1',
  ),
  policy(
    { 'spec.signals[0].detect': { changePoint: { minDeviation: '5%', direction: 'Up' } } },
    'spec.signals[0].detect.changePoint.direction',
    'Above',
    'Below',
    'Both',
  ),
  policy({ 'spec.signals[0].detect': { burnRate: {} } }, 'spec.signals[0].detect.burnRate.objective', 'required'),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '0.999' } } },
    'spec.signals[0].detect.burnRate.objective',
    'such as "95%" or "99.9%"',
  ),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '100%' } } },
    'spec.signals[0].detect.burnRate.objective',
    'less than "100%"',
    'budget of nothing',
  ),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '0%' } } },
    'spec.signals[0].detect.burnRate.objective',
    'more than "0%"',
  ),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '99%', above: '50%', below: '10%' } } },
    'spec.signals[0].detect.burnRate.below',
    'only one of above and below',
  ),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '99%', periodSeconds: 3600 } } },
    'spec.signals[0].detect.burnRate.periodSeconds',
    '86400',
  ),
  policy(
    { 'spec.signals[0].detect': { burnRate: { objective: '99%', speed: 'Quick' } } },
    'spec.signals[0].detect.burnRate.speed',
    'Fast',
    'Slow',
    'Any',
  ),
  policy({ 'spec.signals[0].detect': { peers: {} } }, 'spec.signals[0].detect.peers.minDeviation', 'required'),
  policy(
    { 'spec.signals[0].detect': { peers: { minDeviation: '20%', minPeers: 1 } } },
    'spec.signals[0].detect.peers.minPeers',
    '2',
  ),
  policy(
    { 'spec.signals[0].detect': { peers: { minDeviation: '20%', deviations: 0 } } },
    'spec.signals[0].detect.peers.deviations',
    '2',
  ),
  policy(
    { 'spec.signals[0].detect': { peers: { minDeviation: '20%', direction: 'Up' } } },
    'spec.signals[0].detect.peers.direction',
    'Above',
    'Below',
    'Both',
  ),
  // DetectionPolicy: routes
  policy({ 'spec.routes': undefined }, 'spec.routes', 'required'),
  policy({ 'spec.routes': [] }, 'spec.routes', 'at least 1'),
  policy({ 'spec.routes[0].plan': undefined }, 'spec.routes[0].plan', 'required', 'name a RemediationPlan'),
  policy({ 'spec.routes[1].plan': 'restart-leaky' }, 'spec.routes[1].plan', 'only goes with', 'Remediate'),
  policy({ 'spec.routes[0].plan': 'other/plan' }, 'spec.routes[0].plan', 'such as "restart-leaky"'),
  policy({ 'spec.routes[0].to': 'Page' }, 'spec.routes[0].to', 'Incident', 'Remediate', 'Escalate'),
  policy({ 'spec.routes[1].to': 'Escalate' }, 'spec.routes[1].notifier', 'required', 'such as oncall'),
  policy({ 'spec.routes[1].notifier': 'oncall' }, 'spec.routes[1].notifier', 'only goes with', 'Escalate'),
  policy(
    { 'spec.routes[1].to': 'Escalate', 'spec.routes[1].notifier': 'On Call' },
    'spec.routes[1].notifier',
    'lower-case letters, digits and "-"',
  ),
  policy({ 'spec.routes': [{ to: 'Incident' }, { to: 'Incident' }] }, 'spec.routes', 'only the last', 'without "when"'),
  // RemediationPlan
  plan({ 'spec.mode': 'Auto' }, 'spec.mode', 'Observe', 'DryRun', 'Approve', 'Enforce'),
  plan({ 'spec.serviceAccountName': 'Cart' }, 'spec.serviceAccountName', 'lower-case letters'),
  plan({ 'spec.steps': undefined }, 'spec.steps', 'required'),
  plan({ 'spec.steps': [] }, 'spec.steps', 'at least 1'),
  plan({ 'spec.steps': many(9, (n) => step(`s${n}`)) }, 'spec.steps', 'at most 8'),
  plan({ 'spec.steps': [step('a'), step('a')] }, 'spec.steps[1]', 'duplicate'),
  plan({ 'spec.steps[0].name': 'make room' }, 'spec.steps[0].name', 'such as "cart-2"'),
  plan({ 'spec.steps[0].action': {} }, 'spec.steps[0].action', 'exactly one action', 'cordon', 'scale'),
  plan({ 'spec.steps[0].action.cordon': {} }, 'spec.steps[0].action', 'exactly one action'),
  plan({ 'spec.steps[0].action.reboot': {} }, 'spec.steps[0].action.reboot', 'field'),
  plan({ 'spec.steps[0].action.scale': { max: 3 } }, 'spec.steps[0].action.scale', 'exactly one of by', 'to'),
  plan({ 'spec.steps[0].action.scale.to': 3 }, 'spec.steps[0].action.scale', 'exactly one of by', 'to'),
  plan({ 'spec.steps[0].action.scale.by': 0 }, 'spec.steps[0].action.scale.by', '0 changes nothing'),
  plan(
    { 'spec.steps[0].action.scale': { by: 1, autoscalerMax: 'Raise' } },
    'spec.steps[0].action.scale.autoscalerMax',
    'needs max',
  ),
  plan({ 'spec.steps[0].action.scale.min': 20 }, 'spec.steps[0].action.scale.min', 'at most max'),
  plan({ 'spec.steps[0].action.scale': { to: 20, max: 10 } }, 'spec.steps[0].action.scale.to', 'within min and max'),
  plan(
    { 'spec.steps[1].action.restartPod.gracePeriodSeconds': -1 },
    'spec.steps[1].action.restartPod.gracePeriodSeconds',
    '0',
  ),
  plan({ 'spec.steps[1].undo': { when: 'Recovered' } }, 'spec.steps[1].undo', 'restartPod cannot be undone'),
  plan({ 'spec.steps[2].action.label': { of: 'Pod' } }, 'spec.steps[2].action.label', 'at least one label', 'remove'),
  plan({ 'spec.steps[2].action.label.set': { 'no spaces': 'x' } }, 'spec.steps[2].action.label.set', 'label keys'),
  plan({ 'spec.steps[2].action.label.set.app': 'a b' }, 'spec.steps[2].action.label.set[app]', 'must be a label value'),
  plan({ 'spec.steps[2].action.label.remove': ['no spaces'] }, 'spec.steps[2].action.label.remove', 'label keys'),
  plan(
    { 'spec.steps[2].action.label.remove': ['quarantine'] },
    'spec.steps[2].action.label.remove',
    'must not name a label that is set',
  ),
  plan(
    {
      'spec.steps[2].action.label.set': Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`set-${n}`, ''])),
      'spec.steps[2].action.label.remove': ['a', 'b', 'c'],
    },
    'spec.steps[2].action.label',
    'at most 32 labels',
  ),
  plan({ [at]: { annotate: { of: 'Node' } } }, `${at}.annotate`, 'at least one annotation', 'set is a map'),
  plan({ [at]: { annotate: { set: { 'no spaces': 'x' } } } }, `${at}.annotate.set`, 'keys'),
  plan(
    { [at]: { taint: { key: 'a b', effect: 'NoSchedule' } } },
    `${at}.taint.key`,
    'such as "example.com/disk-failing"',
  ),
  plan(
    { [at]: { taint: { key: 'node.kubernetes.io/x', effect: 'NoSchedule' } } },
    `${at}.taint.key`,
    'use a key of your own',
  ),
  plan({ [at]: { taint: { key: 'a', effect: 'Never' } } }, `${at}.taint.effect`, 'NoSchedule', 'NoExecute'),
  plan({ [at]: { taint: { key: 'a', value: 'a b', effect: 'NoSchedule' } } }, `${at}.taint.value`, 'such as "true"'),
  plan({ [at]: { setResources: { limits: {} } } }, `${at}.setResources`, 'at least one amount', 'such as limits'),
  plan({ [at]: { setResources: { limits: { memory: '50%' } } } }, `${at}.setResources.limits.memory`, 'not a share'),
  plan({ [at]: { setResources: { requests: { cpu: 'a lot' } } } }, `${at}.setResources.requests.cpu`, 'such as'),
  plan({ [at]: { rolloutUndo: { toRevision: 0 } } }, `${at}.rolloutUndo.toRevision`, '1'),
  plan({ [at]: { drain: { gracePeriodSeconds: -1 } } }, `${at}.drain.gracePeriodSeconds`, '0'),
  plan({ [at]: { drain: { gracePeriodSeconds: 3601 } } }, `${at}.drain.gracePeriodSeconds`, '3600'),
  plan({ [at]: { drain: { evictUncontrolled: 'yes' } } }, `${at}.drain.evictUncontrolled`, 'must be'),
  plan({ [at]: { drain: { force: true } } }, `${at}.drain.force`, 'field'),
  plan({ [at]: { isolatePod: { fromController: 'yes' } } }, `${at}.isolatePod.fromController`, 'must be'),
  plan({ [at]: { pauseRollout: { seconds: 60 } } }, `${at}.pauseRollout.seconds`, 'field'),
  plan({ [at]: { suspend: { until: 'x' } } }, `${at}.suspend.until`, 'field'),
  plan(
    { [at]: { rolloutRestart: {} }, 'spec.steps[0].undo': { when: 'Recovered' } },
    'spec.steps[0].undo',
    'rolloutRestart cannot be undone',
  ),
  plan({ 'spec.steps[2].action.label.of': 'Service' }, 'spec.steps[2].action.label.of', 'Target', 'Pod', 'Node'),
  plan({ 'spec.steps[0].undo': { when: 'Elapsed' } }, 'spec.steps[0].undo.afterSeconds', 'at least 1'),
  plan({ 'spec.steps[0].undo.when': 'Always' }, 'spec.steps[0].undo.when', 'Recovered', 'Never'),
  plan({ 'spec.steps[0].timeoutSeconds': 0 }, 'spec.steps[0].timeoutSeconds', '1'),
  plan({ 'spec.verify.timeoutSeconds': 10 }, 'spec.verify.timeoutSeconds', 'at least stabilizationSeconds'),
  plan({ 'spec.verify.onFailure': 'Rollback' }, 'spec.verify.onFailure', 'Undo', 'Keep', 'Escalate'),
  plan({ 'spec.verify.onError': 'Retry' }, 'spec.verify.onError', 'Undo', 'Keep', 'Escalate'),
  plan({ 'spec.verify.onInconclusive': true }, 'spec.verify.onInconclusive', 'string'),
  plan({ 'spec.verify.condition': ' ' }, 'spec.verify.condition', 'must be a CEL expression, or be left out'),
  plan({ 'spec.verify.maxIneffective': 0 }, 'spec.verify.maxIneffective', '1'),
  plan({ 'spec.guards.maxConcurrent': 0 }, 'spec.guards.maxConcurrent', 'number from 1', '"10%"'),
  plan({ 'spec.guards.maxConcurrent': '10' }, 'spec.guards.maxConcurrent', 'number from 1', '"10%"'),
  plan({ 'spec.guards.maxAttempts': 0 }, 'spec.guards.maxAttempts', '1'),
  plan({ 'spec.guards.maxPerWindow': { count: 5 } }, 'spec.guards.maxPerWindow.seconds', 'required'),
  plan({ 'spec.guards.maxPerWindow': { count: 0, seconds: 60 } }, 'spec.guards.maxPerWindow.count', '1'),
  plan(
    { 'spec.guards.perTopology': { key: 'not a label', maxConcurrent: 1 } },
    'spec.guards.perTopology.key',
    'such as "topology.kubernetes.io/zone"',
  ),
  plan({ 'spec.guards.minHealthy': '60' }, 'spec.guards.minHealthy', 'number from 1', '"10%"'),
  plan({ 'spec.guards.storm': {} }, 'spec.guards.storm.above', 'required'),
  plan({ 'spec.guards.storm': { above: '130%' } }, 'spec.guards.storm.above', '"10%"'),
  plan(
    { 'spec.guards.cooldownSeconds': 300, 'spec.guards.backoff': { maxSeconds: 60 } },
    'spec.guards.backoff',
    'at least cooldownSeconds',
  ),
  plan({ 'spec.guards.backoff': { factor: 1, maxSeconds: 600 } }, 'spec.guards.backoff.factor', '2'),
  plan({ 'spec.guards.breaker': { failures: 3 } }, 'spec.guards.breaker.openSeconds', 'required'),
  plan(
    { 'spec.guards.schedule': [{ cron: '@daily', seconds: 60 }] },
    'spec.guards.schedule[0].cron',
    'five fields',
    '"0 8 * * 1-5"',
  ),
  plan({ 'spec.guards.schedule': [{ cron: '0 8 * * *', seconds: 30 }] }, 'spec.guards.schedule[0].seconds', '60'),
  plan(
    { 'spec.guards.schedule': [{ cron: '0 8 * * *', seconds: 60, timeZone: 'Europe Paris' }] },
    'spec.guards.schedule[0].timeZone',
    '"Europe/Paris"',
  ),
  plan({ 'spec.guards.gitOps': 'Fight' }, 'spec.guards.gitOps', 'Respect', 'Ignore'),
  plan({ 'spec.guards.minPrecision': '0.9' }, 'spec.guards.minPrecision', '"0%" to "100%"'),
  plan({ 'spec.approval': {} }, 'spec.approval', 'at least 1'),
  plan({ 'spec.approval.quorum': 0 }, 'spec.approval.quorum', '1'),
  plan({ 'spec.approval.quorum': 17 }, 'spec.approval.quorum', '16'),
  plan({ 'spec.escalation': {} }, 'spec.escalation.notifier', 'required'),
  plan({ 'spec.escalation': { notifier: 'On Call' } }, 'spec.escalation.notifier', 'lower-case letters'),
  plan(
    { 'spec.steps[0].action': { job: { image: 'fix' } } },
    'spec.steps[0].undo',
    'without an undo of its own',
    'action.job.undo',
  ),
  plan({ 'spec.steps[2].action': { createObject: {} } }, 'spec.steps[2].action.createObject', 'object and templateRef'),
  plan(
    { 'spec.steps[2].action': { createObject: { object: { apiVersion: 'v1', kind: 'A' }, waitFor: {} } } },
    'spec.steps[2].action.createObject.waitFor',
    'condition and expression',
  ),
  plan({ 'spec.historyLimit': 5000 }, 'spec.historyLimit', '1000'),
  plan({ 'spec.historyMaxAgeSeconds': 60 }, 'spec.historyMaxAgeSeconds', '3600'),
  // Guardrail
  guardrail({ 'spec.paused': [{ by: 'alice' }] }, 'spec.paused[0].reason', 'required'),
  guardrail({ 'spec.maxMode': 'Off' }, 'spec.maxMode', 'Observe', 'DryRun', 'Approve', 'Enforce'),
  guardrail({ 'spec.maxConcurrent': '200%' }, 'spec.maxConcurrent', 'number from 1', '"10%"'),
  guardrail({ 'spec.storm': { above: 0 } }, 'spec.storm.above', 'number from 1', '"10%"'),
  guardrail({ 'spec.schedule': [{ cron: '0 8 * *', seconds: 60 }] }, 'spec.schedule[0].cron', 'five fields'),
  guardrail({ 'spec.maxPerWindow': { count: 1, seconds: 0 } }, 'spec.maxPerWindow.seconds', '1'),
  guardrail({ 'spec.protect[0]': {} }, 'spec.protect[0]', 'at least one of namespaces, selector and nodeSelector'),
  guardrail(
    { 'spec.protect[0].nodeSelector': {} },
    'spec.protect[0].nodeSelector',
    'stands alone',
    'an entry of their own',
  ),
  guardrail({ 'spec.protect[0].namespaces[0]': 'kube_system' }, 'spec.protect[0].namespaces[0]', 'lower-case letters'),
  guardrail({ 'spec.protect[0].namespaces': [] }, 'spec.protect[0].namespaces', 'at least 1'),
  // Incident: only what people say of it may change
  incident({ 'spec.target.container': undefined }, 'spec.target.container', 'required for kind Container'),
  incident({ 'spec.target.namespace': undefined }, 'spec.target.namespace', 'required for every kind but Node'),
  incident({ 'spec.openedTime': 'yesterday' }, 'spec.openedTime', 'time'),
  incident({ 'spec.verdict': 'Wrong' }, 'spec.verdict', 'TruePositive', 'FalsePositive'),
  incidentChange({}, { 'spec.severity': 'Critical' }, 'spec.severity', 'cannot be changed'),
  incidentChange({}, { 'spec.policyRef.name': 'other' }, 'spec.policyRef', 'cannot be changed'),
  incidentChange({}, { 'spec.target.uid': 'another' }, 'spec.target', 'cannot be changed'),
  incidentChange({}, { 'spec.openedTime': '2026-01-31T09:00:00Z' }, 'spec.openedTime', 'cannot be changed'),
  incidentChange({}, { 'spec.route.plan': 'other' }, 'spec.route', 'cannot be changed'),
  // Remediation: only wishes may change, and a decision is final
  remediation({ 'spec.attempt': 0 }, 'spec.attempt', '1'),
  remediation({ 'spec.approvals': [{ decision: 'Yes', by: 'a' }] }, 'spec.approvals[0].decision', 'Approved', 'Denied'),
  remediation({ 'spec.approvals': [{ decision: 'Approved' }] }, 'spec.approvals[0].by', 'required'),
  remediation({ 'spec.approvals': [yes('alice'), yes('alice')] }, 'spec.approvals[1]', 'duplicate'),
  remediation({ 'spec.undoRequested': { by: 'alice' } }, 'spec.undoRequested.reason', 'required'),
  remediationChange({}, { 'spec.mode': 'Enforce' }, 'spec.mode', 'cannot be changed'),
  remediationChange({}, { 'spec.steps[0].action.scale.by': 5 }, 'spec.steps', 'cannot be changed'),
  remediationChange({}, { 'spec.verify.onFailure': 'Keep' }, 'spec.verify', 'cannot be changed'),
  remediationChange({}, { 'spec.attempt': 2 }, 'spec.attempt', 'cannot be changed'),
  remediationChange({}, { 'spec.planRef.generation': 2 }, 'spec.planRef', 'cannot be changed'),
  remediationChange({}, { 'spec.serviceAccountName': 'admin' }, 'spec.serviceAccountName', 'cannot be changed'),
  remediationChange({}, { 'spec.serviceAccountName': undefined }, 'spec.serviceAccountName', 'added or removed'),
  remediationChange(
    { 'spec.approvals': [{ decision: 'Denied', by: 'alice' }] },
    { 'spec.approvals': [yes('alice')] },
    'spec.approvals[0]',
    'decided',
    'undoRequested',
  ),
  remediationChange(
    { 'spec.approvals': [yes('alice')] },
    { 'spec.approvals': [yes('bob')] },
    'spec.approvals',
    'others decided',
    '/spec/approvals/-',
  ),
  remediationChange(
    { 'spec.approvals': [yes('alice')] },
    { 'spec.approvals': undefined },
    'spec.approvals',
    'decided',
    'cancelRequested',
  ),
];

/** A copy of `object` with the edits made. */
export function edited(object: object, edit: Edit): object {
  const copy: object = structuredClone(object);
  for (const [path, value] of Object.entries(edit)) {
    const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
    const last = parts.pop() ?? '';
    let at = copy as Record<string, unknown>;
    for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
    if (value === undefined) delete at[last];
    else at[last] = structuredClone(value);
  }
  return copy;
}

/** How a row reads as the name of a test. */
export const titleOf = ({ kind, edit, stored }: Wrong): string => {
  const text = JSON.stringify(edit, (_, value: unknown) => value ?? '(removed)');
  const short = text.length > 110 ? `${text.slice(0, 107)}...` : text;
  return `${kind}${stored ? ' changed to' : ''} ${short}`;
};
