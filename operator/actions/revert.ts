import { isDeletion, type BoundAction, type Change, type Context } from './action.ts';
import { inverse } from './fields.ts';
import type { Live } from './live.ts';

/** What undoing one recorded change means now. */
export type Reversal =
  /** It is still as we left it: this change, made by the same action, restores what was there before. */
  | { readonly is: 'Restore'; readonly change: Change }
  /** It is as it was before. */
  | { readonly is: 'AlreadyThere'; readonly message?: string }
  /** Somebody changed it since: it is left as it is. */
  | { readonly is: 'Superseded'; readonly by: string | undefined; readonly message: string }
  /** The action cannot be taken back. */
  | { readonly is: 'Irreversible'; readonly message: string }
  /** It is being taken back, which takes its time. */
  | { readonly is: 'Underway'; readonly message: string }
  /** What it is now could not be read: ask again later. */
  | { readonly is: 'Unreadable'; readonly message: string };

/**
 * The three-way decision of undo for one change: what was there before, what we put there, what is there now. Restores
 * exactly, also absence; touches nothing that is not as we left it.
 */
export function revert(action: BoundAction, change: Change, live: Live, context: Context): Reversal {
  if (action.revert !== undefined) return action.revert(change, live, context);
  const standing = action.inspect(change, live, context);
  switch (standing.is) {
    case 'NotMade':
      return { is: 'AlreadyThere' };
    case 'Ours':
      return action.reversible && !isDeletion(change)
        ? { is: 'Restore', change: inverse(change) }
        : {
            is: 'Irreversible',
            message: `${isDeletion(change) ? 'the end of a pod' : action.name} cannot be taken back`,
          };
    case 'Foreign':
      return { is: 'Superseded', by: standing.by, message: standing.message };
    case 'Gone':
      return { is: 'Superseded', by: undefined, message: `${standing.message}: there is nothing to take back` };
    case 'Unreadable':
      return standing;
  }
}
