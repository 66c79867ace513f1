import { expect } from 'chai';
import type { RecordedChange } from '../../crds/remediation.ts';
import type { KubeObject } from '../kube/api.ts';
import { addedByServer, linesOf } from './diff.ts';

const change = (path: string, from?: string, to?: string, uid = 'uid-web'): RecordedChange => ({
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid },
  path,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

describe('the lines of changes', () => {
  const table: [line: string, change: RecordedChange][] = [
    ['Deployment shop/web spec.replicas: 3 -> 4', change('/spec/replicas', '3', '4')],
    ['Deployment shop/web spec.paused: absent -> true', change('/spec/paused', undefined, 'true')],
    ['Deployment shop/web metadata.labels.a: "b" -> absent', change('/metadata/labels/a', '"b"')],
    ['Deployment shop/web: deleted', change('', '{}')],
    ['Deployment shop/web: created', change('', undefined, '{}')],
  ];
  for (const [line, one] of table) it(line, () => expect(linesOf([one])).to.deep.equal([line]));

  it('shorten long values', () => {
    const [line = ''] = linesOf([change('/spec/template', JSON.stringify('x'.repeat(5000)), '1')]);
    expect(line.length).to.be.below(300);
    expect(line)
      .to.include('…')
      .and.to.match(/ -> 1$/);
  });
});

describe('what the API server adds', () => {
  const object = (more: object, metadata: object = {}): KubeObject => ({
    kind: 'Deployment',
    metadata: { name: 'web', uid: 'uid-web', resourceVersion: '1', ...metadata },
    ...more,
  });
  const replicas = [change('/spec/replicas', '3', '4')];
  const table: [what: string, before: KubeObject, after: KubeObject, asked: RecordedChange[], lines: string[]][] = [
    ['nothing', object({ spec: { replicas: 3 } }), object({ spec: { replicas: 4 } }), replicas, []],
    [
      'what it always writes is not told',
      object({ status: { a: 1 } }),
      object({ status: { a: 2 } }, { resourceVersion: '2', generation: 2, managedFields: [] }),
      [],
      [],
    ],
    [
      'a label of a webhook',
      object({}),
      object({}, { labels: { by: 'webhook' } }),
      [],
      ['Deployment web metadata.labels.by: absent -> "webhook" (by the API server)'],
    ],
    [
      'nothing when all of a new branch was asked for',
      object({}),
      object({}, { labels: { 'a/b': 'c' } }),
      [change('/metadata/labels/a~1b', undefined, '"c"')],
      [],
    ],
    [
      'another value than asked for is what was asked for',
      object({ spec: { replicas: 3 } }),
      object({ spec: { replicas: 5, minReadySeconds: 1 } }),
      replicas,
      ['Deployment web spec.minReadySeconds: absent -> 1 (by the API server)'],
    ],
    [
      'entries of lists',
      object({ spec: { taints: [{ key: 'a' }] } }),
      object({ spec: { taints: [{ key: 'a' }, { key: 'b' }] } }),
      [],
      ['Deployment web spec.taints.1.key: absent -> "b" (by the API server)'],
    ],
    [
      'what was asked of another object',
      object({ spec: { replicas: 3 } }),
      object({ spec: { replicas: 4 } }),
      [change('/spec/replicas', '3', '4', 'uid-other')],
      ['Deployment web spec.replicas: 3 -> 4 (by the API server)'],
    ],
  ];
  for (const [what, before, after, asked, lines] of table)
    it(what, () => expect(addedByServer(before, after, asked)).to.deep.equal(lines));
});
