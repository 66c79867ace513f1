import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ApiError } from './kube/api.ts';
import { silentLogger } from './kube/logger.ts';
import { ownPermissions, PermissionCheck } from './permissions.ts';
import { ApiServer } from './testing/api-server.ts';
import { FakeClock } from './testing/fake-clock.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

describe('the check of the permissions', () => {
  const clock = new FakeClock();
  const denied = new ApiError("ValidatingAdmissionPolicy 'x' denied request: you are somebody", {
    status: 422,
    reason: 'Invalid',
  });

  it('notices a policy that comes later and does not know us, and that it is mended', async () => {
    const server = new ApiServer({ clock });
    const check = new PermissionCheck();
    await check.run(server, 'root', clock, silentLogger);
    expect(check.missing).to.equal(undefined);
    server.faults = ({ verb, resource }) =>
      verb === 'create' && resource.kind === 'Incident' ? { kind: 'error', error: denied } : undefined;
    await clock.advance(300_000);
    expect(check.missing).to.include('you are somebody');
    server.faults = () => undefined;
    await clock.advance(10_000);
    expect(check.missing).to.equal(undefined);
    server.faults = () => ({ kind: 'error', error: new ApiError('no answer', { status: 0, reason: 'Timeout' }) });
    await clock.advance(300_000);
    expect(check.missing).to.equal(undefined);
    check.stop();
  });
});

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
