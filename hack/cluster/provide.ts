import { cacheEntries } from './binaries/cache.ts';
import { libraryDirectories } from './binaries/debian.ts';
import { resolvePrograms, type Files } from './binaries/resolve.ts';
import { ClusterError } from './failure.ts';
import { ensureBaseImages } from './images/base.ts';
import { nodeObstacles } from './node/obstacles.ts';
import type { Environment } from './paths.ts';
import { run } from './process/command.ts';
import type { Progress } from './progress.ts';
import { VERSIONS } from './versions.ts';

/** All a cluster needs before anything of it can start. */
export interface Provision {
  readonly programs: Files;
  /** Directories of shared libraries for real nodes. */
  readonly libraries: readonly string[];
  /** Directory of image archives for real nodes. */
  readonly images: string;
  /** Why there can be no real nodes, one reason a line; empty when there can, or when none are wanted. */
  readonly obstacles: readonly string[];
}

const names = (belongs: (component: (typeof VERSIONS.components)[string]) => boolean): string[] =>
  Object.entries(VERSIONS.components).flatMap(([name, component]) => (belongs(component) ? [name] : []));

/**
 * Gets programs and images. What stands in the way of real nodes is found first, as it is quick to find; then the rest
 * is looked for in one go, so that what has to be built is built together.
 */
export async function provide(realNodes: boolean, env: Environment, progress: Progress): Promise<Provision> {
  const platform = realNodes
    ? await provideForNodes(env, progress)
    : { programs: {}, libraries: [], images: '', obstacles: [] };
  for (const obstacle of platform.obstacles) progress.note(`no real nodes: ${obstacle}`);
  const withNodes = realNodes && platform.obstacles.length === 0;
  const wanted = names(
    ({ debian, nodesOnly = false, optional = false }) => debian === undefined && !optional && (withNodes || !nodesOnly),
  );
  return { ...platform, programs: { ...platform.programs, ...(await resolvePrograms(wanted, env, progress)) } };
}

/** A package of another release than its libraries does not even start; better said now than by a failing node. */
async function tryPrograms(programs: Files, libraries: readonly string[]): Promise<void> {
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
  for (const file of Object.values(programs)) await run(file, ['--version'], { env });
}

function librariesOf(name: string, env: Environment): string[] {
  const component = VERSIONS.components[name];
  return component === undefined ? [] : libraryDirectories(cacheEntries(name, component, env).packaged);
}

async function provideForNodes(env: Environment, progress: Progress): Promise<Provision> {
  const nothing = { programs: {}, libraries: [], images: '' };
  const obstacles = nodeObstacles();
  if (obstacles.length > 0) return { ...nothing, obstacles };
  try {
    const packaged = names(({ debian }) => debian !== undefined);
    const programs = await resolvePrograms(packaged, env, progress);
    const libraries = packaged.flatMap((name) => librariesOf(name, env));
    await tryPrograms(programs, libraries);
    return { programs, libraries, images: (await ensureBaseImages(env, progress)).archives, obstacles };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { ...nothing, obstacles: [error.message, ...error.details] };
  }
}
