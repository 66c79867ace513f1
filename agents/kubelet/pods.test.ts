import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { limitsOf } from './limits.ts';
import { podsOf } from './pods.ts';

describe('podsOf', () => {
  it('reads what a kubelet writes', () => {
    const answer: unknown = JSON.parse(readFileSync(`${import.meta.dirname}/captures/pods.json`, 'utf8'));
    const pods = podsOf(answer);
    expect(pods).to.have.length(4);
    expect(pods[1]).to.deep.include({
      uid: 'b169e939-cb8f-41b4-86b8-e051a7f64abd',
      namespace: 'e2e-actions',
      name: 'resize-69c88c6fcc-hkpwp',
      isRunning: true,
      annotations: {},
      containers: [{ name: 'main', ports: [] }],
    });
    expect(pods[1]?.addresses).to.have.length(1);
  });

  it('knows ports, sidecars and annotations, and that init containers end', () => {
    const [pod] = podsOf({
      items: [
        {
          metadata: {
            uid: 'u',
            namespace: 'n',
            name: 'p',
            annotations: { 'prometheus.io/scrape': 'true', 'kubernetes.io/config.source': 'api' },
          },
          spec: {
            initContainers: [
              { name: 'once' },
              { name: 'mesh', restartPolicy: 'Always', ports: [{ containerPort: 1 }] },
            ],
            containers: [
              {
                name: 'app',
                ports: [
                  { containerPort: 2, protocol: 'UDP' },
                  { containerPort: 3, protocol: 'TCP' },
                ],
              },
            ],
          },
          status: { phase: 'Pending', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
        },
      ],
    });
    expect(pod).to.deep.equal({
      uid: 'u',
      namespace: 'n',
      name: 'p',
      isRunning: false,
      addresses: ['10.0.0.1', 'fd00::1'],
      annotations: { 'prometheus.io/scrape': 'true' },
      containers: [
        { name: 'mesh', ports: [1] },
        { name: 'app', ports: [3] },
      ],
    });
  });

  it('takes the null of a kubelet without pods for none', () => {
    expect(podsOf({ items: null })).to.deep.equal([]);
    expect(limitsOf({ items: null }).size).to.equal(0);
  });

  for (const answer of [null, 1, 'x', {}, { items: {} }])
    it(`refuses ${JSON.stringify(answer)}`, () => expect(() => podsOf(answer)).to.throw(TypeError));

  it('bears pods that are none', () =>
    expect(podsOf({ items: [null, 7, {}, { metadata: { uid: 'u' } }] })).to.have.length(1));
});
