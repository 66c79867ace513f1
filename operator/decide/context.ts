import type { Remediation } from '../../crds/remediation.ts';
import type { Context } from '../actions/action.ts';
import { managerOf } from '../actions/ownership.ts';
import type { World } from './decision.ts';

/** What the actions of a Remediation are told besides the live objects. */
export const contextOf = (
  { metadata, spec }: Remediation,
  { nowMs, cluster }: Pick<World, 'nowMs' | 'cluster'>,
): Context => ({
  target: spec.target,
  manager: managerOf(metadata),
  nowMs,
  wasAvailable: (controllerUid, hash) => cluster?.wasAvailable?.(controllerUid, hash) === true,
});
