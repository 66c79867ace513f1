import { expect } from 'chai';
import type { DetectionPolicy } from '../../../crds/detection-policy.ts';
import { validPolicy } from '../../../crds/testing/valid.ts';
import { inOrder } from './rank.ts';

const policy = (name: string, spec: Partial<DetectionPolicy['spec']>, second = 0): { policy: DetectionPolicy } => ({
  policy: {
    ...validPolicy(),
    metadata: { name, namespace: 'shop', creationTimestamp: new Date(second * 1000).toISOString() },
    spec: { ...validPolicy().spec, ...spec },
  },
});
const incident = [{ to: 'Incident' as const }];
const repair = [{ to: 'Remediate' as const, plan: 'p' }];

describe('the order in which policies are shed', () => {
  it('is by mode, severity and what follows, then by age, whatever order they are told in', () => {
    const ordered = [
      policy('watched critical, young', { mode: 'Observe', severity: 'Critical', routes: repair }, 9),
      policy('watched critical', { mode: 'Observe', severity: 'Critical', routes: incident }, 1),
      policy('info', { mode: 'Enforce', severity: 'Info', routes: incident }),
      policy('info, repaired', { mode: 'Enforce', severity: 'Info', routes: repair }),
      policy('warning', { mode: 'Enforce', severity: 'Warning', routes: incident }),
      policy('b', { mode: 'Enforce', severity: 'Warning', routes: repair }, 5),
      policy('a', { mode: 'Enforce', severity: 'Warning', routes: repair }, 5),
      policy('critical', { mode: 'Enforce', severity: 'Critical', routes: incident }),
      policy('critical, repaired', { mode: 'Enforce', severity: 'Critical', routes: [...repair, ...incident] }),
    ];
    const names = (of: readonly { policy: DetectionPolicy }[]): string[] => of.map((each) => each.policy.metadata.name);
    for (const told of [
      ordered,
      ordered.toReversed(),
      ordered.toSorted((a, b) => (names([a])[0] ?? '').length - (names([b])[0] ?? '').length),
    ])
      expect(names(inOrder(told))).to.deep.equal(names(ordered));
  });
});
