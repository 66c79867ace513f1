import { expect } from 'chai';
import fc from 'fast-check';
import { mergePatch } from '../testing/patch.ts';
import { differences, elementKey, patched } from './elements.ts';
import { shownPath, valueAt } from './json.ts';
import { ownersOf } from './ownership.ts';

const app = { name: 'app', image: 'web:1', resources: { limits: { memory: '1Gi' } } };
const proxy = { name: 'proxy', image: 'proxy:1' };
const pod = { metadata: { labels: { a: 'b' } }, spec: { containers: [app, proxy] } };

describe('elements of lists', () => {
  it('are found by their keys and shown as people write them', () => {
    const path = `/spec/containers/${elementKey({ name: 'app' })}/resources/limits/memory`;
    expect(valueAt(pod, path)).to.equal('1Gi');
    expect(valueAt(pod, '/spec/containers/[name=none]/image')).to.equal(undefined);
    expect(shownPath(path)).to.equal('spec.containers[name=app].resources.limits.memory');
  });

  const writes: [what: string, pointer: string, value: unknown, containers: unknown[]][] = [
    ['a field of one', '/spec/containers/[name=app]/image', 'web:2', [{ ...app, image: 'web:2' }, proxy]],
    ['a field away', '/spec/containers/[name=app]/resources', undefined, [{ name: 'app', image: 'web:1' }, proxy]],
    ['a field of one that is not there', '/spec/containers/[name=none]/image', 'x', [app, proxy]],
    ['one away', '/spec/containers/[name=app]', undefined, [proxy]],
    ['one at the end', '/spec/containers/[name=new]', { name: 'new' }, [app, proxy, { name: 'new' }]],
  ];
  for (const [what, pointer, value, containers] of writes)
    it(`put ${what}`, () => {
      const body = patched({ metadata: { uid: 'u' } }, pod, pointer, value);
      expect(mergePatch(pod, body)).to.deep.equal({
        metadata: { labels: { a: 'b' }, uid: 'u' },
        spec: { containers },
      });
    });

  it('take two writes of one list', () => {
    const first = patched({}, pod, '/spec/containers/[name=app]/image', 'web:2');
    const both = patched(first, pod, '/spec/containers/[name=proxy]/image', 'proxy:2');
    const containers = [
      { ...app, image: 'web:2' },
      { ...proxy, image: 'proxy:2' },
    ];
    expect(mergePatch(pod, both)).to.deep.equal({ ...pod, spec: { containers } });
  });

  it('leave no list behind when the last one goes', () => {
    expect(patched({}, { spec: { taints: [{ key: 'a' }] } }, '/spec/taints/[key=a]', undefined)).to.deep.equal({
      spec: { taints: null },
    });
  });

  const trees = fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.oneof(fc.string(), fc.dictionary(fc.constantFrom('c', 'd'), fc.string())),
  );
  it('a map is replaced by another one, whatever is in them', () => {
    fc.assert(
      fc.property(trees, trees, (now, wanted) => {
        expect(mergePatch({ at: now }, patched({}, { at: now }, '/at', wanted))).to.deep.equal({ at: wanted });
      }),
    );
  });

  const differing: [what: string, from: unknown, to: unknown, parts: string[]][] = [
    ['equal values', pod, structuredClone(pod), []],
    [
      'a field deep down',
      pod.spec,
      { containers: [app, { ...proxy, image: 'proxy:2' }] },
      ['/containers/[name=proxy]/image'],
    ],
    ['an element more', pod.spec, { containers: [app, proxy, { name: 'new' }] }, ['/containers/[name=new]']],
    ['another order', pod.spec, { containers: [proxy, app] }, ['/containers']],
    ['a list that is one value', { args: ['a'] }, { args: ['b'] }, ['/args']],
    [
      'ports, which have no name',
      { ports: [{ containerPort: 80, protocol: 'TCP' }] },
      { ports: [{ containerPort: 80, protocol: 'TCP', name: 'web' }] },
      ['/ports/[containerPort=80,protocol=TCP]/name'],
    ],
    ['an annotation with a slash', {}, { 'a/b': '1' }, ['/a~1b']],
  ];
  for (const [what, from, to, parts] of differing)
    it(`${what}: ${parts.length === 0 ? 'nothing differs' : parts.join(', ')}`, () => {
      expect(differences('', from, to)).to.deep.equal(parts);
    });

  it('belong to who is named for them, or for the list when that is one value', () => {
    const managedFields = [
      { manager: 'a', operation: 'Update' as const, fieldsV1: { 'f:spec': { 'f:taints': {} } } },
      {
        manager: 'b',
        operation: 'Update' as const,
        fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {} } } } },
      },
    ];
    const owners = (path: string) =>
      ownersOf({ metadata: { name: 'x', managedFields } }, path).map(({ manager }) => manager);
    expect(owners('/spec/taints/[key=a,effect=NoSchedule]')).to.deep.equal(['a']);
    expect(owners('/spec/containers/[name=app]/image')).to.deep.equal(['b']);
    expect(owners('/spec/containers/[name=proxy]/image')).to.deep.equal([]);
  });
});
