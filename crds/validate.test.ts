import { expect } from 'chai';
import * as fc from 'fast-check';
import { kinds } from './kinds.ts';
import { validStatus } from './testing/status.ts';
import { valid, validPlan } from './testing/valid.ts';
import { edited, titleOf, wrongObjects } from './testing/wrong.ts';
import { complete, validate } from './validate.ts';

describe('validate', () => {
  for (const { kind } of kinds)
    it(`accepts a valid ${kind} and changes nothing in it`, () => {
      const object = { ...valid[kind]('x'), status: validStatus[kind] };
      expect(complete(kind, object)).to.deep.equal({ object, problems: [] });
    });

  for (const wrong of wrongObjects)
    it(`refuses ${titleOf(wrong)}`, () => {
      const base = valid[wrong.kind]('x');
      const old = wrong.stored && edited(base, wrong.stored);
      const problems = validate(wrong.kind, edited(base, wrong.edit), old);
      const problem = problems.find(({ path }) => path === wrong.field);
      expect(problem, JSON.stringify(problems)).not.to.equal(undefined);
      for (const words of wrong.says) expect(problem?.message.toLowerCase()).to.include(words.toLowerCase());
    });

  const strange: [what: string, object: unknown, path: string, message: string][] = [
    ['nothing', null, '', 'must be an object'],
    ['a list', [], '', 'must be an object'],
    ['another version', { ...valid.Guardrail('x'), apiVersion: 'homeostat.dev/v1' }, 'apiVersion', 'v1alpha1'],
    ['another kind', valid.Incident('x'), 'kind', 'must be Guardrail'],
    ['no name', edited(valid.Guardrail('x'), { 'metadata.name': undefined }), 'metadata.name', 'is required'],
  ];
  for (const [what, object, path, message] of strange)
    it(`refuses ${what}`, () => {
      const problem = validate('Guardrail', object).find((candidate) => candidate.path === path);
      expect(problem?.message).to.include(message);
    });

  it('fills in the defaults of a terse object, and leaves the object alone', () => {
    const steps = [{ name: 'restart', action: { restartPod: {} } }];
    const terse = { ...validPlan(), spec: { steps } };
    const { object, problems } = complete('RemediationPlan', terse);
    expect(problems).to.deep.equal([]);
    expect(object.spec).to.deep.equal({
      mode: 'Observe',
      steps: [{ ...steps[0], timeoutSeconds: 60 }],
      verify: { stabilizationSeconds: 60, timeoutSeconds: 300, onFailure: 'Undo' },
      guards: { maxConcurrent: 1, maxAttempts: 3, cooldownSeconds: 300 },
      historyLimit: 10,
    });
    expect(terse.spec).to.deep.equal({ steps });
  });

  it('answers whatever JSON it is given, and never throws', () => {
    const kind = fc.constantFrom(...kinds.map((definition) => definition.kind));
    fc.assert(
      fc.property(kind, fc.jsonValue(), fc.jsonValue(), (kind, spec, status) => {
        const object = { ...valid[kind]('x'), spec, status };
        expect(validate(kind, object, { ...object, spec: status })).to.be.an('array');
      }),
    );
  });

  it('finds the past of a field and of an entry with a key', () => {
    const step = (name: string) => ({ name, action: { cordon: {} }, timeoutSeconds: 60 });
    const old = edited(valid.Remediation('x'), { 'spec.steps': [step('a'), step('b')] });
    const same = structuredClone(old);
    expect(validate('Remediation', same, old)).to.deep.equal([]);
    const other = edited(old, { 'spec.steps': [step('b'), step('a')] });
    expect(validate('Remediation', other, old).map(({ path }) => path)).to.deep.equal(['spec.steps']);
  });
});
