import { expect } from 'chai';
import { MAX_CLUSTERS, network, nodeNetwork, parseRange, parseRoutes, pickIndex } from './network.ts';

const ROUTES = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'eth0\t0000000A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'br0\t00001EAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  '',
].join('\n');

describe('networks', () => {
  it('follow from the number of the cluster', () => {
    expect(network(3)).to.deep.equal({
      index: 3,
      bridge: 'hs3',
      gateway: '172.30.3.1',
      nodes: '172.30.3.0/24',
      pods: '10.67.0.0/16',
    });
    expect(nodeNetwork(network(3), 2)).to.deep.equal({ address: '172.30.3.12', pods: '10.67.2.0/24', device: 'hs3n2' });
  });

  it('keep the names of devices within the 15 characters of the kernel', () => {
    expect(nodeNetwork(network(MAX_CLUSTERS - 1), 9).device.length).to.be.at.most(15);
  });

  it('are read from /proc/net/route, without the default route', () => {
    expect(parseRoutes(ROUTES)).to.deep.equal([parseRange('10.0.0.0/16'), parseRange('172.30.0.0/24')]);
  });

  const table = [
    { what: 'the first is free', taken: [], routes: [], index: 0 },
    { what: 'another cluster has the first', taken: [0, 1], routes: [], index: 2 },
    { what: 'the machine has its node network', taken: [], routes: ['172.30.0.0/24'], index: 1 },
    { what: 'the machine has a part of its pod network', taken: [], routes: ['10.64.7.0/24'], index: 1 },
    { what: 'a wide route covers the first half', taken: [], routes: ['10.64.0.0/12'], index: 16 },
    { what: 'everything is taken', taken: [], routes: ['10.0.0.0/8'], index: undefined },
    { what: 'it was the fourth', taken: [0], routes: [], preferred: 4, index: 4 },
    { what: 'another cluster has the one of last time', taken: [4], routes: [], preferred: 4, index: 0 },
    { what: 'the machine has the one of last time', taken: [], routes: ['172.30.4.0/24'], preferred: 4, index: 0 },
  ];
  for (const { what, taken, routes, preferred, index } of table) {
    it(`are number ${index ?? 'none'} when ${what}`, () => {
      expect(pickIndex(taken, routes.map(parseRange), preferred)).to.equal(index);
    });
  }
});
