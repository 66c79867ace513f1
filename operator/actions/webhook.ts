import type { ActionParameters } from '../../crds/actions.ts';
import type { Action, Change, Origin, Standing, StepContext, Target, WriteRequest } from './action.ts';
import { Call, doCall, undoCall, type CallObject } from './call.ts';
import { inverse } from './fields.ts';
import { valueOf } from './json.ts';
import { answerTo, type Live, type Read } from './live.ts';
import { making } from './made.ts';
import { filled } from './placeholders.ts';
import { apiVersionOf } from './resources.ts';
import { describeTarget, isRead, liveSubject, ownObject } from './subjects.ts';

type Parameters = ActionParameters<'webhook'>;

/** Of a Remediation there is one by its uid, and of a step one in it. */
const keyOf = ({ uid, step }: Origin, undo: boolean): string => `${uid}-${step}${undo ? '-undo' : ''}`;

const readOfCall = (origin: Origin, undo: boolean): Read => ({
  resource: Call,
  namespace: origin.namespace,
  name: keyOf(origin, undo),
});

/** The call that does it, or takes it back. */
function callOf(params: Parameters, target: Target, origin: Origin, undo: boolean): CallObject | { problem: string } {
  const { url, timeoutSeconds } = params;
  const own = undo ? (params.undo ?? {}) : params;
  const parameters = filled<object>(own.data ?? params.data ?? {}, target, origin);
  if ('problem' in parameters) return parameters;
  const { name, namespace, uid, step } = origin;
  return {
    apiVersion: apiVersionOf(Call),
    kind: Call.kind,
    metadata: { name: keyOf(origin, undo), namespace },
    spec: {
      url: own.url ?? url,
      type: undo ? undoCall : doCall,
      timeoutSeconds,
      data: { target, remediation: { namespace, name, uid }, step, parameters: parameters.value },
    },
  };
}

function inspect(_change: Change, live: Live, { origin }: StepContext): Standing {
  const answer = answerTo(live, readOfCall(origin, false));
  if (answer.is === 'Unreadable') return answer;
  return { is: answer.is === 'Found' ? 'Ours' : 'NotMade' };
}

/** Posts to a program outside the cluster, at least once and always under the same key. */
export const webhook: Action<Parameters> = {
  reversible: ({ undo }) => undo !== undefined,
  targets: ['Container', 'Pod', 'Workload', 'Node'],
  // Whom it may call stands in the notifiers file.
  permissions: [],
  subject: (target) => ownObject(target),
  reads: (target, params, purpose, origin) => {
    if (purpose === 'Plan') return [ownObject(target)].filter(isRead);
    return [readOfCall(origin, false), ...(params.undo === undefined ? [] : [readOfCall(origin, true)])];
  },
  plan(params, live, { target, origin }) {
    const subject = liveSubject(target, ownObject(target), live);
    if (subject.is !== 'Found') return subject;
    for (const undo of params.undo === undefined ? [false] : [true, false]) {
      const call = callOf(params, target, origin, undo);
      if ('problem' in call) return { is: 'Refused', reason: 'InvalidParameters', message: call.problem };
      if (undo) continue;
      const irreversible = params.undo === undefined ? ', which cannot be taken back' : '';
      const message = `call ${hostOf(params.url)} about ${describeTarget(target)}${irreversible}`;
      return { is: 'Changes', changes: [making(call)], message };
    }
    return { is: 'Nothing', message: 'there is nothing to call' };
  },
  requests: (changes, params, _live, { target, origin, manager }) =>
    changes.flatMap((change): WriteRequest[] => {
      const { namespace, name } = readOfCall(origin, change.to === undefined);
      const call = change.to === undefined ? callOf(params, target, origin, true) : (valueOf(change.to) as CallObject);
      if ('problem' in call) return [];
      return [{ verb: 'create', resource: Call, namespace, name: name ?? '', fieldManager: manager, object: call }];
    }),
  inspect,
  revert(change, params, live, { origin }) {
    if (params.undo === undefined)
      return { is: 'Irreversible', message: 'the webhook has no undo, so it cannot be taken back' };
    const answer = answerTo(live, readOfCall(origin, true));
    if (answer.is === 'Unreadable') return answer;
    // Whether the first one arrived cannot be told, so the other way is always sent.
    if (answer.is !== 'Found') return { is: 'Restore', change: inverse(change) };
    return { is: 'AlreadyThere', message: `${hostOf(params.undo.url ?? params.url)} has accepted its undo` };
  },
  effect: (_changes, _live, _context, { url }) => ({ is: 'Done', message: `${hostOf(url)} has accepted it` }),
};

/** `https://hooks.example.com/a` is `hooks.example.com`; what follows may be a secret. */
const hostOf = (url: string): string => /^https?:\/\/([^/]+)/.exec(url)?.[1] ?? 'the receiver';
