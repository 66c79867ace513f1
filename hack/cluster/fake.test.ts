import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { Api } from './api.ts';
import { ensureFakeNodes, NOT_READY_LABEL, releaseFakeNodes, setFakeReady, writeKwokConfig } from './fake.ts';

/** An API server that holds nodes which are Ready at once. */
function nodesApi(...names: readonly string[]): {
  api: Api;
  names: Set<string>;
  patches: unknown[];
  deleted: string[];
} {
  const nodes = new Set(names);
  const patches: unknown[] = [];
  const deleted: string[] = [];
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const api: Api = {
    request: async (method, path, body) => {
      const name = path.split('/')[4] ?? '';
      if (method === 'GET')
        return { status: 200, body: { items: [...nodes].map((name) => ({ metadata: { name }, status: ready })) } };
      if (method === 'POST') nodes.add((body as { metadata: { name: string } }).metadata.name);
      if (method === 'DELETE') {
        deleted.push(path);
        nodes.delete(name);
      }
      if (method === 'PATCH') patches.push(body);
      return { status: method === 'POST' ? 201 : nodes.has(name) || method === 'DELETE' ? 200 : 404, body: {} };
    },
  };
  return { api, names: nodes, patches, deleted };
}

describe('simulated nodes', () => {
  it('are created until there are as many as wished', async () => {
    const { api, names } = nodesApi('fake-1');
    await ensureFakeNodes(api, 20);
    expect([...names]).to.have.members(Array.from({ length: 20 }, (_, number) => `fake-${number}`));
  });

  it('are deleted when there are too many', async () => {
    const { api, names } = nodesApi('fake-0', 'fake-1', 'fake-2');
    await ensureFakeNodes(api, 1);
    expect([...names]).to.deep.equal(['fake-0']);
  });

  it('lose their leases, so that a new kwok takes them over at once', async () => {
    const { api, deleted } = nodesApi('fake-0', 'fake-1');
    await releaseFakeNodes(api);
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    expect(deleted).to.have.members([`${leases}/fake-0`, `${leases}/fake-1`]);
  });

  it('are made NotReady and Ready by a label', async () => {
    const { api, patches } = nodesApi('fake-0');
    await setFakeReady(api, 'fake-0', false);
    await setFakeReady(api, 'fake-0', true);
    const label = (value: string | null): unknown => ({ metadata: { labels: { [NOT_READY_LABEL]: value } } });
    expect(patches).to.deep.equal([label('true'), label(null)]);
    const missing = setFakeReady(api, 'fake-9', false);
    expect(await missing.catch((error: Error) => error.message)).to.equal('there is no simulated node fake-9 (404)');
  });

  it('have stages that look at the label the faults set', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kwok-'));
    try {
      writeKwokConfig(directory, 'scale');
      const text = readFileSync(join(directory, 'kwok.yaml'), 'utf8');
      const documents = parseAllDocuments(text).map(
        (document) => document.toJS() as { kind: string; options?: object },
      );
      expect(documents.map(({ kind }) => kind)).to.deep.equal([
        'KwokConfiguration',
        ...Array.from({ length: 6 }, () => 'Stage'),
      ]);
      expect(documents[0]?.options).to.include({ nodeLeaseDurationSeconds: 400 });
      expect(text.split(NOT_READY_LABEL).length).to.be.greaterThan(2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
