/**
 * Calls of programs outside the cluster, written down as the creation of an object that no API server knows: whoever sends
 * the requests (operator/notify/calls.ts) makes the call instead, and answers that the object is there once the receiver
 * has accepted it. What became of a call cannot be read afterwards; so one whose answer was not noted is made again, under
 * the same key.
 */
import type { RecordedChange } from '../../crds/remediation.ts';
import type { KubeObject, Resource } from '../kube/api.ts';

/** The group of what stands for something outside the cluster. */
export const outsideGroup = 'outside.homeostat.dev';

/** Whether a change stands for such a thing. */
export const isOutside = ({ object }: { readonly object: { readonly apiVersion: string } }): boolean =>
  object.apiVersion.startsWith(`${outsideGroup}/`);

/** Reason of the refusal of a call that the operator does not make: its file does not name the receiver. */
export const hostNotAllowed = 'HostNotAllowed';

/** Reason of a failure after which nothing had been sent: nobody listens there, the name is not known, too many are under way. */
export const notSent = 'NotSent';

/** Whether a call failed before anything was sent. */
export const wasNotSent = ({ reason }: { readonly reason: string }): boolean =>
  reason === hostNotAllowed || reason === notSent;

/** Whether nothing of a call that was written down has ever been sent. What has no count is of an older version: not known. */
export const isUnsent = ({ calls }: Pick<RecordedChange, 'calls'>): boolean =>
  calls !== undefined && calls.tried === calls.unsent;

/** `type` of a call that does something, and of one that takes it back. */
export const doCall = 'dev.homeostat.webhook.do';
export const undoCall = 'dev.homeostat.webhook.undo';

export const Call: Resource = Object.freeze({
  group: outsideGroup,
  version: 'v1',
  kind: 'Call',
  plural: 'calls',
  namespaced: true,
});

/** A call as a request carries it; its name is the idempotency key. */
export interface CallObject extends KubeObject {
  readonly spec: {
    readonly url: string;
    readonly type: string;
    readonly timeoutSeconds: number;
    readonly data: object;
  };
}
