import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import type { Condition } from '../../kube/api.ts';
import { findCondition } from '../../kube/conditions.ts';

/** Conditions of a policy that say that it does not judge, or that nothing can follow, with the status that says so. */
const bad = {
  Ready: 'False',
  DataFresh: 'False',
  Shed: 'True',
  ExpressionsEvaluate: 'False',
  PlansFound: 'False',
  NotifiersFound: 'False',
} as const;

/** What keeps a policy from judging, and then from what it routes to, the gravest first. */
export const troublesOf = ({ status }: DetectionPolicy): Condition[] =>
  Object.entries(bad).flatMap(([type, when]) => {
    const found = findCondition(status?.conditions, type);
    return found?.status === when ? [found] : [];
  });
