import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Condition } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';

/** Conditions of a policy that say that it does not judge as it should, with the status that says so. */
const bad = { Ready: 'False', DataFresh: 'False', Shed: 'True' } as const;

/** What keeps a policy from judging, the gravest first. */
export const troublesOf = ({ status }: DetectionPolicy): Condition[] =>
  Object.entries(bad).flatMap(([type, when]) => {
    const found = findCondition(status?.conditions, type);
    return found?.status === when ? [found] : [];
  });
