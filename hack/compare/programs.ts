import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type GoModule } from '../cluster/binaries/build.ts';
import { fill } from '../cluster/binaries/cache.ts';
import { withLock } from '../cluster/lock.ts';
import { cacheDirectory } from '../cluster/paths.ts';
import type { Progress } from '../cluster/progress.ts';

/** The peers, pinned by the Go module beside this file. Without service discovery: the targets are named one by one. */
const module: GoModule = {
  directory: join(import.meta.dirname, 'go'),
  tags: ['remove_all_sd', 'netgo'],
  linkerFlags: '-s -w',
};
const packages = {
  prometheus: 'github.com/prometheus/prometheus/cmd/prometheus',
  alertmanager: 'github.com/prometheus/alertmanager/cmd/alertmanager',
} as const;
const buildTimeoutMs = 30 * 60_000;

/** The files of the programs that Homeostat is compared with. */
export type Peers = Readonly<Record<keyof typeof packages, string>>;

/** The versions that the Go module pins, as Go names them. */
export const peerVersions = (): Readonly<Record<keyof typeof packages, string>> => {
  const text = readFileSync(join(module.directory, 'go.mod'), 'utf8');
  const of = (name: string): string => new RegExp(`github\\.com/prometheus/${name} (v\\S+)`).exec(text)?.[1] ?? '';
  return { prometheus: of('prometheus'), alertmanager: of('alertmanager') };
};

/** Builds Prometheus and Alertmanager from their pinned Go modules, or takes them from the cache of an earlier build. */
export const peers = async (progress: Progress): Promise<Peers> => {
  const pins = ['go.mod', 'go.sum'].map((file) => readFileSync(join(module.directory, file), 'utf8'));
  const key = createHash('sha256').update(pins.join()).digest('hex').slice(0, 8);
  const cache = cacheDirectory(process.env);
  const directory = join(cache, 'bin', `peers-${key}`);
  const work = async (): Promise<void> => {
    if (existsSync(directory)) return;
    progress.note('the first build of Prometheus and Alertmanager takes some ten minutes on two cores');
    await progress.step('build of prometheus, alertmanager', (detail) =>
      fill(directory, (temporary) => build(Object.values(packages), temporary, detail, module)),
    );
  };
  await withLock(
    join(cache, 'lock-peers'),
    work,
    (holder) => progress.note(`process ${holder} builds them`),
    buildTimeoutMs,
  );
  return { prometheus: join(directory, 'prometheus'), alertmanager: join(directory, 'alertmanager') };
};
