import { resolvePrograms } from './binaries/resolve.ts';
import { ClusterError } from './failure.ts';
import type { Environment } from './paths.ts';
import { silent, type Progress } from './progress.ts';

/**
 * The file of a pinned program that is not part of a cluster, such as `helm`: found, downloaded or built as the others
 * are (from the same Go module, so most of it is compiled already). Throws when it cannot be had.
 */
export async function tool(name: string, env: Environment = process.env, progress: Progress = silent): Promise<string> {
  const file = (await resolvePrograms([name], env, progress))[name];
  if (file === undefined) throw new ClusterError(`no program ${name} is pinned in versions.json`);
  return file;
}
