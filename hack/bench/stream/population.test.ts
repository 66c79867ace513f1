import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { eventually } from '../../../operator/testing/eventually.ts';
import { ownPopulation } from './own-population.ts';
import { SpokenNode, type Population } from './population.ts';
import { watchedPopulation } from './watched-population.ts';

describe('the population of a stream', () => {
  it('has another keyframe, one generation on, when other pods are on a node', () => {
    const node = new SpokenNode('node-7', 7);
    node.add('a');
    const first = node.keyframe;
    node.add('a');
    node.remove('b');
    expect(node.keyframe).to.equal(first);
    node.remove('a');
    node.add('b');
    const second = node.keyframe;
    expect([first.generation, second.generation]).to.deep.equal([1, 2]);
    expect(second.rows).to.deep.equal([{ scope: 'Container', uid: 'b', container: 'app' }]);
    expect(second.source).to.deep.equal(first.source);
  });

  it('is the same to those who make it and to those who watch it', async () => {
    const own = await ownPopulation(3, 2);
    const watched = await watchedPopulation(own.kubeconfig);
    try {
      expect(told(watched)).to.deep.equal(told(own));
      expect(watched.replaced).to.equal(0);
      own.replace(4);
      await eventually('the same pods', () => isDeepStrictEqual(told(watched), told(own)));
      expect([own.replaced, watched.replaced]).to.deep.equal([4, 4]);
    } finally {
      await watched.stop();
      await own.stop();
    }
  });

  it('loses the oldest pods to those who have them replaced', async () => {
    const own = await ownPopulation(3, 2);
    const watched = await watchedPopulation(own.kubeconfig);
    try {
      watched.replace(2);
      await eventually('their end', () => isDeepStrictEqual(sizes(watched), [0, 2, 2]));
      expect(watched.replaced).to.equal(0);
    } finally {
      await watched.stop();
      await own.stop();
    }
  });
});

const sizes = ({ nodes }: Population): number[] => nodes.map(({ size }) => size);

/** What the nodes would say, whatever the order of their rows. */
const told = ({ nodes }: Population): Record<string, string[]> =>
  Object.fromEntries(nodes.map(({ name, keyframe }) => [name, keyframe.rows.map(({ uid }) => uid).toSorted()]));
