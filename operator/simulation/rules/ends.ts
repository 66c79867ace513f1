import type { RuleMaker } from '../rule.ts';

/** 8. Undo is never blocked, and what was asked to end ends, whatever is paused. */
export const undoIsNeverBlocked: RuleMaker = () => ({
  name: '8 undo is never blocked',
  end: ({ history, unreadable }) => {
    for (const { metadata, spec, status } of history.remediations.values()) {
      const waits = status?.steps?.some(({ changes = [] }) =>
        changes.some(({ object }) => unreadable.has(object.name)),
      );
      const isBlind = unreadable.has(spec.target.name) || unreadable.has(spec.target.node ?? '');
      if (status?.finishedTime === undefined && waits !== true && !isBlind) {
        const told = status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`).join(', ');
        return `${metadata.name} does not end although that was asked for: ${told}`;
      }
    }
    return undefined;
  },
});
