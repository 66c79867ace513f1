import type { Remediation } from '../../crds/remediation.ts';
import type { Context } from '../actions/action.ts';
import { managerOf } from '../actions/ownership.ts';
import type { World } from './decision.ts';
import { wasInVain } from './in-vain.ts';

/** What the actions of a Remediation are told besides the live objects. */
export const contextOf = (
  remediation: Remediation,
  world: Pick<World, 'nowMs' | 'cluster' | 'remediations'>,
): Context => ({
  target: remediation.spec.target,
  manager: managerOf(remediation.metadata),
  nowMs: world.nowMs,
  wasAvailable: (controllerUid, hash) => world.cluster?.wasAvailable?.(controllerUid, hash) === true,
  wasInVain: (uid, template) => wasInVain(remediation, world, uid, template),
});
