/** What is kept from change to change says what a walk over all claims says. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Remediation } from '../../crds/remediation.ts';
import { hasBegun, holdsClaim, identityOf } from './budget.ts';
import { ChangeLog } from './change-log.ts';
import { claimedNodes } from './claimed-nodes.ts';
import type { ClusterFacts } from './decision.ts';
import { nodesOnly } from './harness.test.ts';
import { follow, ledgerOf, nodesOf } from './ledger.ts';
import { toTime } from './time.ts';

const names = ['n1', 'n2', 'n3', 'n4'] as const;
const stands = ['Blocked', 'Reserved', 'Begun', 'Ended'] as const;
type Stand = (typeof stands)[number];

function made(name: string, node: string, stand: Stand): Remediation {
  const reserved = stand === 'Reserved' ? [{ type: 'Blocked', status: 'Unknown', reason: 'Reserved' }] : [];
  return {
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    spec: {
      mode: 'Enforce',
      planRef: { name: 'p', uid: 'p', generation: 1 },
      target: { kind: 'Node', name: node, uid: node },
      steps: [{ name: 'cordon', action: { cordon: {} } }],
    },
    status: {
      conditions: reserved,
      ...(stand === 'Begun' || stand === 'Ended' ? { startedTime: toTime(0) } : {}),
      ...(stand === 'Ended' ? { finishedTime: toTime(1000) } : {}),
    },
  } as unknown as Remediation;
}

/** By a walk over all claims. */
function walked(
  all: readonly Remediation[],
  self: Remediation,
  counts: (name: string) => boolean,
): { touched: number; rivals: string[] } {
  const others = all.filter((each) => holdsClaim(each) && identityOf(each) !== identityOf(self));
  const own = nodesOf(self);
  const touched = new Set([...own, ...others.flatMap(nodesOf)].filter(counts));
  const worked = new Set([...own, ...others.filter(hasBegun).flatMap(nodesOf)]);
  const rivals = others.filter((each) => nodesOf(each).some((name) => counts(name) && !worked.has(name)));
  return { touched: touched.size, rivals: rivals.map(({ metadata }) => metadata.name).toSorted() };
}

const step = fc.oneof(
  fc.record({
    is: fc.constant('claim' as const),
    name: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5', 'r6'),
    node: fc.constantFrom(...names),
    stand: fc.option(fc.constantFrom(...stands)),
  }),
  fc.record({ is: fc.constant('node' as const), node: fc.constantFrom(...names) }),
);

describe('the healthy nodes that are claimed', () => {
  it('are those of a walk over all claims, whatever changes', () => {
    let rivals = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 10, maxLength: 60 }), (steps) => {
        const ill = new Set<string>();
        const changes = new ChangeLog();
        const cluster: ClusterFacts = {
          ...nodesOnly(() => []),
          node: (name) => ({ name, labels: {}, healthy: !ill.has(name) }),
          changes,
        };
        const known = new Map<string, Remediation>();
        let snapshot: readonly Remediation[] = [];
        ledgerOf(snapshot);
        const among = new Set<string>(['n1', 'n2', 'n3']);
        for (const [each, asks] of steps) {
          if (each.is === 'node') {
            if (!ill.delete(each.node)) ill.add(each.node);
            changes.note(each.node);
          } else {
            const before = known.get(each.name);
            const now = each.stand === null ? undefined : made(each.name, each.node, each.stand);
            if (now === undefined) known.delete(each.name);
            else known.set(each.name, now);
            const next = [...known.values()];
            follow(snapshot, next, [{ before, now }]);
            snapshot = next;
          }
          if (!asks) continue;
          for (const self of [...known.values(), made('new', 'n1', 'Blocked')])
            for (const group of [undefined, among]) {
              const counts = (name: string): boolean => !ill.has(name) && group?.has(name) !== false;
              const kept = claimedNodes(ledgerOf(snapshot), cluster, group);
              const own = nodesOf(self);
              const found = kept.rivals(self, own).map(({ metadata }) => metadata.name);
              const { touched, reserved } = kept.count(own);
              const expected = walked(snapshot, self, counts);
              expect({ touched, rivals: found.toSorted() }).to.deep.equal(expected);
              expect(reserved, 'nodes of rivals').to.equal(new Set(kept.rivals(self, own).flatMap(nodesOf)).size);
              rivals += expected.rivals.length;
            }
        }
      }),
    );
    expect(rivals).to.be.greaterThan(100);
  });

  it('are looked at once for each change, not once for each question', () => {
    let looks = 0;
    const changes = new ChangeLog();
    const cluster: ClusterFacts = {
      ...nodesOnly(() => []),
      node: (name) => (looks++, { name, labels: {}, healthy: true }),
      changes,
    };
    const snapshot = Array.from({ length: 1000 }, (_, index) => made(`r${index}`, `n${index}`, 'Reserved'));
    const ask = (): number => claimedNodes(ledgerOf(snapshot), cluster).count([]).touched;
    expect(ask()).to.equal(1000);
    looks = 0;
    for (let i = 0; i < 100; i++) {
      changes.note(`n${i}`);
      ask();
    }
    expect(looks).to.equal(100);
  });
});

describe('a log of changes', () => {
  it('tells what came after a position, and when it does not know any more', () => {
    const log = new ChangeLog();
    log.note('a');
    const at = log.length;
    log.note('b');
    expect([log.since(at), log.since(0), log.since(log.length)]).to.deep.equal([['b'], ['a', 'b'], []]);
    for (let i = 0; i < 20_000; i++) log.note('c');
    expect(log.since(at)).to.equal(undefined);
    expect(log.since(log.length - 5)).to.deep.equal(['c', 'c', 'c', 'c', 'c']);
  });
});
