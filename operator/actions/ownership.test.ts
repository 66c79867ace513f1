import { expect } from 'chai';
import type { KubeObject, ManagedFields } from '../kube/api.ts';
import { describeOwner, managerOf, ownersOf } from './ownership.ts';

const entry = (manager: string, fieldsV1: ManagedFields['fieldsV1'], subresource?: string): ManagedFields => ({
  manager,
  operation: 'Update',
  time: '2026-01-01T00:00:00Z',
  ...(subresource === undefined ? {} : { subresource }),
  ...(fieldsV1 === undefined ? {} : { fieldsV1 }),
});
const object = (...managedFields: ManagedFields[]): KubeObject => ({ metadata: { name: 'x', managedFields } });

describe('ownersOf', () => {
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const labels = { 'f:metadata': { 'f:labels': { '.': {}, 'f:app.kubernetes.io/name': {} } } };
  const mapAlone = { 'f:metadata': { 'f:labels': {} } };
  const cases: [what: string, object: KubeObject, pointer: string, owners: string[]][] = [
    ['nobody, of an object without managedFields', { metadata: { name: 'x' } }, '/spec/replicas', []],
    ['nobody, of an entry without fields', object(entry('a', undefined)), '/spec/replicas', []],
    ['who names the field', object(entry('a', replicas), entry('b', labels)), '/spec/replicas', ['a']],
    ['who names it through a subresource', object(entry('a', replicas, 'scale')), '/spec/replicas', ['a']],
    ['everybody who names it', object(entry('a', replicas), entry('b', replicas)), '/spec/replicas', ['a', 'b']],
    ['who owns something below', object(entry('a', labels)), '/metadata/labels', ['a']],
    ['who owns a key with a slash', object(entry('a', labels)), '/metadata/labels/app.kubernetes.io~1name', ['a']],
    ['nobody, of a sibling', object(entry('a', labels)), '/metadata/labels/app', []],
    ['not who owns only the map around it', object(entry('a', mapAlone)), '/metadata/labels/app', []],
    ['nobody, of a name that every object has in JavaScript', object(entry('a', {})), '/constructor', []],
  ];
  for (const [what, of, pointer, owners] of cases)
    it(what, () => expect(ownersOf(of, pointer).map(({ manager }) => manager)).to.deep.equal(owners));
});

describe('managerOf', () => {
  it('is the namespace and name of the Remediation under our prefix', () => {
    expect(managerOf({ namespace: 'shop', name: 'restart-4f1d' })).to.equal('homeostat/shop/restart-4f1d');
  });

  it('fits into the 128 characters that the API server accepts, and tells all of them apart', () => {
    const name = `${'x'.repeat(200)}-4f1d`;
    const managers = ['a', 'b'].map((namespace) => managerOf({ namespace, name }));
    for (const manager of managers) {
      expect(manager).to.have.lengthOf(128);
      expect(manager).to.match(/^homeostat\/[0-9a-f]{16}~x+-4f1d$/);
    }
    expect(new Set(managers).size).to.equal(2);
  });
});

describe('describeOwner', () => {
  it('says who and when', () => {
    expect(describeOwner(entry('kubectl-cordon', {}))).to.equal('kubectl-cordon at 2026-01-01T00:00:00Z');
    expect(describeOwner({ manager: 'helm', operation: 'Apply' })).to.equal('helm');
  });
});
