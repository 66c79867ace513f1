import { expect } from 'chai';
import { route, type CompiledRoute } from './route.ts';

const facts = { confidence: 0.97, severity: 'Warning', target: {} } as const;
const remediate: CompiledRoute = { to: 'Remediate', plan: 'restart', when: ({ confidence }) => confidence >= 0.99 };
const careful: CompiledRoute = { to: 'Remediate', plan: 'ask', when: ({ confidence }) => confidence >= 0.9 };
const broken: CompiledRoute = {
  to: 'Remediate',
  plan: 'restart',
  when: () => {
    throw new Error('no such key: tier');
  },
};
const rest: CompiledRoute = { to: 'Incident' };

describe('route', () => {
  const cases: [what: string, routes: CompiledRoute[], expected: object | undefined][] = [
    ['the first that matches', [remediate, careful, rest], { to: 'Remediate', plan: 'ask' }],
    ['one without a condition', [remediate, rest], { to: 'Incident' }],
    ['none', [remediate], undefined],
    ['not one that cannot be evaluated', [broken, rest], { to: 'Incident' }],
  ];
  for (const [what, routes, expected] of cases)
    it(what, () => expect(route('Enforce', routes, facts).route).to.deep.equal(expected));

  it('leads nowhere in mode Observe', () => expect(route('Observe', [rest], facts).route).to.equal(undefined));

  it('reports what could not be evaluated', () => {
    expect(route('Enforce', [remediate, broken], facts).problems).to.deep.equal(['routes[1].when: no such key: tier']);
  });
});
