import { expect } from 'chai';
import { validPolicy } from '../../../crds/testing/valid.ts';
import { troublesOf } from './troubles.ts';

describe('what keeps a policy from its work', () => {
  const of = (...conditions: string[]): string[] =>
    troublesOf({
      ...validPolicy(),
      status: {
        conditions: conditions.map((text) => {
          const [type = '', status] = text.split('=');
          return { type, status: status as 'True', reason: 'Why', message: '', lastTransitionTime: '' };
        }),
      },
    }).map(({ type, status }) => `${type}=${status}`);

  it('is that it is not ready, that samples are missing, that it is shed, or that what its routes name is not there', () => {
    expect(of('Ready=True', 'DataFresh=True', 'Shed=False', 'Firing=True')).to.deep.equal([]);
    expect(of('DataFresh=Unknown')).to.deep.equal([]);
    expect(of('Shed=True', 'DataFresh=False', 'Ready=False')).to.deep.equal([
      'Ready=False',
      'DataFresh=False',
      'Shed=True',
    ]);
    expect(of('NotifiersFound=False', 'PlansFound=False', 'ExpressionsEvaluate=False')).to.deep.equal([
      'ExpressionsEvaluate=False',
      'PlansFound=False',
      'NotifiersFound=False',
    ]);
    expect(of()).to.deep.equal([]);
  });
});
