import { expect } from 'chai';
import type { FaultRun } from './faults.ts';
import { costOf, leadsOf, markdownOf, spreadOf, type Report } from './report.ts';

const run = (changes: Partial<FaultRun>): FaultRun => ({
  fault: 'crash-loop',
  atMs: 0,
  endedMs: 1000,
  seconds: {},
  early: [],
  ...changes,
});

describe('the table of a comparison', () => {
  it('says a median, from where to where, and of how many runs', () => {
    expect(spreadOf([1.234, 3, 20])).to.equal('3.00 s (1.23–20)');
    expect(spreadOf([0.5])).to.equal('0.50 s');
    expect(spreadOf([0.5, undefined])).to.equal('0.50 s, 1 of 2');
    expect(spreadOf([undefined, undefined])).to.equal('never in 2');
    expect(spreadOf([])).to.equal('–');
  });

  it('counts a write after the kill as none', () => {
    const runs = [
      run({ killedAfterSeconds: 100, seconds: { homeostat: 30, 'prometheus-defaults': 101 } }),
      run({ killedAfterSeconds: 100, seconds: {} }),
    ];
    expect(leadsOf(runs, 'homeostat')).to.deep.equal([70, undefined]);
    expect(leadsOf(runs, 'prometheus-defaults')).to.deep.equal([undefined, undefined]);
  });

  it('adds up the parts of a system, and no others', () => {
    const cost = { cpuCores: 0.01, residentMiB: 50, processes: 1 };
    expect(
      costOf({ 'homeostat/operator': cost, 'homeostat/broker': cost, 'both kubelets': cost }, 'homeostat'),
    ).to.equal('2.0 % of a core, 100 MiB');
    expect(costOf({}, 'homeostat')).to.equal('–');
  });

  it('has a row for each fault, and names what alarmed falsely', () => {
    const alarm = { policy: 'cpu-throttled', target: 'compare-healthy/web', fromMs: 0, toMs: 1 };
    const report: Report = {
      machine: {} as Report['machine'],
      versions: {},
      load: { median: 1, most: 2 },
      faults: [run({ seconds: { homeostat: 0.5 }, early: ['prometheus-fastest'] })],
      problems: [],
      healthy: {
        minutes: 5,
        life: { rollouts: 1, scalings: 2, jobs: 3, imageWaits: 4, refused: 0 },
        podsStarted: 100,
        falseAlarms: { homeostat: [], 'prometheus-fastest': [alarm, alarm], 'prometheus-defaults': [] },
        written: { homeostat: 0, 'prometheus-fastest': 1, 'prometheus-defaults': 0 },
      },
      failedScrapes: { 'prometheus-fastest': 0.0123 },
      cost: {},
    };
    const lines = markdownOf(report).split('\n');
    expect(lines).to.include('| crash loop, from the second end | 0.50 s | never in 1 | never in 1 |');
    expect(lines).to.include('| written before there was a fault | 0 | 1 | 0 |');
    expect(lines).to.include('| scrapes of the healthy node that failed | – | 1.2 % | – |');
    expect(lines.find((line) => line.startsWith('| false alarms'))).to.match(/\| 0 \| 2: 2 cpu-throttled \| 0 \|$/);
  });
});
