/** A ledger that was brought from snapshot to snapshot says what one says that was made for the last. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Remediation } from '../../crds/remediation.ts';
import { follow, ledgerOf, scope, showsClaim, type Difference } from './ledger.ts';
import { toTime } from './time.ts';

const stands = ['New', 'Blocked', 'Reserved', 'Begun', 'Helped', 'Failed', 'Reverted'] as const;
type Stand = (typeof stands)[number];
const targets = ['a', 'b'] as const;
const plans = ['p', 'q'] as const;
const zones = ['zone=1', 'zone=2'] as const;

interface Look {
  readonly stand: Stand;
  readonly target: (typeof targets)[number];
  readonly plan: (typeof plans)[number];
  readonly zone: (typeof zones)[number];
  readonly at: number;
  readonly claims: number;
}

function conditionsOf(stand: Stand): { type: string; status: string; reason: string }[] {
  switch (stand) {
    case 'New':
      return [];
    case 'Blocked':
      return [{ type: 'Blocked', status: 'True', reason: 'MaxConcurrent' }];
    case 'Reserved':
      return [{ type: 'Blocked', status: 'Unknown', reason: 'Reserved' }];
    case 'Begun':
      return [{ type: 'Blocked', status: 'False', reason: 'Admitted' }];
    case 'Helped':
      return [{ type: 'Succeeded', status: 'True', reason: 'Recovered' }];
    case 'Failed':
      return [{ type: 'Succeeded', status: 'False', reason: 'StillFiring' }];
    case 'Reverted':
      return [{ type: 'Succeeded', status: 'False', reason: 'RevertedByGitOps' }];
  }
}

function made(name: string, { stand, target, plan, zone, at, claims }: Look): Remediation {
  const hasEnded = stand === 'Helped' || stand === 'Failed' || stand === 'Reverted';
  return {
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    spec: {
      mode: 'Enforce',
      planRef: { name: plan, uid: plan, generation: 1 },
      target: { kind: 'Pod', name: target, uid: target, workload: { kind: 'Deployment', name: 'web', uid: 'web' } },
      steps: [{ name: 'cordon', action: { cordon: {} } }],
    },
    status: {
      claims,
      conditions: conditionsOf(stand),
      guards: [{ name: 'perTopology', domains: [zone] }],
      ...(hasEnded || stand === 'Begun' ? { startedTime: toTime(at * 1000) } : {}),
      ...(hasEnded ? { finishedTime: toTime(at * 1000 + 500) } : {}),
    },
  } as unknown as Remediation;
}

const look: fc.Arbitrary<Look> = fc.record({
  stand: fc.constantFrom(...stands),
  target: fc.constantFrom(...targets),
  plan: fc.constantFrom(...plans),
  zone: fc.constantFrom(...zones),
  at: fc.integer({ min: 1, max: 9 }),
  claims: fc.integer({ min: 0, max: 2 }),
});
const step = fc.record({ name: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5'), look: fc.option(look) });

/** Everything that a ledger can be asked, as text. */
function said(snapshot: readonly Remediation[]): unknown {
  const ledger = ledgerOf(snapshot);
  const all = [scope.all(), scope.namespace('shop'), ...plans.map((plan) => scope.plan('shop', plan))];
  const scopes = [
    ...all,
    scope.all('Pod'),
    scope.namespace('shop', 'Pod'),
    scope.workload('web'),
    ...targets.map((uid) => scope.target({ kind: 'Pod', name: uid, uid })),
    ...[...zones, 'zone'].flatMap((domain) => all.map((of) => scope.domain(of, 'perTopology', domain))),
  ];
  const names = (those: Iterable<Remediation>): string[] =>
    [...those].map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status)}`).toSorted();
  const groups = scopes.map((of) => {
    const group = ledger.group(of);
    const starts = [0, 3000, 5000].map((ms) => group.startsAfter(ms));
    const lasts = [1, 2, 3].map((count) => group.lastStart(count));
    const reserved = snapshot.map((self) => group.countReserved(self));
    return [of, names(group.claims.values()), reserved, starts, lasts, group.failuresInARow];
  });
  const related = targets.map((uid) => names(ledger.related({ kind: 'Pod', name: uid, uid })));
  return {
    groups,
    related,
    reverted: names(ledger.reverted()),
    shown: snapshot.map((each) => showsClaim(each, snapshot)),
  };
}

describe('a ledger', () => {
  it('that follows says what one says that is made anew', () => {
    let claims = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 10, maxLength: 40 }), (steps) => {
        const known = new Map<string, Remediation>();
        let snapshot: readonly Remediation[] = [];
        let differences: Difference[] = [];
        ledgerOf(snapshot);
        for (const [{ name, look: as }, asks] of steps) {
          const [before, now] = [known.get(name), as === null ? undefined : made(name, as)];
          if (now === undefined) known.delete(name);
          else known.set(name, now);
          differences.push({ before, now });
          if (!asks) continue;
          const next = [...known.values()];
          follow(snapshot, next, differences);
          [snapshot, differences] = [next, []];
          expect(said(snapshot)).to.deep.equal(said([...snapshot]));
          claims += ledgerOf(snapshot).group(scope.all()).claims.size;
        }
      }),
    );
    expect(claims).to.be.greaterThan(100);
  });

  it('of a snapshot that was followed by another is made anew when it is asked for', () => {
    const begun = made('r1', { stand: 'Begun', target: 'a', plan: 'p', zone: 'zone=1', at: 1, claims: 1 });
    const old = [begun];
    ledgerOf(old);
    follow(old, [], [{ before: begun }]);
    expect(ledgerOf(old).group(scope.all()).claims.size).to.equal(1);
  });
});
