import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { ApiError, type KubeObject } from '../operator/kube/api.ts';
import { connect, type HttpKubeApi } from '../operator/kube/http-api.ts';
import { CustomResourceDefinition, Namespace } from '../operator/kube/resources.ts';
import { eventually } from '../operator/testing/eventually.ts';
import { customResourceDefinition } from './custom-resource.ts';
import { group, version } from './definition.ts';
import { kinds, type KindName } from './kinds.ts';
import { validStatus } from './testing/status.ts';
import { valid } from './testing/valid.ts';
import { edited, titleOf, wrongObjects, type Wrong } from './testing/wrong.ts';
import { complete, validate } from './validate.ts';

/**
 * The kinds on a real API server, the one KUBECONFIG names. The definitions are applied and stay installed; everything
 * else happens in a namespace of its own, which is deleted.
 */
const namespace = `crds-test-${Date.now().toString(36)}`;
const kubectl = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('kubectl', ['--namespace', namespace, ...args])).stdout;

const resourceOf = (kind: string) => {
  const found = kinds.find((definition) => definition.kind === kind);
  if (found === undefined) throw new Error(`${kind} is not one of our kinds`);
  return { group, version, kind, plural: found.plural, namespaced: true };
};

interface CustomResourceDefinitionObject extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Applies a definition and waits until the server has taken it up. */
async function install(api: HttpKubeApi, definition: (typeof kinds)[number]): Promise<void> {
  const body: KubeObject = customResourceDefinition(definition);
  const { name } = body.metadata;
  // Under the name of kubectl, so that a `kubectl apply --server-side` of the manifests later finds no other owner.
  const options = { fieldManager: 'kubectl' };
  const before = await api
    .get<KubeObject>(CustomResourceDefinition, { name })
    .catch((error: unknown) => void expect(error).to.have.property('reason', 'NotFound'));
  await api.patch(CustomResourceDefinition, { name }, { type: 'apply', body, force: true }, options);
  const metadata = await eventually(`${name} is established`, async () => {
    const found = await api.get<CustomResourceDefinitionObject>(CustomResourceDefinition, { name });
    const isEstablished = found.status?.conditions?.some(
      ({ type, status }) => type === 'Established' && status === 'True',
    );
    return isEstablished && found.metadata;
  });
  // A changed schema is taken up shortly after it is stored; nothing tells when.
  if (before?.metadata.generation !== metadata.generation) await pause(2000);
}

describe('custom resource definitions', function () {
  let api: HttpKubeApi;
  let created = false;

  before(async () => {
    expect(process.env['KUBECONFIG'], 'set KUBECONFIG to a cluster these tests may use').to.be.a('string');
    api = connect();
    for (const definition of kinds) await install(api, definition);
    await api.create(Namespace, { metadata: { name: namespace } });
    created = true;
  });

  after(async () => {
    if (created) await api.delete(Namespace, { name: namespace });
  });

  const inNamespace = <T extends object>(object: T): T & KubeObject =>
    edited(object, { 'metadata.namespace': namespace }) as T & KubeObject;

  describe('refuse', () => {
    for (const [index, wrong] of wrongObjects.entries())
      it(titleOf(wrong), async () => {
        const error = await refusal(wrong, `wrong-${index}`);
        expect(error.status, error.message).to.be.oneOf([400, 422]);
        const told = problemsOf(error).filter(({ field }) => field === wrong.field);
        expect(told, error.message).not.to.have.length(0);
        const text = told.map(({ message }) => message.toLowerCase()).join('\n');
        for (const words of wrong.says) expect(text).to.include(words.toLowerCase());
      });
  });

  async function refusal({ kind, edit, stored }: Wrong, name: string): Promise<ApiError> {
    const resource = resourceOf(kind);
    const dry = { dryRun: true, fieldValidation: 'Strict' } as const;
    const wish = inNamespace(edited(valid[kind](name), edit));
    const write = async (): Promise<unknown> => {
      if (stored === undefined) return api.create(resource, wish, dry);
      const { metadata } = await api.create(resource, inNamespace(edited(valid[kind](name), stored)));
      return api.replace(resource, { ...wish, metadata }, dry);
    };
    const outcome: unknown = await write().catch((error: unknown) => error);
    if (outcome instanceof ApiError) return outcome;
    throw new Error(`it was accepted: ${JSON.stringify(outcome)}`);
  }

  it('accept and refuse what `validate` does, whatever is put anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(anyEdit, async ({ kind, edit }) => {
        const object = edited(valid[kind](`any-${Date.now()}`), edit);
        const expected = validate(kind, object).map(({ path, message }) => `${path} ${message}`);
        const told = await api
          .create(resourceOf(kind), inNamespace(object), { dryRun: true, fieldValidation: 'Strict' })
          .then(() => '')
          .catch((error: unknown) => (error instanceof ApiError ? error.message : Promise.reject(error as Error)));
        expect(told === '', `told: ${told}; expected: ${expected.join('; ')}`).to.equal(expected.length === 0);
      }),
      { numRuns: 200 },
    );
  });

  describe('accept', () => {
    for (const { kind } of kinds) it(`a valid ${kind}, and keep it as it is`, () => roundTrip(valid[kind]('valid')));

    for (const file of globSync('crds/examples/*.yaml'))
      it(`${file}, adding nothing but defaults`, async () => {
        for (const document of parseAllDocuments(readFileSync(file, 'utf8')))
          await roundTrip(document.toJS() as KubeObject);
      });

    /** What comes back is what was sent, with the defaults that `complete` foretells, and what the server says of it. */
    async function roundTrip(sent: KubeObject): Promise<void> {
      const resource = resourceOf(sent.kind ?? '');
      const { metadata } = sent;
      const body = inNamespace(sent);
      await api.create(resource, body, { fieldValidation: 'Strict' });
      const stored = await api.get<KubeObject>(resource, { name: metadata.name, namespace });
      const { name, labels, annotations } = stored.metadata;
      const back = { ...stored, metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) } };
      const { namespace: _, ...own } = metadata;
      expect(back).to.deep.equal(complete(sent.kind as KindName, { ...sent, metadata: own }).object);
      await api.replace(resource, { ...body, metadata: { ...stored.metadata } });
      const again = await api.get<KubeObject>(resource, { name: metadata.name, namespace });
      expect(again.metadata.generation, 'sent again, it is a change').to.equal(stored.metadata.generation);
    }
  });

  describe('keep the whole status, written through its subresource only:', () => {
    for (const { kind } of kinds)
      it(kind, async () => {
        const [resource, status] = [resourceOf(kind), validStatus[kind]];
        const name = { name: 'with-status', namespace };
        await api.create(resource, inNamespace(edited(valid[kind](name.name), { status })));
        const read = (): Promise<KubeObject & { status?: object }> => api.get(resource, name);
        expect(await read()).not.to.have.property('status');
        const patch = { type: 'merge', body: { status } } as const;
        await api.patch(resource, name, patch, { subresource: 'status', fieldValidation: 'Strict' });
        expect((await read()).status).to.deep.equal(status);
      });
  });

  it('lets people change their wishes', async () => {
    const resource = resourceOf('Remediation');
    const { metadata } = await api.create(resource, inNamespace(valid.Remediation('wishes')));
    const spec = {
      approvals: [{ by: 'alice', decision: 'Approved' }],
      undoRequested: { by: 'bob', reason: 'not the cause' },
      cancelRequested: { by: 'bob', reason: 'I take over' },
    };
    const name = { name: metadata.name, namespace };
    await api.patch(resource, name, { type: 'merge', body: { spec } });
    const stored = await api.patch<KubeObject & { spec: object }>(resource, name, { type: 'merge', body: { spec } });
    expect(stored.spec).to.include.keys('approvals', 'undoRequested', 'cancelRequested');
  });

  it('explain every kind with an example', async () => {
    for (const { plural } of kinds) expect(await kubectl('explain', plural)).to.include('Example');
    const guards = await kubectl('explain', 'remediationplans.spec.guards');
    expect(guards).to.include('a guard that cannot be checked counts as not passed').and.include('cooldownSeconds');
    expect(await kubectl('explain', 'dpol.spec.signals.window.aggregate'))
      .to.include('P95')
      .and.include('Slope');
    expect(await kubectl('explain', 'rem.status.steps.changes.undo')).to.include('supersededBy');
  });

  it('print the columns and belong to the category', async () => {
    for (const { kind, plural, shortNames, columns } of kinds) {
      const [short = plural] = shortNames;
      await api.create(resourceOf(kind), inNamespace(valid[kind]('columns')));
      const header = (output: string): string[] => output.split('\n')[0]?.trim().split(/\s+/) ?? [];
      const titles = (wide: boolean): string[] =>
        columns.filter((column) => wide || !('priority' in column)).map(({ name }) => name.toUpperCase());
      expect(header(await kubectl('get', short))).to.deep.equal(['NAME', ...titles(false)]);
      expect(header(await kubectl('get', short, '-o', 'wide'))).to.deep.equal(['NAME', ...titles(true)]);
    }
    const all = await kubectl('get', 'homeostat', '--output', 'name');
    for (const { singular } of kinds) expect(all).to.include(`${singular}.${group}/columns`);
  });

  it('select by the fields they promise', async () => {
    const { items } = await api.list(resourceOf('Incident'), {
      namespace,
      fieldSelector: 'spec.policyRef.name=memory-leak,spec.severity=Warning',
    });
    expect(items).not.to.have.length(0);
    const none = await api.list(resourceOf('Remediation'), { namespace, fieldSelector: 'spec.planRef.name=other' });
    expect(none.items).to.have.length(0);
  });
});

/** Some value at some path of the spec of a valid object. */
const anyEdit = fc
  .constantFrom(...kinds.map(({ kind }) => kind))
  .chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      // A server of 1.36 takes a list where a date-time belongs; we do not.
      path: fc.constantFrom(...pathsIn(valid[kind]('any').spec, 'spec').filter((path) => !path.endsWith('Time'))),
      value: fc.oneof(
        fc.constantFrom<unknown[]>(undefined, null, true, 1.5, [], {}, [{}], [''], '', '10%', '1Mi', 'A b', 'Observe'),
        fc.string({ maxLength: 5 }),
        fc.integer({ min: -10, max: 100_000 }),
      ),
    }),
  )
  .map(({ kind, path, value }) => ({ kind, edit: { [path]: value } }));

/** The paths of a value and of everything in it. */
function pathsIn(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  const child = (name: string): string => (Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, child(name)))];
}

/** What a refusal says of which field. An unknown field is told in the message alone. */
function problemsOf(error: ApiError): { field: string; message: string }[] {
  const { causes = [] } = (error.details ?? {}) as { causes?: { field?: string; message?: string }[] };
  const unknown = [...error.message.matchAll(/unknown field "([^"]+)"/g)];
  return [
    ...causes.map(({ field = '', message = '' }) => ({ field, message })),
    ...unknown.map(([message, field = '']) => ({ field, message })),
  ];
}
