import { expect } from 'chai';
import * as fc from 'fast-check';
import { ApiServer } from '../testing/api-server.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { mergePatch } from '../testing/patch.ts';
import { type Condition, hasReason, type KubeObject } from './api.ts';
import { setCondition } from './conditions.ts';
import { Incident } from './resources.ts';
import { mergeDifference, writeStatus } from './status.ts';

interface IncidentObject extends KubeObject {
  spec: object;
  status?: { conditions?: Condition[]; detectSeconds?: number | undefined; note?: string | undefined };
}

function setUp() {
  const clock = new FakeClock();
  const server = new ApiServer({ clock });
  const metadata = { name: 'i', namespace: 'shop' };
  const live = server.seed<IncidentObject>(Incident, {
    metadata,
    spec: { a: 1 },
    status: { detectSeconds: 1, note: 'x' },
  });
  return { clock, server, live };
}

describe('writeStatus', () => {
  it('writes what changed and nothing else', async () => {
    const { clock, server, live } = setUp();
    const conditions: Condition[] = [];
    setCondition(conditions, { type: 'Active', status: 'True', reason: 'Firing', message: '' }, clock.now());
    const written = await writeStatus(server, Incident, live, { conditions, detectSeconds: 1, note: undefined });
    expect(written.status).to.deep.equal({ conditions, detectSeconds: 1 });
    expect(written.spec).to.deep.equal({ a: 1 });
    expect(server.writes.map(({ subresource, patch }) => [subresource, patch?.body])).to.deep.equal([
      [
        'status',
        {
          metadata: { uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion },
          status: { conditions, note: null },
        },
      ],
    ]);
    expect(written.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource])).to.deep.equal([
      ['homeostat', 'status'],
    ]);
  });

  it('asks nothing of the server when nothing changed', async () => {
    const { server, live } = setUp();
    expect(await writeStatus(server, Incident, live, { detectSeconds: 1, note: 'x' })).to.equal(live);
    expect(server.requests).to.deep.equal([]);
  });

  it('refuses to write over what was not read', async () => {
    const { server, live } = setUp();
    await writeStatus(server, Incident, live, { detectSeconds: 2 });
    const error: unknown = await writeStatus(server, Incident, live, { detectSeconds: 3 }).catch(
      (reason: unknown) => reason,
    );
    expect(hasReason(error, 'Conflict')).to.equal(true);
    expect(server.all<IncidentObject>(Incident)[0]?.status?.detectSeconds).to.equal(2);
  });
});

describe('mergeDifference', () => {
  it('is the patch that leads from one value to the other, and undefined only between equals', () => {
    const leaf = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('a', true),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
    );
    const { tree } = fc.letrec<{ tree: object }>((tie) => ({
      tree: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof({ maxDepth: 3 }, leaf, tie('tree')), {
        noNullPrototype: true,
      }),
    }));
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const patch = mergeDifference(from, to);
        expect(patch === undefined ? from : mergePatch(from, patch)).to.deep.equal(to);
      }),
    );
  });
});
