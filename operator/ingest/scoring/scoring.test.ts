import { expect } from 'chai';
import { decodeKin } from '../../../engine/evaluate/kin.ts';
import { containerRow, podRow, type Measured } from '../../../engine/evaluate/testing/stream.ts';
import { nodeToken } from '../../../engine/frame/subject.ts';
import { silentLogger as logger } from '../../kube/logger.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { agentSource, keyframe } from '../testing.ts';
import { KinSource } from './kin-source.ts';

/** Nodes whose agents score, and what they are told. */
const arrange = () => {
  const clock = new FakeClock();
  const told: { node: string; of: Record<string, string>; donors: string[] }[] = [];
  const bus = {
    connection: 1,
    failing: false,
    publish: (subject: string, payload: Uint8Array) => {
      if (bus.failing) return Promise.reject(new Error('away'));
      const kin = decodeKin(new TextDecoder().decode(payload));
      if (kin === undefined) throw new Error('not understood');
      const node = subject.replace('$KV.homeostat-scoring.kin.', '');
      told.push({ node, of: Object.fromEntries(kin.of), donors: [...kin.donors] });
      return Promise.resolve({ duplicate: false });
    },
  };
  const source = new KinSource({ bus, clock, logger, random: () => 0.5 });
  const bind = (node: string, measured: readonly Measured[], metric = 'score/0123456789abcdef/score'): void =>
    source.bound(
      `agent/${node}`,
      keyframe({
        source: agentSource({ node }),
        columns: [{ metric, scope: 'Container' }],
        rows: measured.map(({ row }) => row),
      }),
      measured.map(({ identity }) => identity),
    );
  return { clock, told, bus, source, bind };
};
const a = nodeToken('a');
const b = nodeToken('b');

describe('KinSource', () => {
  it('tells which containers are alike, and lets the first of a kind hand on', async () => {
    const { clock, told, source, bind } = arrange();
    bind('a', [
      podRow('p'),
      containerRow('p', 'app', '1'),
      containerRow('q', 'app', '2'),
      containerRow('q', 'log', '3'),
    ]);
    bind('b', [containerRow('r', 'app', '4')]);
    source.setActive(true);
    await clock.advance(1000);
    expect(told).to.deep.equal([
      {
        node: a,
        of: { 'p/': 'web._', 'p/1': 'web.app', 'q/2': 'web.app', 'q/3': 'web.log' },
        donors: ['p/', 'p/1', 'q/3'],
      },
      { node: b, of: { 'r/4': 'web.app' }, donors: [] },
    ]);
    source.setActive(false);
  });

  it('tells a node again when something has changed, and another hands on when the first is gone', async () => {
    const { clock, told, source, bind } = arrange();
    bind('a', [containerRow('p', 'app', '1')]);
    bind('b', [containerRow('r', 'app', '4')]);
    source.setActive(true);
    await clock.advance(2000);
    bind('a', [containerRow('p', 'app', '1')]);
    await clock.advance(2000);
    expect(told).to.have.length(2);
    bind('a', [containerRow('p', 'log', '1')]);
    await clock.advance(2000);
    expect(told.at(-1)).to.deep.equal({ node: a, of: { 'p/1': 'web.log' }, donors: ['p/1'] });
    await clock.advance(301_000);
    expect(told.at(-1)).to.deep.equal({ node: b, of: { 'r/4': 'web.app' }, donors: ['r/4'] });
    source.setActive(false);
  });

  it('tells nothing to agents that do not score, nor of containers that nothing is known of', async () => {
    const { clock, told, source, bind } = arrange();
    bind('a', [containerRow('p', 'app', '1')], 'k8s.container.cpu.usage');
    bind('b', [{ ...containerRow('p', 'app', '1'), identity: {} }]);
    source.setActive(true);
    await clock.advance(1000);
    expect(told).to.deep.equal([{ node: b, of: {}, donors: [] }]);
    source.setActive(false);
  });

  it('tells all again on another connection, and what failed until it is stored', async () => {
    const { clock, told, bus, source, bind } = arrange();
    bus.failing = true;
    bind('a', [containerRow('p', 'app', '1')]);
    source.setActive(true);
    await clock.advance(12_000);
    expect(told).to.have.length(0);
    bus.failing = false;
    await clock.advance(6000);
    expect(told).to.have.length(1);
    bus.connection = 2;
    await clock.advance(2000);
    expect(told).to.have.length(2);
    source.setActive(false);
  });
});
