import type { Schema } from '../../engine/schema.ts';
import { count, text, time, uid } from '../fragments.ts';

/** So long is a value that can be recorded, as JSON text: what is longer is not changed. */
export const longestValue = 262_144;

/** The record of one changed field: the undo log consists of these. */
export const change = {
  type: 'object',
  description: 'One field of one object: written down before it is changed.',
  required: ['object', 'path'],
  properties: {
    object: {
      type: 'object',
      description: 'The object.',
      required: ['apiVersion', 'kind', 'name'],
      properties: {
        apiVersion: text('Its API version.', 317),
        kind: text('Its kind.', 63),
        namespace: text('Its namespace, if it has one.', 63),
        name: text('Its name.', 253),
        uid: uid('Its UID; absent while an object that is made here has none yet.'),
        resource: text('Its plural in URLs, where that does not follow from its kind.', 63),
      },
    },
    path: text(
      'The field, as a JSON pointer such as /spec/replicas; an element of a list by its keys, as in /spec/containers/[name=app]/image; empty for the whole object, which is made or deleted.',
    ),
    subresource: text('The subresource it is changed through, such as scale.', 63),
    from: text('What was there, as JSON text; absent: the field was absent.', longestValue),
    to: text('What was put there, as JSON text; absent: the field was removed.', longestValue),
    fromManagers: {
      type: 'array',
      maxItems: 16,
      description: 'Who had put there what was there: the field managers. Example: [kubectl-scale].',
      'x-kubernetes-list-type': 'atomic',
      items: text('A field manager.', 128),
    },
    waiting: {
      type: 'object',
      description:
        'Why it cannot be made yet, while the API server, or whoever is called, refuses it for now. Example: {since: "2026-01-31T08:15:00Z", until: "2026-01-31T08:15:08Z", message: "The disruption budget web needs 2 healthy pods and has 2 currently"}.',
      required: ['since', 'until', 'message'],
      properties: {
        since: time('When it was refused first.'),
        until: time('When it is asked for again.'),
        message: text('What was answered.'),
      },
    },
    calls: {
      type: 'object',
      description:
        'Of a call of somebody outside the cluster: how often it was tried. Each try is counted before anything is sent; that nothing was sent, after it has failed. Example: {tried: 3, unsent: 3}: nothing ever left.',
      required: ['tried', 'unsent'],
      properties: {
        tried: count('How often it was tried.'),
        unsent: count('How often that failed before anything was sent, as when nobody listens.'),
      },
    },
    undo: {
      type: 'object',
      description: 'Whether it is undone.',
      required: ['state'],
      properties: {
        state: {
          type: 'string',
          enum: ['None', 'Pending', 'Done', 'Superseded', 'Irreversible', 'Failed'],
          description:
            'None: not asked for. Pending: under way. Done: as before. Superseded: somebody changed it since, and it was left. Irreversible: cannot be undone. Failed: see message.',
        },
        time: time('When it came to this.'),
        message: text('Why, in a sentence.'),
        supersededBy: text('Who changed it since: the field manager.', 256),
      },
    },
  },
} as const satisfies Schema;
