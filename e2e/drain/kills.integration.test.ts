/**
 * The operator is killed (SIGKILL) at the writes of a drain and of what follows from it, on a real node, with real
 * processes. `HOMEOSTAT_KILLS=all` tries every write, before and after it, which takes a quarter of an hour; without it
 * two are tried here, and every one in memory (operator/controllers/drain.test.ts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Incident } from '../../crds/incident.ts';
import type { Remediation } from '../../crds/remediation.ts';
import { findCondition } from '../../operator/kube/conditions.ts';
import { patienceMs, until } from '../runner/world.ts';
import { changesOf, DrainedNode } from './drained-node.ts';

const all = process.env['HOMEOSTAT_KILLS'] === 'all';
/** Tells of each write and kills nothing. */
const watched = 'AfterWrite:0';
/** More writes than a drain of three pods makes. */
const mostWrites = 100;
const single = all ? Array.from({ length: mostWrites }, (_, index) => index + 1) : [7];

describe('a drain of a real node whose operator is killed', function () {
  this.timeout(all ? 3_600_000 : 900_000);
  let drained: DrainedNode;

  before(async () => {
    drained = await DrainedNode.open();
    await drained.limit(600); // Each process takes seconds to begin.
    drained.recorder.onChange(({ kind, object }) => {
      if (kind === 'Remediation' && conditionOf(object as Remediation, 'Applied')?.status === 'True') drained.heal();
    });
  });
  after(() => drained?.close());

  for (const when of ['Before', 'After'])
    it(`once, ${when.toLowerCase()} a write, ends as it would have: one cordon, each pod once, and nothing stays`, async () => {
      for (const n of single) {
        const { kills, writes } = await drain([`${when}Write:${n}`]);
        if (all) console.log(`      ${when.toLowerCase()} write ${n}: ${kills} killed, ${writes.length} writes`);
        if (kills === 0) return expect(n, 'the write that no process came to').to.be.greaterThan(10);
      }
      if (all) throw new Error(`there is no end of writes: ${mostWrites} were made`);
    });

  // What one process has written none writes again, so each is a step ahead: with one write for each process there are no
  // more processes than writes without a kill, and at most once more those of statuses that follow, which an undisturbed
  // process writes for several changes at once.
  for (const each of all ? [1, 2, 3] : [2])
    it(`after each ${each} writes gets on all the same, in as many processes as it takes`, async () => {
      const { writes: undisturbed } = await drain([]);
      const most = Math.ceil((2 * undisturbed.length) / each);
      const { kills, writes } = await drain(Array.from({ length: most }, () => `AfterWrite:${each}`));
      console.log(
        `      ${kills} were killed, at most ${most} may be; ${writes.length} writes, ${undisturbed.length} undisturbed`,
      );
      expect(kills).to.be.lessThan(most);
    });

  /** Drains, with operators that are to die at these points, one after the other, and then with one that lives. */
  const drain = async (points: readonly string[]): Promise<{ kills: number; writes: string[] }> => {
    await drained.populate();
    await drained.allow(3);
    const log = join(drained.site.directory, 'operator.log');
    const logged = linesOf(log).length;
    drained.load();
    const over = until('the end of the drain', 10 * patienceMs, () => Promise.resolve(isOver(drained)), 50);
    let kills = 0;
    for (const point of [...points, watched]) {
      const operator = drained.operator(point);
      const code = await Promise.race([operator.ended, over.then(() => undefined)]);
      await operator.kill();
      if (code === undefined) break;
      kills++;
    }
    await over;
    const writes = linesOf(log).slice(logged).flatMap(writeIn);
    expectWellDone(drained, writes);
    await drained.clear();
    return { kills, writes };
  };
});

/** True once nothing is left to do: all is taken back, sealed and let go, and the Incident is over. */
function isOver({ recorder, witness }: DrainedNode): true | undefined {
  const latest = witness.latest();
  if (latest?.status?.finishedTime === undefined || (latest.metadata.finalizers ?? []).length > 0) return undefined;
  const opened = new Set(witness.created('Incident'));
  const incidents = (recorder.present('Incident') as Incident[]).filter(({ metadata }) => opened.has(metadata.name));
  return incidents.every((incident) => conditionOf(incident, 'Resolved')?.status === 'True') || undefined;
}

/** One Incident, one Remediation, one cordon that is lifted, three evictions, and what a person reads is as ever. */
function expectWellDone({ node, recorder, witness }: DrainedNode, writes: readonly string[]): void {
  expect(witness.created('Incident')).to.have.length(1);
  expect(witness.created('Remediation')).to.have.length(1);
  expect(witness.cordonsOf(node)).to.deep.equal([true, false]);
  const last = witness.latest();
  expect(last && conditionOf(last, 'Succeeded')?.reason).to.equal('Recovered');
  expect(last && conditionOf(last, 'Undone')?.reason).to.equal('Irreversible');
  const pods = last === undefined ? [] : changesOf(last).slice(1);
  const uids = pods.map(({ object }) => object.uid);
  expect(uids).to.have.length(3);
  const ended = recorder.observations.filter(
    ({ kind, atMs, object }) =>
      kind === 'Pod' && atMs >= witness.sinceMs && object.metadata.deletionTimestamp !== undefined,
  );
  expect([...new Set(ended.map(({ object }) => object.metadata.uid))]).to.have.members(uids);
  const evictions = writes.filter((write) => write.includes('pods/eviction'));
  expect(new Set(evictions).size, 'evictions, each of another pod').to.equal(evictions.length);
}

const conditionOf = ({ status }: Remediation | Incident, type: string) => findCondition(status?.conditions, type);

const linesOf = (log: string): string[] => {
  try {
    return readFileSync(log, 'utf8').split('\n').filter(Boolean);
  } catch {
    return []; // Nothing was started yet.
  }
};

/** The write that a line of the log tells of. */
const writeIn = (line: string): string[] => {
  const { message, write } = JSON.parse(line) as { message?: string; write?: string };
  return message === 'written' && write !== undefined ? [write] : [];
};
