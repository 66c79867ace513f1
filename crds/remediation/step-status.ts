import type { Schema } from '../../engine/schema.ts';
import { actionNames } from '../actions.ts';
import { label, text, time } from '../fragments.ts';
import { change } from './change.ts';

/** How far one step is. */
export const stepStatus = {
  type: 'object',
  description: 'One step and how far it is.',
  required: ['name', 'state'],
  properties: {
    name: label('The step of spec.steps.'),
    action: { type: 'string', enum: actionNames, description: 'Its action.' },
    state: {
      type: 'string',
      enum: ['Pending', 'Prepared', 'Applied', 'Failed', 'Skipped'],
      description:
        'Pending: not begun. Prepared: its changes are written down here and may have been made. Applied: made and seen. Failed: see message. Skipped: there was nothing to do, or it was not reached.',
    },
    startedTime: time('When it was prepared.'),
    madeTime: time(
      'When all its changes were seen to be made, where their effect takes longer. What is as before after that was taken back by somebody, and is not made again.',
    ),
    finishedTime: time('When it was applied, failed or was skipped.'),
    message: text('What happened, in a sentence.'),
    changes: {
      type: 'array',
      // The cordon and the pods of a large node, each of which is small.
      maxItems: 512,
      description: 'What it changes: the undo log.',
      'x-kubernetes-list-type': 'atomic',
      items: change,
    },
  },
} as const satisfies Schema;
