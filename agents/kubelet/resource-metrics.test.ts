import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { podsOf } from './pods.ts';
import { resourceSummaryOf } from './resource-metrics.ts';

/** Of a kubelet 1.36, when its pods were thirteen seconds old. */
const capture = (name: string): string => readFileSync(`${import.meta.dirname}/captures/${name}`, 'utf8');

describe('resourceSummaryOf', () => {
  const pods = podsOf(JSON.parse(capture('pods.json')));

  it('knows CPU and memory of pods and containers by their UIDs', () => {
    const summary = resourceSummaryOf(capture('resource-1.txt'), pods);
    const pod = summary.pods.find(({ uid }) => uid === 'acaf2430-5ed8-436a-8cf2-c5b2b08d9623');
    expect(pod?.cpu).to.deep.equal({ atMs: 1_795_700_893_463, seconds: 0.038109283 });
    expect(pod?.workingSetBytes).to.equal(675_840);
    expect(pod?.containers).to.deep.equal([
      {
        name: 'main',
        cpu: { atMs: 1_795_700_895_055, seconds: 0.013775016 },
        memoryBytes: NaN,
        workingSetBytes: 315_392,
        filesystemBytes: NaN,
      },
    ]);
    expect(summary.pods).to.have.length(4);
  });

  it('does not take what was not looked at yet for nothing', () => {
    const summary = resourceSummaryOf(capture('resource-1.txt'), pods);
    const resize = summary.pods.find(({ uid }) => uid === 'b169e939-cb8f-41b4-86b8-e051a7f64abd');
    expect(resize?.workingSetBytes).to.be.NaN;
    expect(resize?.containers[0]?.workingSetBytes).to.equal(299_008);
  });

  it('knows nothing of pods that are not told, and refuses what is no text of metrics', () => {
    expect(resourceSummaryOf('', pods).pods[0]?.cpu.seconds).to.be.NaN;
    expect(() => resourceSummaryOf('<html>', pods)).to.throw(TypeError);
  });
});
