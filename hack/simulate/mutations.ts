/** A small edit of a source that breaks an invariant or a rule: `find` stands in the file exactly once. */
export interface Mutation {
  /** What is broken by it. */
  readonly breaks: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/**
 * Every one must be caught by the simulation (`make simulate-mutations`). Whoever moves the code moves the text here with
 * it: one that is not found is an error. The last ones put back faults that were real.
 */
export const mutations: readonly Mutation[] = [
  {
    breaks: '1: two Remediations of one target at once',
    file: 'operator/decide/guards-budget.ts',
    find: "check: (context) => level(context, 'remediations of this target', 1, scope",
    put: "check: (context) => level(context, 'remediations of this target', 2, scope",
  },
  {
    breaks: '2: begins without having seen its own claim',
    file: 'operator/decide/start.ts',
    find: 'if (!showsClaim(run.remediation, run.world.remediations ?? [])) {',
    put: 'if (run.nowMs < 0) {',
  },
  {
    breaks: '2: one more than the plan allows',
    file: 'operator/decide/guards-budget.ts',
    find: 'const limit = resolveLimit(plan.spec.guards.maxConcurrent, plan.matchedTargets);',
    put: 'const limit = (resolveLimit(plan.spec.guards.maxConcurrent, plan.matchedTargets) ?? 0) + 1;',
  },
  {
    breaks: '2: percentages rounded up',
    file: 'operator/decide/budget.ts',
    find: 'const share = total === undefined ? undefined : limitOf(limit, total);',
    put: 'const share = total === undefined ? undefined : (limitOf(limit, total) ?? 0) + 1;',
  },
  {
    breaks: '2: Guardrails are no budget',
    file: 'operator/decide/guards-budget.ts',
    find: "const isShare = typeof limit !== 'number';",
    put: "if (limit !== 0) return undefined;\n      const isShare = typeof limit !== 'number';",
  },
  {
    breaks: '2: acts without leading',
    file: 'operator/controllers/remediation/controller.ts',
    find: '      if (!isLeader()) return;\n',
    put: '',
  },
  {
    breaks: '2: leads on after the lease has run out',
    file: 'operator/kube/lease.ts',
    find: 'this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;',
    put: 'this.#renewDeadlineMs = 100 * (options.renewDeadlineMs ?? 10_000);',
  },
  {
    breaks: '2: a storm stops nothing',
    file: 'operator/decide/storm.ts',
    find: 'if (firing > limit) {',
    put: 'if (firing > limit + 99) {',
  },
  {
    breaks: '2: what follows a storm does not wait',
    file: 'operator/decide/storm.ts',
    find: 'const untilMs = parseTime(before.until) ?? nowMs + clearSeconds * 1000;',
    put: 'const untilMs = clearSeconds < 0 ? Infinity : nowMs;',
  },
  {
    breaks: '2: the breaker stays closed',
    file: 'operator/decide/breaker.ts',
    find: 'if (failures < limit || last === undefined)',
    put: 'if (failures < limit + 99 || last === undefined)',
  },
  {
    breaks: '2: a breaker that is half open lets all through',
    file: 'operator/decide/guards-history.ts',
    find: 'if (running === 0) return pass(',
    put: 'if (running < 99) return pass(',
  },
  {
    breaks: '2: attempts in vain do not wait longer',
    file: 'operator/decide/cooldown.ts',
    find: 'if (backoff === undefined || failures <= 1)',
    put: 'if (backoff === undefined || failures <= 99)',
  },
  {
    breaks: '2: what a schedule denies begins',
    file: 'operator/decide/schedule.ts',
    find: 'if (denying.length > 0) {',
    put: 'if (denying.length > 99) {',
  },
  {
    breaks: '2: what no schedule allows begins',
    file: 'operator/decide/schedule.ts',
    find: 'if (allowing.length === 0) return { open: true',
    put: 'if (allowing.length < 99) return { open: true',
  },
  {
    breaks: '3: acts before the pre-image is stored',
    file: 'operator/decide/run.ts',
    find: "if (decision.do === 'Read' || decision.do === 'Reload' || !this.draft.changed) return decision;",
    put: "if (decision.do !== 'Wait' || !this.draft.changed) return decision;",
  },
  {
    breaks: '3: writes without having to know the version that was read',
    file: 'operator/actions/fields.ts',
    find: 'const { uid, resourceVersion } = found.object.metadata;',
    put: 'const { uid, resourceVersion: _seen } = found.object.metadata;\n    const resourceVersion = undefined;',
  },
  {
    breaks: '4: takes back what somebody else has set since',
    file: 'operator/actions/fields.ts',
    find: 'if (!sameJson(value, valueOf(change.to))) return foreign(`${what} was set to ${shown(value)} by ${who}`);',
    put: "if (!sameJson(value, valueOf(change.to))) return { is: 'Ours' };",
  },
  {
    breaks: '4: whose a value is does not matter',
    file: 'operator/actions/fields.ts',
    find: "if (ours && others.length === 0) return { is: 'Ours' };",
    put: "if (ours || others.length > 0) return { is: 'Ours' };",
  },
  {
    breaks: '4: takes nothing back and says it did',
    file: 'operator/decide/undo.ts',
    find: "else if (reversal.is === 'Restore') restoring.push({ record, change: reversal.change });",
    put: "else if (reversal.is === 'Restore') settle(run, record, { state: 'Done', message: 'it is as before' });",
  },
  {
    breaks: '4: “as before” is the end although a write is on its way',
    file: 'operator/decide/run.ts',
    find: 'export const inFlightMs = 30_000;',
    put: 'export const inFlightMs = 0;',
  },
  {
    breaks: '5: acts on old samples',
    file: 'operator/decide/guards-state.ts',
    find: 'return nowMs - lastSampleMs <= staleAfterSeconds * 1000',
    put: 'return nowMs - lastSampleMs <= staleAfterSeconds * 100_000',
  },
  {
    breaks: '5: acts on what does not fire any more',
    file: 'operator/decide/guards-state.ts',
    find: "state === 'Firing' ? pass('the target fires') : fail(",
    put: "state !== 'Clear' ? pass('the target fires') : fail(",
  },
  {
    breaks: '4: acts on an old note without looking whether it still holds',
    file: 'operator/decide/steps.ts',
    find: "if (!fresh) return { do: 'Reload' };",
    put: "if (!fresh && run.nowMs < 0) return { do: 'Reload' };",
  },
  {
    breaks: '6: Observe acts',
    file: 'operator/decide/mode.ts',
    find: "export const writes = (mode: Mode): boolean => mode === 'Approve' || mode === 'Enforce';",
    put: "export const writes = (mode: Mode): boolean => mode === 'Approve' || mode === 'Enforce' || mode === 'Observe';",
  },
  {
    breaks: '6: a dry run is none',
    file: 'operator/decide/preview.ts',
    find: 'dryRun: true,',
    put: 'dryRun: false,',
  },
  {
    breaks: '6: a pause stops nothing',
    file: 'operator/decide/guards-state.ts',
    find: "return reasons.length === 0 ? pass('nothing is paused')",
    put: "return reasons.length < 99 ? pass('nothing is paused')",
  },
  {
    breaks: '6: acts although somebody has said no since it began',
    file: 'operator/decide/approval.ts',
    find: "return denied && { wish: 'Denied', message: deniedBy(denied) };",
    put: 'return undefined;',
  },
  {
    breaks: '6: the guards are not asked again before an old note is acted on',
    file: 'operator/decide/steps.ts',
    find: '?? blockedUntil(run, deadlineMs(step));',
    put: ';',
  },
  {
    breaks: '6: acts however often people have called the policy wrong',
    file: 'operator/decide/precision.ts',
    find: 'if (judged === 0)',
    put: 'if (judged >= 0)',
  },
  {
    breaks: '2: acts on a node while somebody else holds its Lease',
    file: 'operator/decide/node-lease.ts',
    find: "if (by === holder) return { is: 'Ours'",
    put: "if (by !== holder + '!') return { is: 'Ours'",
  },
  {
    breaks: '7: kube-system is acted on',
    file: 'operator/decide/guards-scope.ts',
    find: "if (read.namespace === 'kube-system' && !settings.allowKubeSystem) {",
    put: "if (read.namespace === 'kube-system' && settings.allowKubeSystem) {",
  },
  {
    breaks: '7: what Guardrails protect is acted on',
    file: 'operator/decide/guards-scope.ts',
    find: 'if (covers(protection, read, labels)) return',
    put: 'if (covers(protection, read, {})) return',
  },
  {
    breaks: '7: the operator’s own is acted on',
    file: 'operator/decide/guards-scope.ts',
    find: 'if (read.namespace === settings.rootNamespace) {',
    put: "if (read.namespace === settings.rootNamespace + '!') {",
  },
  {
    breaks: '8: a pause blocks an undo',
    file: 'operator/decide/undo.ts',
    find: 'beginIfDue(run);\n',
    put: 'if (run.world.guardrails?.some(({ spec }) => (spec.paused ?? []).length > 0)) return undefined;\n  beginIfDue(run);\n',
  },
  {
    breaks: '9: a guard that cannot be checked has passed',
    file: 'operator/decide/start.ts',
    find: "const failed = check(run, 'Start').filter(({ finding }) => !finding.passed);",
    put: "const failed = check(run, 'Start').filter(({ finding }) => !finding.passed && finding.limit !== undefined);",
  },
  {
    breaks: '11: well before the episode is taken for recovery',
    file: 'operator/controllers/judge.ts',
    find: 'if (verdict.lastSampleMs < sinceMs)',
    put: 'if (verdict.lastSampleMs < -sinceMs)',
  },
  {
    breaks: '11: what fires on while a policy only observed is forgotten',
    file: 'operator/controllers/incident/opener.ts',
    find: 'if (!endedByObserving(incident)) return undefined;',
    put: 'return undefined;',
  },
  {
    breaks: '11: a new leader does not look at what fires already',
    file: 'operator/controllers/wake-ups.ts',
    find: '    for (const namespace of namespaces) this.#queues.audit.add(namespace);\n    this.#openAll();',
    put: '    for (const namespace of namespaces) this.#queues.audit.add(namespace);',
  },
  {
    breaks: '10: an Incident that is open already does not count',
    file: 'operator/controllers/incident/opener.ts',
    find: 'if (!isResolved(incident)) return undefined;',
    put: 'if (!isResolved(incident)) continue;',
  },
  {
    breaks: '12: an error of the program on an odd object',
    file: 'operator/decide/guards-state.ts',
    find: '(spec.paused ?? []).map(({ reason, by })',
    put: '(spec.paused as NonNullable<typeof spec.paused>).map(({ reason, by })',
  },
  {
    breaks: 'a mended fault: an earlier claim is taken for this one',
    file: 'operator/decide/ledger.ts',
    find: 'shown !== undefined && claimOf(shown) === own;',
    put: 'shown !== undefined;',
  },
  {
    breaks: 'a mended fault: a text that is too long has the status refused',
    file: 'operator/decide/clip.ts',
    find: 'text.length <= most ? text :',
    put: 'text.length <= 1e9 ? text :',
  },
  {
    breaks: 'a mended fault: an unreadable step holds up the undo of those before it',
    file: 'operator/decide/undo.ts',
    find: "if (run.nowMs >= beganMs + unreadableMs) settle(run, record, { state: 'Failed', message });",
    put: "if (run.nowMs >= beganMs + 1e12) settle(run, record, { state: 'Failed', message });",
  },
  {
    breaks: 'a mended fault: the undo of an earlier step overtakes that of a later one',
    file: 'operator/decide/undo.ts',
    find: 'isOpenStep(run, candidate) && !isUnderLater(run, candidate)',
    put: 'isOpenStep(run, candidate)',
  },
  {
    breaks: 'a mended fault: a new pod does not wait for the end of the Remediation before',
    file: 'operator/decide/guards-history.ts',
    find: '(other) => !isFinished(other) && !sameTarget(remediation.spec.target, other.spec.target),',
    put: '(other) => isFinished(other) && !isFinished(other),',
  },
  {
    breaks: 'a mended fault: later steps go on without the approval asked for meanwhile',
    file: 'operator/decide/guards-state.ts',
    find: "now === 'Approve' && remediation.status?.startedTime !== undefined",
    put: "now === 'Observe' && remediation.status?.startedTime !== undefined",
  },
  {
    breaks: 'a mended fault: what lies under another Remediation’s value does not wait for it',
    file: 'operator/decide/layers.ts',
    find: "isToBeTakenBack(top) ? 'Passing' : 'Lasting';",
    put: "isToBeTakenBack(top) ? 'Lasting' : 'Lasting';",
  },
  {
    breaks: 'layers: what another Remediation has put back on top is taken for nothing to undo',
    file: 'operator/decide/undo.ts',
    find: "reversal.is === 'AlreadyThere' ? restorerOf(",
    put: "reversal.is === 'Irreversible' ? restorerOf(",
  },
  {
    breaks: 'layers: a step under one that stays is decided by itself',
    file: 'operator/decide/undo-due.ts',
    find: 'standingChanges(later).length > 0 && undoAtMs(run, later) === undefined',
    put: 'standingChanges(later).length > 99 && undoAtMs(run, later) === undefined',
  },
  {
    breaks: 'layers: what was left to another Remediation stays when that one is taken back',
    file: 'operator/decide/undo.ts',
    find: '  follow(run);\n',
    put: '',
  },
  {
    breaks: 'layers: what is asked for together is not taken back in its order',
    file: 'operator/decide/layers.ts',
    find: 'const isWished = spec.undoRequested !== undefined && (',
    put: 'const isWished = spec.undoRequested === null && (',
  },
];
