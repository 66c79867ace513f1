import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects all garbage now, whatever this process was started with. */
export const collectGarbage = runInNewContext('gc') as () => void;
