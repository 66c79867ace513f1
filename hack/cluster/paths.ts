import { homedir } from 'node:os';
import { join } from 'node:path';

/** The part of the environment that says where files are kept. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Where what can be made again is kept for all clusters: programs, packages, images. */
export function cacheDirectory(env: Environment): string {
  return join(base(env, 'XDG_CACHE_HOME', '.cache'), 'homeostat');
}

/** Where every cluster has a directory of its own name. */
export function clustersDirectory(env: Environment): string {
  return join(base(env, 'XDG_STATE_HOME', '.local/state'), 'homeostat', 'clusters');
}

/** The XDG base directories have to be absolute; others are ignored, as their specification says. */
function base(env: Environment, variable: string, fallback: string): string {
  const value = env[variable];
  return value?.startsWith('/') ? value : join(env['HOME'] ?? homedir(), fallback);
}
