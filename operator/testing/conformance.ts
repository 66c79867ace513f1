/**
 * What an API server does, as far as the operator relies on it: one table of cases, run against the in-process server
 * and against a real one, so that a test which passes on the first means something on the second.
 */
import { expect } from 'chai';
import { ApiError, type JsonPatchOperation, type KubeApi, type KubeObject, type Resource } from '../kube/api.ts';
import { ownersOf } from '../kube/managed-fields.ts';
import { Deployment, Lease, Pod, SelfSubjectAccessReview } from '../kube/resources.ts';
import { writeStatus } from '../kube/status.ts';
import { deployment } from './fixtures.ts';

/** A custom kind made for this suite, with a status subresource and `conditions` merged by type. */
export const Widget: Resource = {
  group: 'conformance.homeostat.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};

export interface WidgetObject extends KubeObject {
  spec?: { size?: number; colour?: string };
  status?: { ready?: boolean; count?: number; conditions?: { type: string; status: string }[] };
}

/** A server to be asked, and a namespace of its own for each case. */
export interface Subject {
  readonly api: KubeApi;
  readonly namespace: string;
}

interface Case {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

const me = { fieldManager: 'me' };
const other = { fieldManager: 'other' };

/** The refusal, or a failure of the test when there is none. */
async function refusal(promise: Promise<unknown>): Promise<[status: number, reason: string]> {
  const error: unknown = await promise.then(
    () => expect.fail('was not refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  return [error.status, error.reason];
}

const widget = ({ namespace }: Subject, name = 'w', more: Partial<WidgetObject> = {}): WidgetObject => ({
  metadata: { name, namespace, ...more.metadata },
  spec: { size: 1 },
  ...more,
});

const create = (subject: Subject, name = 'w', more: Partial<WidgetObject> = {}) =>
  subject.api.create<WidgetObject>(
    Widget,
    { ...widget(subject, name, more), metadata: { ...more.metadata, name, namespace: subject.namespace } },
    me,
  );

const merge = (subject: Subject, body: object, options: object = me, name = 'w') =>
  subject.api.patch<WidgetObject>(Widget, { name, namespace: subject.namespace }, { type: 'merge', body }, options);

const read = ({ api, namespace }: Subject, name = 'w') => api.get<WidgetObject>(Widget, { name, namespace });

const apply = ({ api, namespace }: Subject, body: object, options: object, force = false) =>
  api.patch<WidgetObject>(
    Widget,
    { name: 'w', namespace },
    { type: 'apply', force, body: { metadata: { name: 'w', namespace }, ...body } },
    options,
  );

const managersOf = (object: KubeObject, ...path: string[]) =>
  ownersOf(object, path)
    .map(({ manager, operation, subresource }) => [manager, operation, subresource].filter(Boolean).join(' '))
    .sort();

const cases: readonly Case[] = [
  {
    name: 'create gives identity, version and generation, and takes no status',
    run: async (subject) => {
      const created = await create(subject, 'w', { status: { ready: true } });
      expect(created.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
      expect(created.metadata.creationTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect([created.metadata.generation, created.status, created.kind, created.apiVersion]).to.deep.equal([
        1,
        undefined,
        'Widget',
        'conformance.homeostat.dev/v1',
      ]);
      expect(await read(subject)).to.deep.equal(created);
      expect(await refusal(create(subject))).to.deep.equal([409, 'AlreadyExists']);
    },
  },
  {
    name: 'create with generateName makes a name',
    run: async (subject) => {
      const { api, namespace } = subject;
      const make = () => api.create(Widget, { metadata: { generateName: 'g-', name: '', namespace } });
      const [a, b] = [await make(), await make()];
      expect(a.metadata.name).to.match(/^g-.{5}$/);
      expect(a.metadata.name).not.to.equal(b.metadata.name);
    },
  },
  {
    name: 'what does not exist is NotFound',
    run: async (subject) => {
      const { api, namespace } = subject;
      const at = { name: 'nothing', namespace };
      expect(await refusal(api.get(Widget, at))).to.deep.equal([404, 'NotFound']);
      expect(await refusal(api.delete(Widget, at))).to.deep.equal([404, 'NotFound']);
      expect(await refusal(merge(subject, { spec: {} }, me, 'nothing'))).to.deep.equal([404, 'NotFound']);
      expect(
        await refusal(api.patch(Deployment, at, { type: 'merge', body: {} }, { subresource: 'scale' })),
      ).to.deep.equal([404, 'NotFound']);
    },
  },
  {
    name: 'only a change of the spec makes a new generation, and no change makes no new version',
    run: async (subject) => {
      const created = await create(subject);
      const same = await merge(subject, { spec: { size: 1 } }, other);
      expect(same.metadata.resourceVersion).to.equal(created.metadata.resourceVersion);
      const labelled = await merge(subject, { metadata: { labels: { a: 'b' } } });
      expect([
        labelled.metadata.generation,
        labelled.metadata.resourceVersion === created.metadata.resourceVersion,
      ]).to.deep.equal([1, false]);
      expect((await merge(subject, { spec: { size: 2, colour: 'red' } })).metadata.generation).to.equal(2);
      const less = await merge(subject, { spec: { colour: null } });
      expect([less.metadata.generation, less.spec]).to.deep.equal([3, { size: 2 }]);
      expect(
        (await merge(subject, { status: { ready: true } }, { subresource: 'status' })).metadata.generation,
      ).to.equal(3);
    },
  },
  {
    name: 'status and the rest are written through different doors',
    run: async (subject) => {
      await create(subject);
      const main = await merge(subject, { spec: { size: 2 }, status: { ready: true } });
      expect([main.spec, main.status]).to.deep.equal([{ size: 2 }, undefined]);
      const status = await merge(
        subject,
        { metadata: { labels: { a: 'b' } }, spec: { size: 3 }, status: { ready: true } },
        { subresource: 'status' },
      );
      expect([status.spec, status.status, status.metadata.labels]).to.deep.equal([
        { size: 2 },
        { ready: true },
        undefined,
      ]);
      const replaced = await subject.api.replace<WidgetObject>(Widget, {
        ...status,
        spec: { size: 4 },
        status: { ready: false },
      } as WidgetObject);
      expect([replaced.spec, replaced.status]).to.deep.equal([{ size: 4 }, { ready: true }]);
    },
  },
  {
    name: 'a merge patch with another version or uid is a Conflict',
    run: async (subject) => {
      const { metadata } = await create(subject);
      const { uid, resourceVersion } = metadata;
      await merge(subject, { metadata: { uid, resourceVersion }, spec: { size: 2 } });
      expect(await refusal(merge(subject, { metadata: { resourceVersion }, spec: { size: 3 } }))).to.deep.equal([
        409,
        'Conflict',
      ]);
      const elsewhere = '11111111-2222-4333-8444-555555555555';
      expect(await refusal(merge(subject, { metadata: { uid: elsewhere }, spec: { size: 3 } }))).to.deep.equal([
        409,
        'Conflict',
      ]);
      expect((await read(subject)).spec).to.deep.equal({ size: 2 });
    },
  },
  {
    name: 'a JSON patch does all or nothing',
    run: async (subject) => {
      await create(subject);
      const at = { name: 'w', namespace: subject.namespace };
      const patch = (...body: JsonPatchOperation[]) =>
        subject.api.patch<WidgetObject>(Widget, at, { type: 'json', body }, me);
      const absent = await patch({ op: 'test', path: '/metadata/labels', value: null });
      expect(absent.spec).to.deep.equal({ size: 1 });
      const changed = await patch(
        { op: 'test', path: '/spec/size', value: 1 },
        { op: 'replace', path: '/spec/size', value: 5 },
        { op: 'add', path: '/metadata/labels', value: { 'a/b': 'c' } },
      );
      expect([changed.spec, changed.metadata.labels]).to.deep.equal([{ size: 5 }, { 'a/b': 'c' }]);
      expect(
        await refusal(
          patch({ op: 'test', path: '/spec/size', value: 1 }, { op: 'replace', path: '/spec/size', value: 6 }),
        ),
      ).to.deep.equal([422, 'Invalid']);
      expect(await refusal(patch({ op: 'remove', path: '/spec/nothing' }))).to.deep.equal([422, 'Invalid']);
      expect((await patch({ op: 'remove', path: '/metadata/labels/a~1b' })).spec).to.deep.equal({ size: 5 });
    },
  },
  {
    name: 'a JSON patch reaches into lists',
    run: async (subject) => {
      const [a, b, c] = ['example.com/a', 'example.com/b', 'example.com/c'];
      await create(subject, 'w', { metadata: { name: 'w', finalizers: [b] } });
      const patch = async (...body: JsonPatchOperation[]) =>
        (await subject.api.patch(Widget, { name: 'w', namespace: subject.namespace }, { type: 'json', body }, me))
          .metadata.finalizers;
      expect(await patch({ op: 'add', path: '/metadata/finalizers/-', value: c })).to.deep.equal([b, c]);
      expect(await patch({ op: 'add', path: '/metadata/finalizers/0', value: a })).to.deep.equal([a, b, c]);
      expect(await refusal(patch({ op: 'test', path: '/metadata/finalizers/1', value: a }))).to.deep.equal([
        422,
        'Invalid',
      ]);
      expect(await refusal(patch({ op: 'remove', path: '/metadata/finalizers/3' }))).to.deep.equal([422, 'Invalid']);
      const emptied = [0, 0, 0].map((index) => ({ op: 'remove', path: `/metadata/finalizers/${index}` }) as const);
      expect(await patch({ op: 'test', path: '/metadata/finalizers/2', value: c }, ...emptied)).to.equal(undefined);
    },
  },
  {
    name: 'a replace needs the version that was read',
    run: async (subject) => {
      const created = await create(subject);
      const replace = (metadata: KubeObject['metadata']) =>
        subject.api.replace<WidgetObject>(Widget, { ...created, metadata, spec: { size: 7 } } as WidgetObject, me);
      expect((await replace(created.metadata)).spec).to.deep.equal({ size: 7 });
      expect(await refusal(replace(created.metadata))).to.deep.equal([409, 'Conflict']);
      const { resourceVersion: _, ...metadata } = created.metadata;
      expect(await refusal(replace(metadata))).to.deep.equal([422, 'Invalid']);
    },
  },
  {
    name: 'a dry run answers and stores nothing',
    run: async (subject) => {
      const dry = { ...me, dryRun: true };
      const answered = await subject.api.create<WidgetObject>(Widget, widget(subject), dry);
      expect(answered.spec).to.deep.equal({ size: 1 });
      expect(await refusal(read(subject))).to.deep.equal([404, 'NotFound']);
      const created = await create(subject);
      expect((await merge(subject, { spec: { size: 9 } }, dry)).spec).to.deep.equal({ size: 9 });
      await subject.api.delete(Widget, created.metadata, { dryRun: true });
      expect(await read(subject)).to.deep.equal(created);
    },
  },
  {
    name: 'a deletion of another object or version is a Conflict',
    run: async (subject) => {
      const { metadata } = await create(subject);
      expect(
        await refusal(subject.api.delete(Widget, metadata, { uid: '11111111-2222-4333-8444-555555555555' })),
      ).to.deep.equal([409, 'Conflict']);
      expect(await refusal(subject.api.delete(Widget, metadata, { resourceVersion: '1' }))).to.deep.equal([
        409,
        'Conflict',
      ]);
      await subject.api.delete(Widget, metadata, { uid: metadata.uid });
      expect(await refusal(read(subject))).to.deep.equal([404, 'NotFound']);
    },
  },
  {
    name: 'a finalizer keeps a deleted object until it is removed',
    run: async (subject) => {
      const { metadata } = await create(subject, 'w', { metadata: { name: 'w', finalizers: ['homeostat.dev/undo'] } });
      await subject.api.delete(Widget, metadata);
      const dying = await read(subject);
      expect(dying.metadata.deletionTimestamp).to.be.a('string');
      expect(dying.metadata.generation).to.equal(2);
      await subject.api.delete(Widget, metadata);
      expect((await read(subject)).metadata.resourceVersion).to.equal(dying.metadata.resourceVersion);
      await merge(subject, { metadata: { finalizers: null } });
      expect(await refusal(read(subject))).to.deep.equal([404, 'NotFound']);
    },
  },
  {
    name: 'a list comes in pages of one moment, selected by labels and names',
    run: async (subject) => {
      const { api, namespace } = subject;
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await create(subject, name, { metadata: { name, labels: { vowel: String('ae'.includes(name)), name } } });
      }
      const page = await api.list<WidgetObject>(Widget, { namespace, limit: 2 });
      expect(page.items.map(({ metadata, kind }) => [metadata.name, kind])).to.deep.equal([
        ['a', 'Widget'],
        ['b', 'Widget'],
      ]);
      await api.delete(Widget, { name: 'c', namespace });
      const next = await api.list(Widget, { namespace, limit: 2, continue: page.continue });
      expect([next.items.map(({ metadata }) => metadata.name), next.resourceVersion]).to.deep.equal([
        ['c', 'd'],
        page.resourceVersion,
      ]);
      const last = await api.list(Widget, { namespace, limit: 2, continue: next.continue });
      expect([last.items.map(({ metadata }) => metadata.name), last.continue]).to.deep.equal([['e'], undefined]);
      const selected = async (selector: object) =>
        (await api.list(Widget, { namespace, ...selector })).items.map(({ metadata }) => metadata.name).join('');
      expect(await selected({ labelSelector: 'vowel=true' })).to.equal('ae');
      expect(await selected({ labelSelector: 'vowel!=true,name in (b,x)' })).to.equal('b');
      expect(await selected({ labelSelector: 'name notin (b),vowel' })).to.equal('ade');
      expect(await selected({ labelSelector: '!vowel' })).to.equal('');
      expect(await selected({ fieldSelector: 'metadata.name=d' })).to.equal('d');
      expect(await selected({ fieldSelector: 'metadata.name!=d' })).to.equal('abe');
    },
  },
  {
    name: 'a watch tells every change after a version, in order',
    run: async (subject) => {
      const { api, namespace } = subject;
      await create(subject, 'before');
      const { resourceVersion } = await api.list(Widget, { namespace });
      await create(subject, 'a');
      const seen = collect(subject, { resourceVersion }, 5);
      await merge(subject, { spec: { size: 2 } }, me, 'a');
      await merge(subject, { status: { ready: true } }, { subresource: 'status' }, 'a');
      await merge(subject, { spec: { size: 2 } }, me, 'a');
      await api.delete(Widget, { name: 'a', namespace });
      await create(subject, 'b');
      expect(await seen).to.deep.equal(['ADDED a', 'MODIFIED a', 'MODIFIED a', 'DELETED a', 'ADDED b']);
    },
  },
  {
    name: 'a watch of a selection tells what enters and leaves it',
    run: async (subject) => {
      const { resourceVersion } = await subject.api.list(Widget, { namespace: subject.namespace });
      const seen = collect(subject, { resourceVersion, labelSelector: 'in=yes' }, 3);
      await create(subject, 'a');
      await merge(subject, { metadata: { labels: { in: 'yes' } } }, me, 'a');
      await merge(subject, { spec: { size: 2 } }, me, 'a');
      await merge(subject, { metadata: { labels: { in: 'no' } } }, me, 'a');
      expect(await seen).to.deep.equal(['ADDED a', 'MODIFIED a', 'DELETED a']);
    },
  },
  {
    name: 'an apply makes, changes and owns exactly what it names',
    run: async (subject) => {
      const made = await apply(subject, { spec: { size: 1, colour: 'red' } }, me);
      expect([made.spec, managersOf(made, 'spec', 'size')]).to.deep.equal([{ size: 1, colour: 'red' }, ['me Apply']]);
      const again = await apply(subject, { spec: { size: 1, colour: 'red' } }, me);
      expect(again.metadata.resourceVersion).to.equal(made.metadata.resourceVersion);
      const less = await apply(subject, { spec: { size: 2 } }, me);
      expect([less.spec, managersOf(less, 'spec', 'colour')]).to.deep.equal([{ size: 2 }, []]);
      expect(
        await refusal(
          subject.api.patch(Widget, { name: 'w', namespace: subject.namespace }, { type: 'apply', body: {} }),
        ),
      ).to.deep.equal([422, 'Invalid']);
    },
  },
  {
    name: 'an apply of what another manager owns is a Conflict, unless it is the same value or forced',
    run: async (subject) => {
      await apply(subject, { spec: { size: 1, colour: 'red' } }, other);
      expect(await refusal(apply(subject, { spec: { size: 2 } }, me))).to.deep.equal([409, 'Conflict']);
      const shared = await apply(subject, { spec: { size: 1 } }, me);
      expect(managersOf(shared, 'spec', 'size')).to.deep.equal(['me Apply', 'other Apply']);
      const forced = await apply(subject, { spec: { size: 2 } }, me, true);
      expect([managersOf(forced, 'spec', 'size'), managersOf(forced, 'spec', 'colour')]).to.deep.equal([
        ['me Apply'],
        ['other Apply'],
      ]);
      const released = await apply(subject, { metadata: { name: 'w', namespace: subject.namespace } }, me);
      expect(released.spec).to.deep.equal({ colour: 'red' });
    },
  },
  {
    name: 'a status is applied through its own door, conditions by type',
    run: async (subject) => {
      await create(subject);
      const status = (manager: string, type: string, value: string) =>
        apply(
          subject,
          { status: { conditions: [{ type, status: value }] } },
          { fieldManager: manager, subresource: 'status' },
        );
      await status('me', 'Ready', 'True');
      const both = await status('other', 'Fresh', 'False');
      expect(both.status?.conditions).to.deep.equal([
        { type: 'Ready', status: 'True' },
        { type: 'Fresh', status: 'False' },
      ]);
      const changed = await status('me', 'Ready', 'False');
      expect(changed.status?.conditions).to.deep.equal([
        { type: 'Ready', status: 'False' },
        { type: 'Fresh', status: 'False' },
      ]);
      expect(
        ownersOf(changed, ['status', 'conditions', { type: 'Fresh' }, 'status']).map(({ manager, subresource }) => [
          manager,
          subresource,
        ]),
      ).to.deep.equal([['other', 'status']]);
    },
  },
  {
    name: 'an update takes a field over with another value only',
    run: async (subject) => {
      await create(subject);
      const same = await merge(subject, { spec: { size: 1 } }, other);
      expect(managersOf(same, 'spec', 'size')).to.deep.equal(['me Update']);
      const taken = await merge(subject, { spec: { size: 2 } }, other);
      expect(managersOf(taken, 'spec', 'size')).to.deep.equal(['other Update']);
      const back = await merge(subject, { spec: { size: 1 } }, me);
      expect(managersOf(back, 'spec', 'size')).to.deep.equal(['me Update']);
      const gone = await merge(subject, { spec: { size: null } }, other);
      expect(managersOf(gone, 'spec', 'size')).to.deep.equal([]);
      const label = await merge(subject, { metadata: { labels: { a: 'b' } } }, other);
      expect([
        managersOf(label, 'metadata', 'labels', 'a'),
        managersOf(label, 'metadata', 'labels', 'c'),
      ]).to.deep.equal([['other Update'], []]);
    },
  },
  {
    name: 'a scale is written through its own door, with its owner',
    run: async ({ api, namespace }) => {
      const { metadata, spec } = deployment({ namespace }, { replicas: 0 });
      const at = { name: metadata.name, namespace };
      await api.create(Deployment, { metadata, spec } as KubeObject, me);
      const scale = await api.get<KubeObject & { spec: { replicas?: number } }>(Deployment, at, 'scale');
      // A zero is left out.
      expect([scale.kind, scale.apiVersion, scale.spec.replicas]).to.deep.equal(['Scale', 'autoscaling/v1', undefined]);
      const scaled = await api.patch<KubeObject & { spec: { replicas: number } }>(
        Deployment,
        at,
        { type: 'merge', body: { metadata: { uid: scale.metadata.uid }, spec: { replicas: 1 } } },
        { subresource: 'scale', ...other },
      );
      expect([scaled.kind, scaled.spec.replicas]).to.deep.equal(['Scale', 1]);
      const stored = await api.get<KubeObject & { spec: { replicas: number } }>(Deployment, at);
      expect([stored.spec.replicas, managersOf(stored, 'spec', 'replicas')]).to.deep.equal([1, ['other Update scale']]);
      const body = { metadata: { uid: '11111111-2222-4333-8444-555555555555' }, spec: { replicas: 0 } };
      expect(await refusal(api.patch(Deployment, at, { type: 'merge', body }, { subresource: 'scale' }))).to.deep.equal(
        [409, 'Conflict'],
      );
      const back = await api.patch(Deployment, at, { type: 'merge', body: { spec: { replicas: 0 } } }, me);
      expect(managersOf(back, 'spec', 'replicas')).to.deep.equal(['me Update']);
    },
  },
  {
    name: 'a lease has no status and no generation',
    run: async ({ api, namespace }) => {
      const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' };
      const created = await api.create<KubeObject & { spec: object }>(Lease, {
        metadata: { name: 'l', namespace },
        spec,
      } as KubeObject);
      expect([created.spec, created.metadata.generation]).to.deep.equal([spec, undefined]);
      await api.replace(Lease, { ...created, spec: { ...spec, holderIdentity: 'b' } } as KubeObject);
      expect(
        await refusal(api.replace(Lease, { ...created, spec: { ...spec, holderIdentity: 'c' } } as KubeObject)),
      ).to.deep.equal([409, 'Conflict']);
    },
  },
  {
    name: 'an eviction removes a pod, and none with another uid',
    run: async ({ api, namespace }) => {
      const containers = [{ name: 'app', image: 'registry.example/web:1' }];
      const spec = { containers, nodeSelector: { 'homeostat.dev/none': 'such' }, automountServiceAccountToken: false };
      const { metadata } = await api.create(Pod, { metadata: { name: 'p', namespace }, spec } as KubeObject);
      const evict = (uid: string | undefined) =>
        api.create(
          Pod,
          {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name: 'p', namespace },
            deleteOptions: { preconditions: { uid } },
          } as KubeObject,
          { subresource: 'eviction' },
        );
      expect(await refusal(evict('11111111-2222-4333-8444-555555555555'))).to.deep.equal([409, 'Conflict']);
      await evict(metadata.uid);
      expect(await refusal(api.get(Pod, { name: 'p', namespace }))).to.deep.equal([404, 'NotFound']);
    },
  },
  {
    name: 'writeStatus writes once, skips what is equal, and refuses what is old',
    run: async ({ api, namespace }) => {
      const live = await api.create<WidgetObject>(Widget, { metadata: { name: 'w', namespace } });
      const written = await writeStatus<WidgetObject>(api, Widget, live, { ready: true, count: 1 });
      expect(written.status).to.deep.equal({ ready: true, count: 1 });
      expect(await writeStatus(api, Widget, written, { ready: true, count: 1 })).to.equal(written);
      expect((await writeStatus<WidgetObject>(api, Widget, written, { ready: true })).status).to.deep.equal({
        ready: true,
      });
      expect(await refusal(writeStatus<WidgetObject>(api, Widget, written, { ready: false }))).to.deep.equal([
        409,
        'Conflict',
      ]);
    },
  },
  {
    name: 'who is impersonated may do what he may do, and an access review knows it',
    run: async ({ api, namespace }) => {
      const nobody = api.as(`system:serviceaccount:${namespace}:nobody`);
      expect(await refusal(nobody.get(Widget, { name: 'w', namespace }))).to.deep.equal([403, 'Forbidden']);
      const review = (asking: KubeApi) => {
        const spec = { resourceAttributes: { verb: 'get', group: Widget.group, resource: 'widgets', namespace } };
        return asking.create<KubeObject & { status: { allowed: boolean } }>(SelfSubjectAccessReview, {
          metadata: { name: '' },
          spec,
        } as KubeObject);
      };
      expect((await review(api)).status.allowed).to.equal(true);
      expect((await review(nobody)).status.allowed).to.equal(false);
    },
  },
];

/** The first `count` events of a watch, as `TYPE name`. */
async function collect(
  { api, namespace }: Subject,
  options: { resourceVersion: string; labelSelector?: string },
  count: number,
): Promise<string[]> {
  const abort = new AbortController();
  const seen: string[] = [];
  for await (const event of api.watch(Widget, {
    namespace,
    timeoutSeconds: 30,
    signal: abort.signal,
    ...options,
  })) {
    if (event.type === 'BOOKMARK') continue;
    if (event.type === 'ERROR') expect.fail(JSON.stringify(event));
    seen.push(`${event.type} ${event.object.metadata.name}`);
    if (seen.length === count) abort.abort();
  }
  return seen;
}

/** Defines the suite for one implementation. */
export function conformance(name: string, subject: (test: string) => Promise<Subject>): void {
  describe(`API conformance: ${name}`, function () {
    for (const { name: test, run } of cases) it(test, async () => run(await subject(test)));
  });
}
