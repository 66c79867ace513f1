import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { KindName } from '../../crds/kinds.ts';
import { validate } from '../../crds/validate.ts';
import { markingExample, watchingExamples } from './policies.ts';

describe('the examples that are compared', () => {
  for (const name of ['hung-kubelet', ...watchingExamples])
    it(`${name}: is valid with a plan that annotates`, () => {
      const objects = parseAllDocuments(markingExample(name)).map((document) => document.toJS() as { kind: KindName });
      expect(objects).not.to.be.empty;
      for (const object of objects) expect(validate(object.kind, object)).to.deep.equal([]);
    });
});
