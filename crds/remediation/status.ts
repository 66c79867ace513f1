import type { Schema } from '../../engine/schema.ts';
import { conditions, observedGeneration, timeline } from '../conditions.ts';
import { count, objectName, text, time } from '../fragments.ts';
import { measurement } from './measurement.ts';
import { guardCheck } from './guard-check.ts';
import { preview } from './preview.ts';
import { hash, seal } from './seal.ts';
import { stepStatus } from './step-status.ts';

/** What became of it: written by the operator, and the memory of the step function. */
export const status = {
  type: 'object',
  description: 'What was done, exactly; written by the operator only.',
  properties: {
    observedGeneration,
    conditions: conditions(
      'Approved (a person agreed, or none is needed), Blocked (a guard does not pass), Applied (all steps are done), Verified (the target recovered), Undone (what was done is taken back), Escalated (people are asked, because it did not help), Succeeded (the end: True or False).',
    ),
    approval: {
      type: 'object',
      description:
        'How people decided. Example: {required: 2, given: 1, decisions: [{by: alice, decision: Approved, time: …}]}.',
      required: ['required', 'given', 'decisions'],
      properties: {
        required: count('How many must approve.'),
        given: count('How many have.'),
        expiresTime: time('It ends then, if it has not begun.'),
        decisions: {
          type: 'array',
          maxItems: 16,
          description: 'Who decided what, and when that was seen.',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['by'],
          items: {
            type: 'object',
            description: 'One decision.',
            required: ['by', 'decision', 'time'],
            properties: {
              by: text('Who.', 256),
              decision: { type: 'string', enum: ['Approved', 'Denied'], description: 'What.' },
              time: time('When it was seen.'),
            },
          },
        },
      },
    },
    preview,
    holdsSince: time('Since when verify.condition holds, while it does.'),
    effect: {
      type: 'object',
      description: 'What changed between its first step and its verification. Example: {summary: "high 0.97 -> 0.41"}.',
      properties: {
        before: measurement('Just before its first step.'),
        after: measurement('When it was verified.'),
        summary: text('What became different, in a line.'),
      },
    },
    tried: {
      type: 'array',
      maxItems: 16,
      description:
        'The attempts before this one that had no effect on the target, or on the pod before it, whatever their plans; oldest first, since the last one that helped.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        description: 'One attempt.',
        required: ['name', 'plan', 'did', 'outcome'],
        properties: {
          name: objectName('The Remediation.'),
          plan: objectName('Its plan.'),
          did: text('Its actions, such as "scale, restartPod".', 256),
          outcome: text('The reason of its condition Succeeded.', 128),
          finishedTime: time('When it ended.'),
        },
      },
    },
    guards: {
      type: 'array',
      maxItems: 32,
      description: 'Each guard, passed or not, with its numbers.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: guardCheck,
    },
    steps: {
      type: 'array',
      maxItems: 8,
      description: 'Each step, with its changes before they are made.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: stepStatus,
    },
    claims: count('How often it has claimed a place in the budgets: tells one claim from another that was withdrawn.'),
    startedTime: time('When the first step began.'),
    finishedTime: time('When it ended.'),
    previousHash: hash('The hash of the link that the newest seal stands behind.'),
    hash: hash('The hash of the newest seal: check with homeostat audit verify.'),
    seals: {
      type: 'array',
      maxItems: 32,
      description:
        'Its links in the chain of its namespace: the first at its end, further ones for what came later (undo, wishes). Nothing that is sealed is written anew.',
      'x-kubernetes-list-type': 'atomic',
      items: seal,
    },
    timeline,
  },
} as const satisfies Schema;
