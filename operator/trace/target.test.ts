import { expect } from 'chai';
import { otlpTarget, type OtlpSettings } from './target.ts';

describe('where traces go', () => {
  const cases: readonly (readonly [what: string, settings: OtlpSettings, url: string | undefined])[] = [
    ['nowhere, by default', {}, undefined],
    ['nowhere, when it is set to nothing', { otlpEndpoint: '', otlpTracesEndpoint: '' }, undefined],
    ['under the endpoint', { otlpEndpoint: 'http://c:4318' }, 'http://c:4318/v1/traces'],
    ['under the path of the endpoint', { otlpEndpoint: 'https://c/otlp/' }, 'https://c/otlp/v1/traces'],
    ['to the URL for traces as it is', { otlpEndpoint: 'http://c', otlpTracesEndpoint: 'http://t/in' }, 'http://t/in'],
    [
      'under the endpoint, when that is empty',
      { otlpEndpoint: 'http://c', otlpTracesEndpoint: '' },
      'http://c/v1/traces',
    ],
  ];
  for (const [what, settings, url] of cases)
    it(what, () => {
      expect(otlpTarget(settings)?.url).to.equal(url);
    });

  it('with headers, decoded', () => {
    const target = otlpTarget({ otlpEndpoint: 'http://c', otlpHeaders: 'Api-Key=a%3Db, authorization=Basic%20eA==' });
    expect(target?.headers).to.deep.equal({ 'api-key': 'a=b', authorization: 'Basic eA==' });
  });

  for (const otlpHeaders of ['key', 'a=%', 'a b=c', 'a=b%0Ac'])
    it(`without the header ${JSON.stringify(otlpHeaders)}, which cannot be read, and with the others`, () => {
      const target = otlpTarget({ otlpEndpoint: 'http://c', otlpHeaders: `${otlpHeaders},b=1` });
      expect(target?.headers).to.deep.equal({ b: '1' });
    });
});
