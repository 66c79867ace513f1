import { expect } from 'chai';
import type { NodePod } from '../kubelet/pods.ts';
import { targetOf } from './target.ts';

const pod = (annotations: Record<string, string>, more: Partial<NodePod> = {}): NodePod => ({
  uid: 'u',
  namespace: 'n',
  name: 'p',
  isRunning: true,
  addresses: ['10.1.2.3'],
  annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`prometheus.io/${key}`, value])),
  containers: [
    { name: 'app', ports: [8080, 9102] },
    { name: 'proxy', ports: [15_090] },
  ],
  ...more,
});
const yes = { scrape: 'true' };

describe('targetOf', () => {
  for (const [what, given, expected] of [
    ['nothing said', pod({}), undefined],
    ['not wanted', pod({ scrape: 'false' }), undefined],
    ['not running', pod(yes, { isRunning: false }), undefined],
    ['no address yet', pod(yes, { addresses: [] }), undefined],
    ['the first port', pod(yes), { url: 'http://10.1.2.3:8080/metrics', container: 'app' }],
    ['another port', pod({ ...yes, port: '15090' }), { url: 'http://10.1.2.3:15090/metrics', container: 'proxy' }],
    ['a port nobody has', pod({ ...yes, port: '1' }), { url: 'http://10.1.2.3:1/metrics', container: undefined }],
    [
      'the only container',
      pod({ ...yes, port: '1' }, { containers: [{ name: 'app', ports: [] }] }),
      { url: 'http://10.1.2.3:1/metrics', container: 'app' },
    ],
    [
      'scheme and path',
      pod({ ...yes, scheme: 'https', path: '/a?b=c' }),
      { url: 'https://10.1.2.3:8080/a?b=c', container: 'app' },
    ],
    ['IPv6', pod(yes, { addresses: ['fd00::5'] }), { url: 'http://[fd00::5]:8080/metrics', container: 'app' }],
    ['another scheme', pod({ ...yes, scheme: 'file' }), 'prometheus.io/scheme must be http or https, not file'],
    ['no port', pod({ ...yes, port: '99999' }), 'prometheus.io/port must be a port, not 99999'],
    [
      'no port at all',
      pod(yes, { containers: [{ name: 'app', ports: [] }] }),
      'prometheus.io/port is missing, and no container says that it has a port',
    ],
  ] as const)
    it(`is ${JSON.stringify(expected)} with ${what}`, () => expect(targetOf(given)).to.deep.equal(expected));

  it('stays at the address of the pod, whatever the path is', () => {
    const target = targetOf(pod({ ...yes, path: '@10.0.0.1/' }));
    expect(new URL((target as { url: string }).url).hostname).to.equal('10.1.2.3');
  });
});
