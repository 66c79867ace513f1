import { expect } from 'chai';
import type { KubeObject, ManagedFields } from '../kube/api.ts';
import type { BoundAction, Change } from './action.ts';
import { fieldRequests, inspectField, inverse } from './fields.ts';
import { readKey, type Answer, type Live } from './live.ts';
import { actionOf } from './registry.ts';
import { Node } from './resources.ts';
import { revert } from './revert.ts';

const manager = 'homeostat/fix-1';
const object = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' };
const pointer = '/metadata/labels/pool';
const fields = { 'f:metadata': { 'f:labels': { 'f:pool': {} } } };
const owner = (name: string, operation: 'Apply' | 'Update' = 'Update'): ManagedFields => ({
  manager: name,
  operation,
  time: '2026-01-01T00:00:00Z',
  fieldsV1: fields,
});

/** The node with this label, written by these managers. */
const node = (pool: string | undefined, managedFields: ManagedFields[] = [], uid = 'u'): KubeObject => ({
  metadata: { name: 'n', uid, resourceVersion: '7', managedFields, labels: pool === undefined ? {} : { pool } },
});
const read = (answer: Answer): Live => new Map([[readKey({ resource: Node, name: 'n' }), answer]]);
const change = (from: string | undefined, to: string | undefined): Change => ({
  object,
  path: pointer,
  ...(from === undefined ? {} : { from: JSON.stringify(from) }),
  ...(to === undefined ? {} : { to: JSON.stringify(to) }),
});

const ours = [owner(manager)];
const theirs = [owner('kubectl-label')];
type Case = [
  what: string,
  from: string | undefined,
  to: string | undefined,
  live: KubeObject,
  standing: string,
  by?: string,
];
const truth: readonly Case[] = [
  // Set where nothing was.
  ['not set yet', undefined, 'bad', node(undefined), 'NotMade'],
  ['set by us', undefined, 'bad', node('bad', ours), 'Ours'],
  [
    'set by us, and by us under another operation',
    undefined,
    'bad',
    node('bad', [...ours, owner(manager, 'Apply')]),
    'Ours',
  ],
  ['set to the same by somebody else', undefined, 'bad', node('bad', theirs), 'Foreign', 'kubectl-label'],
  [
    'set by us and applied by somebody else too',
    undefined,
    'bad',
    node('bad', [...ours, owner('flux', 'Apply')]),
    'Foreign',
    'flux',
  ],
  ['set to something else', undefined, 'bad', node('worse', theirs), 'Foreign', 'kubectl-label'],
  ['set, and nobody is on record', undefined, 'bad', node('bad'), 'Foreign', 'unknown'],
  // Changed.
  ['not changed yet', 'good', 'bad', node('good', theirs), 'NotMade'],
  ['changed by us', 'good', 'bad', node('bad', ours), 'Ours'],
  ['changed back by somebody else', 'good', 'bad', node('good', theirs), 'NotMade'],
  ['removed by somebody else', 'good', 'bad', node(undefined), 'Foreign', 'unknown'],
  [
    'changed again by another Remediation',
    'good',
    'bad',
    node('worse', [owner('homeostat/fix-2')]),
    'Foreign',
    'homeostat/fix-2',
  ],
  // Removed.
  ['not removed yet', 'good', undefined, node('good', theirs), 'NotMade'],
  ['removed', 'good', undefined, node(undefined), 'Ours'],
  ['removed, and set anew', 'good', undefined, node('new', theirs), 'Foreign', 'kubectl-label'],
  // The object.
  ['of another object of that name', undefined, 'bad', node('bad', ours, 'other'), 'Gone'],
];

describe('inspectField', () => {
  for (const [what, from, to, live, is, by] of truth)
    it(`${what}: ${is}`, () => {
      const standing = inspectField(change(from, to), read({ is: 'Found', object: live }), manager);
      expect(standing.is).to.equal(is);
      if (standing.is === 'Foreign') expect(standing.by).to.equal(by);
    });

  it('of an object that is no more: Gone', () => {
    expect(inspectField(change(undefined, 'bad'), read({ is: 'Absent' }), manager).is).to.equal('Gone');
  });

  it('of an object that cannot be read, or was not: Unreadable', () => {
    const unreadable = read({ is: 'Unreadable', message: 'forbidden' });
    expect(inspectField(change(undefined, 'bad'), unreadable, manager).is).to.equal('Unreadable');
    expect(inspectField(change(undefined, 'bad'), new Map(), manager).is).to.equal('Unreadable');
  });

  it('says what it is now, by whom, since when', () => {
    const live = read({ is: 'Found', object: node('worse', theirs) });
    expect(inspectField(change('good', 'bad'), live, manager)).to.deep.include({
      message: 'metadata.labels.pool of Node n was set to "worse" by kubectl-label at 2026-01-01T00:00:00Z',
    });
  });
});

describe('fieldRequests', () => {
  it('is one request for an object, with its identity and version as precondition, null for absent', () => {
    const other = { ...change('x', undefined), path: '/metadata/labels/zone' };
    const requests = fieldRequests(
      [change(undefined, 'bad'), other],
      read({ is: 'Found', object: node('x') }),
      manager,
    );
    expect(requests).to.have.lengthOf(1);
    expect(requests[0]).to.deep.include({
      verb: 'patch',
      name: 'n',
      fieldManager: manager,
      patch: {
        type: 'merge',
        body: { metadata: { uid: 'u', resourceVersion: '7', labels: { pool: 'bad', zone: null } } },
      },
    });
  });

  it('is none for an object that is not the one that was recorded', () => {
    const replaced = read({ is: 'Found', object: node('x', [], 'other') });
    expect(fieldRequests([change(undefined, 'bad')], replaced, manager)).to.deep.equal([]);
  });
});

describe('revert', () => {
  const label = actionOf({ label: { of: 'Target', set: { pool: 'bad' } } });
  const action = (reversible: boolean): BoundAction => ({ ...label, reversible });
  const context = { target: { kind: 'Node', name: 'n', uid: 'u' }, manager, nowMs: 0 } as const;
  const of = (live: Answer, reversible = true) =>
    revert(action(reversible), change('good', 'bad'), read(live), context);

  it('restores what is still ours by the inverse change', () => {
    expect(of({ is: 'Found', object: node('bad', ours) })).to.deep.equal({
      is: 'Restore',
      change: change('bad', 'good'),
    });
  });
  it('has nothing to do where all is as before', () => {
    expect(of({ is: 'Found', object: node('good') }).is).to.equal('AlreadyThere');
  });
  it('leaves what somebody changed, and names them', () => {
    expect(of({ is: 'Found', object: node('worse', theirs) })).to.deep.include({
      is: 'Superseded',
      by: 'kubectl-label',
    });
  });
  it('leaves what is gone', () => expect(of({ is: 'Absent' }).is).to.equal('Superseded'));
  it('waits for what cannot be read', () => expect(of({ is: 'Unreadable', message: '' }).is).to.equal('Unreadable'));
  it('says what cannot be taken back', () => {
    expect(of({ is: 'Found', object: node('bad', ours) }, false).is).to.equal('Irreversible');
  });
  for (const [whose, fromManagers, toManager] of [
    ['a person’s', ['kubectl'], undefined],
    ['another Remediation’s', ['homeostat/shop/fix-0'], 'homeostat/shop/fix-0'],
    ['another Remediation’s, which a person wanted too', ['homeostat/shop/fix-0', 'kubectl'], undefined],
  ] as const)
    it(`gives back ${whose} in the name of ${toManager ?? 'ours'}`, () => {
      const changed = { ...change('a', 'b'), fromManagers: [...fromManagers] };
      expect(inverse(changed)).to.deep.equal({
        ...change('b', 'a'),
        ...(toManager === undefined ? {} : { toManager }),
      });
    });
  it('twice the inverse is the change', () => {
    for (const changed of [change('a', 'b'), change(undefined, 'b'), change('a', undefined)])
      expect(inverse(inverse(changed))).to.deep.equal(changed);
  });
});
