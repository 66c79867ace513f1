import type { Remediation } from '../../../crds/remediation.ts';
import type { RuleMaker } from '../rule.ts';

/** Begun and not ended, by what is stored. */
export const isRunning = ({ status }: Remediation): boolean =>
  status?.startedTime !== undefined && status.finishedTime === undefined;

/** Whether this stored Remediation begins by this change. */
export const begins = (before: Remediation | undefined, after: Remediation): boolean =>
  isRunning(after) && before?.status?.startedTime === undefined;

export const targetOf = ({ spec: { target } }: Remediation): string =>
  `${target.kind} ${target.uid} ${target.container ?? ''}`;

/** 1. Never more than one active Remediation per target. */
export const onePerTarget: RuleMaker = () => ({
  name: '1 one per target',
  commit: ({ change }, history) => {
    if (change.resource.kind !== 'Remediation' || change.type === 'DELETED') return undefined;
    const self = change.object as Remediation;
    if (!begins(change.old as Remediation | undefined, self)) return undefined;
    const other = [...history.remediations.values()].find(
      (each) => each.metadata.uid !== self.metadata.uid && isRunning(each) && targetOf(each) === targetOf(self),
    );
    return other && `${self.metadata.name} begins while ${other.metadata.name} runs on ${targetOf(self)}`;
  },
});
