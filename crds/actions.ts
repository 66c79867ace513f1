import type { Infer, Schema } from '../engine/schema.ts';
import { annotate } from './actions/annotate.ts';
import { cordon } from './actions/cordon.ts';
import { createObject } from './actions/create-object.ts';
import { drain } from './actions/drain.ts';
import { job } from './actions/job.ts';
import { isolatePod } from './actions/isolate-pod.ts';
import { rolloutUndo } from './actions/rollout-undo.ts';
import { notify } from './actions/notify.ts';
import { webhook } from './actions/webhook.ts';
import { label } from './actions/label.ts';
import { restartPod } from './actions/restart-pod.ts';
import { scale } from './actions/scale.ts';
import { taint } from './actions/taint.ts';
import { setResources } from './actions/set-resources.ts';
import { suspend } from './actions/suspend.ts';
import { pauseRollout } from './actions/pause-rollout.ts';
import { rolloutRestart } from './actions/rollout-restart.ts';
import { union } from './fragments.ts';

/**
 * The actions a plan's step may name and the schemas of their parameters, in the order of `kubectl explain`. The code of
 * an action (operator/actions) takes the type of its parameters from here.
 */
export const actions = {
  cordon,
  drain,
  restartPod,
  scale,
  label,
  annotate,
  taint,
  suspend,
  pauseRollout,
  rolloutRestart,
  rolloutUndo,
  setResources,
  isolatePod,
  createObject,
  job,
  webhook,
  notify,
} as const satisfies Record<string, Schema>;

export type ActionName = keyof typeof actions;
/** The parameters of one action. */
export type ActionParameters<Name extends ActionName> = Infer<(typeof actions)[Name]>;

/** The names of all actions, in order. */
export const actionNames = Object.keys(actions) as readonly ActionName[];

/** What cannot be taken back: a step with such an action has no `undo`. */
export const irreversible: readonly ActionName[] = ['restartPod', 'rolloutRestart', 'notify'];

/** What can be taken back only where its parameters say how, in an `undo` of their own. */
export const undoneByOwnMeans: readonly ActionName[] = ['job', 'webhook'];

/** `steps[].action`: exactly one action with its parameters. */
export const action = union(
  'action',
  'What is done: exactly one action with its parameters. Example: {scale: {by: 1, max: 10}}.',
  actions,
);
