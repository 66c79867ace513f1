import { expect } from 'chai';
import { actions } from '../../operator/actions/registry.ts';
import { leaseVerbs } from '../../operator/decide/node-lease.ts';
import type { Permission } from '../../operator/kube/access.ts';
import { ownPermissions } from '../../operator/permissions.ts';
import { actionRules, nodeLeaseRules, operatorRules, permissionsOf } from './rules.ts';

const line = ({ verb, group, resource, subresource }: Permission): string =>
  `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
const isRead = (permission: string): boolean => /^(get|list|watch) /.test(permission);

describe('the RBAC of the chart', () => {
  const own = permissionsOf(operatorRules);

  it('has rules for every action and for no other', () => {
    expect(Object.keys(actionRules)).to.have.members(Object.keys(actions));
  });

  for (const [name, { permissions }] of Object.entries(actions))
    it(`lets ${name} write what its code writes and no more, and read what it reads`, () => {
      const needed = permissions.map(line);
      expect(permissionsOf(actionRules[name] ?? [])).to.have.members(needed.filter((one) => !isRead(one)));
      expect(own).to.include.members(needed.filter(isRead));
    });

  it('lets the operator write what it asks whether it may, and nothing else', () => {
    const asked = ownPermissions('homeostat-system').filter(({ namespace }) => namespace === undefined);
    expect(own.filter((one) => !isRead(one))).to.have.members(asked.map(line));
  });

  it('grants of the Leases of nodes what is done to them', () => {
    expect(permissionsOf(nodeLeaseRules)).to.have.members(
      leaseVerbs.map((verb) => `${verb} coordination.k8s.io/leases`),
    );
  });

  it('gets single objects only where an action or a controller does', () => {
    const byActions = Object.values(actions).flatMap(({ permissions }) => permissions.map(line));
    const controllers = ['get homeostat.dev/incidents', 'get homeostat.dev/remediations'];
    const gets = own.filter((one) => one.startsWith('get '));
    expect([...byActions, ...controllers]).to.include.members(gets);
  });

  it('grants nothing twice and uses no wildcard', () => {
    const all = [...own, ...permissionsOf(Object.values(actionRules).flat())];
    expect(all.filter((one) => one.includes('*'))).to.deep.equal([]);
    expect(new Set(own).size).to.equal(own.length);
  });
});
