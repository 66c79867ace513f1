import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterError } from './failure.ts';
import { clustersDirectory, type Environment } from './paths.ts';
import type { Ports } from './ports.ts';
import type { ProcessIdentity } from './process/identity.ts';
import type { ProfileName } from './profile.ts';

/** The format of state.json; another number is another program's. */
const VERSION = 1;

/** What is remembered of a cluster between two commands: `state.json` in its directory. */
export interface ClusterState {
  readonly version: number;
  readonly name: string;
  /** The cluster's number, from which its networks follow. */
  readonly index: number;
  readonly ports: Ports;
  readonly profile: ProfileName;
  /** Whether there is a bridge to real nodes. */
  readonly bridged: boolean;
  /** Real nodes, and simulated ones. */
  readonly nodes: number;
  readonly fake: number;
  /** Why there are no real nodes although they were wanted; empty when there are. */
  readonly obstacles: readonly string[];
  /** Program name to the file that is run. */
  readonly programs: Readonly<Record<string, string>>;
  /** Directories of shared libraries that programs of real nodes need beside the machine's. */
  readonly libraries: readonly string[];
  /** Directory of the image archives every real node gets. */
  readonly images: string;
  /** Everything that was started and not yet ended. */
  readonly running: Readonly<Record<string, ProcessIdentity>>;
}

/** A name becomes a directory, a cgroup and part of a lock, so it is kept plain. */
const NAME = /^[a-z][a-z0-9-]{0,19}$/;

/** The cluster's own directory; refuses names that are no plain word. */
export function clusterDirectory(name: string, env: Environment): string {
  if (!NAME.test(name)) {
    throw new ClusterError(
      `cluster name ${JSON.stringify(name)} is not valid: up to 20 of a-z, 0-9 and -, a letter first`,
    );
  }
  return join(clustersDirectory(env), name);
}

/** What is remembered in `directory`; undefined when nothing is. */
export function readState(directory: string): ClusterState | undefined {
  const file = join(directory, 'state.json');
  if (!existsSync(file)) return undefined;
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as ClusterState;
    if (state.version === VERSION) return state;
  } catch (cause) {
    throw new ClusterError(`${file} cannot be read; end what it lists by hand and remove it`, [], { cause });
  }
  throw new ClusterError(`${file} was written by another version; run its "down" or remove ${directory}`);
}

/** Writes the file anew, in one step. */
export function writeState(directory: string, state: Omit<ClusterState, 'version'>): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'state.json');
  writeFileSync(`${file}.new`, `${JSON.stringify({ version: VERSION, ...state }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The remembered states of all clusters of this user. */
export function allStates(env: Environment): ClusterState[] {
  const root = clustersDirectory(env);
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => {
    try {
      return readState(join(root, name)) ?? [];
    } catch {
      return []; // its own commands will say what is wrong
    }
  });
}
