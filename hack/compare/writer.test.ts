import { expect } from 'chai';
import { nameOf, targetOf } from './writer.ts';

describe('what an alert is about', () => {
  it('is named by its labels, the workload before its pods', () => {
    expect(nameOf({ namespace: 'shop', pod: 'web-1', container: 'app' })).to.equal('shop/web-1');
    expect(targetOf({ namespace: 'shop', deployment: 'web' })?.resource.kind).to.equal('Deployment');
    expect(nameOf({ node: 'node1', instance: '172.30.0.11:10250' })).to.equal('node1');
    expect(targetOf({ alertname: 'Watchdog' })).to.equal(undefined);
  });
});
