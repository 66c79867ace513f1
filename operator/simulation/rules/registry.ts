import type { RuleMaker } from '../rule.ts';
import { breakers, schedules, storms } from './brakes.ts';
import { budgets } from './budgets.ts';
import { cooldown } from './cooldown.ts';
import { undoIsNeverBlocked } from './ends.ts';
import { guardsPassed } from './guards.ts';
import { freshData, onlyTheLeader } from './knowledge.ts';
import { nodeLeases } from './leases.ts';
import { onePerTarget } from './one-per-target.ts';
import { modesHold, protectedObjects } from './permission.ts';
import { onTopStays } from './on-top.ts';
import { preImage } from './pre-image.ts';
import { robust } from './robust.ts';
import { endsAfterItBegan, everythingIsFollowed, oneIncident } from './stream.ts';
import { exactUndo } from './undo.ts';

/**
 * Every rule, by the number of the invariant in docs/architecture.md. Of 10 and 11 here is what can be seen without frames;
 * the engine and ingest have tests of their own (engine/evaluate/replay.test.ts, operator/ingest).
 */
export const rules: readonly RuleMaker[] = [
  onePerTarget,
  budgets,
  cooldown,
  schedules,
  storms,
  breakers,
  onlyTheLeader,
  nodeLeases,
  preImage,
  exactUndo,
  onTopStays,
  freshData,
  modesHold,
  protectedObjects,
  undoIsNeverBlocked,
  guardsPassed,
  oneIncident,
  endsAfterItBegan,
  everythingIsFollowed,
  robust,
];
