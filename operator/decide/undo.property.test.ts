/** Undo against a model of a few lines: whatever was there, whatever we set, whatever people did since. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Node, Remediation as Remediations } from '../kube/resources.ts';
import { node, type NodeFixture } from '../testing/fixtures.ts';
import { Shell } from './harness.test.ts';

const keys = ['a', 'b', 'example.com/c'] as const;
type Key = (typeof keys)[number];
type Labels = Readonly<Partial<Record<Key, string>>>;

/** Few values, so that people often put back what was there, or set what we set. */
const value = fc.constantFrom('1', '2', '3');
const labels: fc.Arbitrary<Labels> = fc.record({ a: value, b: value, 'example.com/c': value }, { requiredKeys: [] });
/** What is to be: a value, absent, or (undefined) as it is. */
const wish = fc.record({ key: fc.constantFrom(...keys), to: fc.option(value) });
const wishes = fc.uniqueArray(wish, { selector: ({ key }) => key, minLength: 1 });
const edits = fc.array(wish, { maxLength: 5 });

/** What must be there in the end, said without any of the code: `lives` are the values of one key, from edit to edit. */
function expected(
  before: string | undefined,
  wanted: string | undefined,
  lives: readonly (string | undefined)[],
): string | undefined {
  const now = lives.length === 0 ? wanted : lives.at(-1);
  // Nothing of it was ours.
  if (before === wanted) return now;
  const isEdited = lives.some((live, index) => live !== (index === 0 ? wanted : lives[index - 1]));
  // What is absent bears no name: an absence is taken for ours where we had made one.
  return !isEdited || (wanted === undefined && now === undefined) ? before : now;
}

describe('undo', function () {
  it('restores what is as we left it, and nothing else', async () => {
    const seen = { restored: 0, left: 0, back: 0 };
    await fc.assert(
      fc.asyncProperty(labels, wishes, edits, async (before, wanted, later) => {
        const shell = new Shell();
        shell.server.seed(Node, node({ uid: 'uid-node-1', labels: { ...before } }));
        const labelsNow = (): Labels => shell.server.find<NodeFixture>(Node, { name: 'node-1' })?.metadata.labels ?? {};
        const set = Object.fromEntries(wanted.flatMap(({ key, to }) => (to === null ? [] : [[key, to]])));
        const remove = wanted.flatMap(({ key, to }) => (to === null ? [key] : []));
        const parameters = {
          of: 'Target',
          ...(Object.keys(set).length > 0 && { set }),
          ...(remove.length > 0 && { remove }),
        } as const;
        const verify = { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Keep' } as const;
        shell.create([{ label: parameters }], { verify });
        await shell.settle();

        const after: Labels = labelsNow();
        for (const { key, to } of wanted) expect(after[key], `${key} as it was wanted`).to.equal(to ?? undefined);
        const lives = new Map(keys.map((key): [Key, (string | undefined)[]] => [key, []]));
        for (const { key, to } of later) {
          const patch = { type: 'merge', body: { metadata: { labels: { [key]: to } } } } as const;
          await shell.server.patch(Node, { name: 'node-1' }, patch, { fieldManager: 'kubectl-label' });
          lives.get(key)?.push(labelsNow()[key]);
        }
        const found = shell.get();
        const undoRequested = { by: 'alice', reason: 'no' };
        shell.server.seed(Remediations, { ...found, spec: { ...found.spec, undoRequested } });
        await shell.settle();

        for (const key of keys) {
          const ours = wanted.find((one) => one.key === key);
          const to = ours === undefined ? before[key] : (ours.to ?? undefined);
          const must = expected(before[key], to, lives.get(key) ?? []);
          expect(labelsNow()[key], `${key} in the end`).to.equal(must);
          if (before[key] === to) continue;
          if (must !== before[key]) seen.left++;
          else if (lives.get(key)?.length === 0) seen.restored++;
          else seen.back++;
        }
      }),
      { numRuns: 200 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).to.be.greaterThan(0);
  });
});
