import { expect } from 'chai';
import fc from 'fast-check';
import type { Remediation } from '../../crds/remediation.ts';
import { appended, closed, forgetting, linksOf, parseAnchor, printAnchor, type Anchor } from './anchor.ts';
import { factsOf, recordOf } from './contents.ts';
import { anchors, chain, digest, ended, undone } from './fixtures.test.ts';
import { needsSeal, sealOf } from './seal.ts';
import { renderReports } from './render.ts';
import { verify } from './verify.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const [justAppended, sealed] = chain(names.map((name) => ended(name)));
const anchor: Anchor = { ...justAppended, pending: [] };

/** The problems of chain `shop`, as `kind sequence name`. */
function problems(
  remediations: readonly Remediation[],
  of: Anchor | Record<string, string> | undefined = anchor,
): string[] {
  const data = of !== undefined && 'head' in of ? anchors(of as Anchor) : (of as Record<string, string> | undefined);
  return verify(remediations, data, digest).flatMap((report) =>
    report.problems.map(({ kind, sequence, name }) => `${kind} ${sequence} ${name ?? '?'}`),
  );
}

/** `sealed` with one of them edited. */
const edited = (name: string, edit: (copy: Remediation) => void): Remediation[] =>
  sealed.map((each) => {
    const copy = structuredClone(each);
    if (copy.metadata.name === name) edit(copy);
    return copy;
  });
const without = (...gone: string[]): Remediation[] => sealed.filter(({ metadata }) => !gone.includes(metadata.name));
const named = (name: string): Remediation => sealed.find(({ metadata }) => metadata.name === name) ?? expect.fail(name);

describe('verify', () => {
  it('finds nothing in what nobody has touched, in whatever order it comes', () => {
    expect(problems(sealed)).to.deep.equal([]);
    expect(problems(sealed.toReversed())).to.deep.equal([]);
    expect(verify([], undefined, digest)).to.deep.equal([]);
  });

  it('keeps the hashes of a released version: what is sealed once must be verified for ever', () => {
    expect(anchor.head).to.deep.equal({
      sequence: 5,
      hash: '0cd4ba0bb2ff2e6098aabfea2399119d3d0b5ba3cbf552edefab78aaabbae2e6',
      name: 'e',
    });
  });

  const table: [what: string, remediations: Remediation[], found: string[]][] = [
    ['a removed one', without('c'), ['Removed 3 c']],
    ['the first one removed', without('a'), ['Removed 1 a']],
    ['the last one removed', without('e'), ['Removed 5 e']],
    ['several removed, one after the other', without('b', 'c'), ['Removed 2 ?']],
    ['all removed', [], ['Removed 1 ?']],
    [
      'a changed pre-image',
      edited('b', ({ status }) => {
        for (const change of status?.steps?.[0]?.changes ?? []) change.from = 'true';
      }),
      ['Changed 2 b'],
    ],
    [
      'a changed result',
      edited('d', ({ status }) => {
        for (const condition of status?.conditions ?? []) condition.status = 'False';
      }),
      ['Changed 4 d'],
    ],
    [
      'a changed target',
      edited('a', ({ spec }) => void Object.assign(spec.target, { name: 'node-2' })),
      ['Changed 1 a'],
    ],
    ['an end that was taken away', edited('a', ({ status }) => void delete status?.finishedTime), ['Changed 1 a']],
    ['seals that were taken away', edited('c', ({ status }) => void delete status?.seals), ['Removed 3 c']],
    [
      'a seal with another time',
      edited('c', ({ status }) => void Object.assign(status?.seals?.[0] ?? {}, { time: '2027-01-01T00:00:00Z' })),
      ['Changed 3 c'],
    ],
    [
      'another hash in sight',
      edited('c', ({ status }) => void Object.assign(status ?? {}, { hash: 'f' })),
      ['Changed 3 c'],
    ],
    [
      'one that was made anew with another content, and sealed by the rules',
      edited('c', (copy) => {
        Object.assign(copy.spec, { attempt: 7 });
        const [old] = copy.status?.seals ?? [];
        delete copy.status?.seals;
        const head = { sequence: 2, hash: old?.previousHash ?? '', name: 'b' };
        const seal = sealOf(copy, head, { time: old?.time ?? '', digest });
        const { hash, previousHash } = seal;
        Object.assign(copy.status ?? {}, { seals: [seal], hash, previousHash });
      }),
      ['Reordered 4 d'],
    ],
    [
      'two that have changed places',
      sealed.map((each) => {
        const other = { b: 'c', c: 'b' }[each.metadata.name];
        if (other === undefined) return each;
        const { seals, hash, previousHash } = named(other).status ?? {};
        return { ...each, status: { ...each.status, seals, hash, previousHash } } as Remediation;
      }),
      ['Changed 2 c', 'Changed 3 b'],
    ],
  ];
  for (const [what, remediations, found] of table)
    it(`finds ${what}`, () => expect(problems(remediations)).to.deep.equal(found));

  it('finds an anchor that is gone, not to be read, or set back', () => {
    expect(verify(sealed, undefined, digest)[0]?.problems).to.have.lengthOf(1);
    expect(verify(sealed, { shop: '{' }, digest)[0]?.problems[0]?.kind).to.equal('Anchor');
    const [back] = chain(names.slice(0, 3).map((name) => ended(name)));
    expect(problems(sealed, back)).to.deep.equal(['Anchor 4 e']);
    expect(problems(sealed, { ...anchor, head: { ...anchor.head, hash: 'f' } })).to.deep.equal(['Anchor 5 e']);
    expect(problems(without('a', 'b'), undefined)).to.have.lengthOf(1);
  });

  it('misses nothing that retention has let go', () => {
    for (const gone of [['a'], ['b', 'd'], ['e'], names, ['d', 'b', 'c']]) {
      const kept = gone.reduce((so, name) => forgetting(so, linksOf(so, named(name))), anchor);
      expect(problems(without(...gone), kept), gone.join()).to.deep.equal([]);
      expect(problems(sealed, kept), 'noted and not yet deleted').to.deep.equal([]);
      expect(forgetting(kept, linksOf(kept, named(gone[0] ?? '')))).to.deep.equal(kept);
    }
    const all = sealed.reduce((so, each) => forgetting(so, linksOf(so, each)), anchor);
    expect(all.forgotten).to.have.lengthOf(1);
    expect(closed(anchor).forgotten).to.deep.equal(all.forgotten);
    const [next, more] = chain([ended('f')], { ...all, pending: [] });
    expect(problems(more, next)).to.deep.equal([]);
  });

  it('takes a link that is still to be written for one', () => {
    const written = sealed.map((each, index) => (index === 4 ? ended('e') : each));
    const [report] = verify(written, anchors(justAppended), digest);
    expect(report?.problems).to.deep.equal([]);
    expect(report?.unsealed).to.deep.equal(['e']);
    const [, first] = sealed;
    expect(problems(first === undefined ? [] : [first], anchor)).to.deep.equal(['Removed 1 a', 'Removed 3 ?']);
  });

  describe('of what came later', () => {
    const later = undone(named('b'), 'Superseded');
    const [longer, [resealed = later]] = chain([later], anchor);
    const all = sealed.map((each) => (each.metadata.name === 'b' ? resealed : each));

    it('knows a further link', () => {
      expect(needsSeal(named('b'))).to.equal(false);
      expect(needsSeal(later)).to.equal(true);
      expect(needsSeal(resealed)).to.equal(false);
      expect(resealed.status?.seals?.map(({ facts }) => facts)).to.deep.equal([
        undefined,
        [{ name: 'undo fence 0', text: 'Superseded 2026-01-01T00:00:00Z' }],
      ]);
      expect(problems(all, longer)).to.deep.equal([]);
    });

    it('finds what was changed after it was sealed, and does not seal it anew', () => {
      const changed = undone(resealed, 'Done');
      expect(problems(all.with(1, changed), longer)).to.deep.equal(['Changed 6 b']);
      expect(needsSeal(changed)).to.equal(false);
    });

    it('spreads many facts over several links', () => {
      const [change] = later.status?.steps?.[0]?.changes ?? [];
      const changes = Array.from({ length: 500 }, (_, i) => ({ ...change, path: `/${i}` }));
      const drained = ended('x', { steps: [{ name: 'drain', state: 'Applied', changes }] as never });
      const [first, [once = drained]] = chain([undone(drained)]);
      expect(needsSeal(once)).to.equal(true);
      const [second, [twice = once]] = chain([once], { ...first, pending: [] });
      expect(needsSeal(twice)).to.equal(false);
      expect(problems([twice], second)).to.deep.equal([]);
    });

    it('keeps what people wished before they wished otherwise', () => {
      const asked = (reason: string): Remediation => {
        const copy = structuredClone(resealed);
        copy.spec.undoRequested = { by: 'alice', reason };
        return copy;
      };
      const [one, [first = resealed]] = chain([asked('not the cause')], { ...longer, pending: [] });
      expect(problems(all.with(1, first), one)).to.deep.equal([]);
      const again = { ...first, spec: asked('after all').spec };
      expect(problems(all.with(1, again), one)).to.deep.equal([]);
      expect(needsSeal(again)).to.equal(true);
    });

    it('does not launder what was changed meanwhile by a further seal', () => {
      const tampered = structuredClone(later);
      tampered.spec.target.name = 'node-2';
      const [next, [bad = tampered]] = chain([tampered], anchor);
      expect(problems(all.with(1, bad), next)).to.deep.equal(['Changed 2 b', 'Changed 6 b']);
    });
  });

  it('says in words what it found', () => {
    expect(renderReports(verify(without('c'), anchors(anchor), digest))).to.equal(
      [
        `shop: BROKEN at link 3; 5 links; hash ${anchor.head.hash}`,
        '  link 3, shop/c: Removed: it was removed, and not by retention',
        '',
      ].join('\n'),
    );
    expect(renderReports([])).to.equal('nothing is sealed yet\n');
  });

  it('finds any change of any sealed text, and any removal', () => {
    const leaves = (value: unknown, path: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]))
        : [path];
    const [subject = ended('x')] = sealed;
    const covered = new Set(leaves(recordOf(subject)).map((path) => path.at(-1)));
    const paths = leaves(subject).filter(
      (path) =>
        covered.has(path.at(-1)) &&
        path[1] !== 'verify' &&
        path[0] !== 'apiVersion' &&
        path[0] !== 'kind' &&
        path.at(-1) !== 'timeoutSeconds',
    );
    expect(paths.length).to.be.greaterThan(20);
    for (const path of paths) {
      const copy = structuredClone(subject);
      let node: unknown = copy;
      for (const key of path.slice(0, -1)) node = (node as Record<string, unknown>)[key];
      (node as Record<string, unknown>)[path.at(-1) ?? ''] = 'tampered';
      expect(problems(sealed.with(0, copy)), path.join('.')).not.to.deep.equal([]);
    }
  });

  it('stays right under appends, retention and lost answers in any order', () => {
    const steps = fc.array(fc.record({ do: fc.constantFrom('end', 'forget', 'undo', 'lose'), of: fc.nat(20) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        let stored: Remediation[] = [];
        let now = parseAnchor(printAnchor(appended(anchor, [])));
        [now, stored] = [{ ...now, pending: [] }, [...sealed]];
        moves.forEach((move, index) => {
          const at = move.of % Math.max(1, stored.length);
          const one = stored[at];
          if (move.do === 'end' || move.do === 'lose') {
            const [next, [made = ended('x')]] = chain([ended(`r${index}`)], now);
            // A lost answer: the anchor knows the link, the Remediation does not have it yet.
            stored = [...stored, move.do === 'lose' ? ended(`r${index}`) : made];
            expect(problems(stored, next)).to.deep.equal([]);
            stored = [...stored.slice(0, -1), made];
            now = next;
          } else if (one !== undefined && move.do === 'undo' && factsOf(one).length === 0) {
            const [next, [made = one]] = chain([undone(one)], now);
            [stored, now] = [stored.with(at, made), next];
          } else if (one !== undefined && move.do === 'forget') {
            now = forgetting(now, linksOf(now, one));
            stored = stored.filter((each) => each !== one);
          }
          expect(problems(stored, now)).to.deep.equal([]);
        });
        for (const one of stored)
          expect(
            problems(
              stored.filter((each) => each !== one),
              { ...now, pending: [] },
            ),
          ).not.to.deep.equal([]);
      }),
    );
  });
});
