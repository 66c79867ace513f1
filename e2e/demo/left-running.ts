import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, type ProcessIdentity } from '../../hack/cluster/process/identity.ts';
import { stop } from '../../hack/cluster/process/daemon.ts';
import { startProduct, type Site } from '../product/product.ts';

const recordOf = (directory: string): string => join(directory, 'running.json');

/** Starts Homeostat so that it outlives this process, in place of what an earlier demo left. */
export const startAndLeave = async (site: Site, say: (words: string) => void): Promise<void> => {
  await endProduct(site.directory);
  const { programs } = await startProduct({ ...site, detached: true }, say);
  const running = programs.map((program) => identify(program.pid)).filter((identity) => identity !== undefined);
  writeFileSync(recordOf(site.directory), JSON.stringify(running));
};

/** Ends the programs that {@link startAndLeave} left, each only if it is still the same process. */
export const endProduct = async (directory: string): Promise<void> => {
  const record = recordOf(directory);
  if (!existsSync(record)) return;
  for (const identity of JSON.parse(readFileSync(record, 'utf8')) as ProcessIdentity[]) await stop(identity);
  rmSync(record);
};
