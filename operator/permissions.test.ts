import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ownPermissions } from './permissions.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

describe('the permissions of the operator', () => {
  const file = new URL('../charts/homeostat/files/rbac/operator.yaml', import.meta.url);
  const rules = parse(readFileSync(file, 'utf8')) as Rule[];

  for (const { verb, group, resource, subresource, namespace } of ownPermissions('root')) {
    // Those of one namespace stand in a Role of the chart's templates.
    if (namespace !== undefined) continue;
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    it(`hold in the chart: ${verb} ${name}.${group}`, () => {
      const granting = rules.filter(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.includes(group) && resources.includes(name) && verbs.includes(verb),
      );
      expect(granting).to.have.lengthOf(1);
    });
  }
});
