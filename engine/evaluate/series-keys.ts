import type { Keyframe } from '../frame/types.ts';
import type { SeriesKey } from '../series/counters.ts';
import type { RowIdentity } from './target.ts';

/** The series of each row of a keyframe; a container that is restarted under another id follows itself. */
export const seriesKeys = (
  { rows }: Pick<Keyframe, 'rows'>,
  identities: readonly (RowIdentity | undefined)[],
): SeriesKey[] =>
  rows.map(({ scope, uid, container = '' }, row) => ({
    row: `${scope}/${uid}/${container}`,
    successive: scope === 'Container' ? identities[row]?.Container?.key : undefined,
  }));
