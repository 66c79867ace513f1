import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClusterError, messageOf } from '../failure.ts';
import { run } from '../process/command.ts';
import type { Release } from '../versions.ts';

/** Without an answer for this long a host counts as not reachable: many networks let nothing but mirrors through. */
const ANSWER_TIMEOUT_MS = 4000;
/** A download that stands still for this long is given up. */
const STALL_TIMEOUT_MS = 15_000;

/** What is downloaded. */
export interface Wanted {
  readonly release: Release;
  readonly version: string;
  readonly architecture: string;
  readonly programs: readonly string[];
}

/** Fills the placeholders of a release's address. */
export function releaseUrl({ release, version, architecture }: Wanted, text: string = release.url): string {
  return text.replaceAll('{version}', version).replaceAll('{arch}', architecture);
}

/**
 * Downloads the programs into `directory`. Throws a sentence that says why when there is no pinned checksum, no answer,
 * another status than 200, or other content than the pinned checksum says; then `directory` holds nothing of it.
 */
export async function download(wanted: Wanted, directory: string): Promise<void> {
  const digest = wanted.release.digests[wanted.architecture];
  if (digest === undefined) throw new ClusterError(`no checksum is pinned for ${wanted.architecture}`);
  await mkdir(directory, { recursive: true });
  const file = join(directory, '.download');
  try {
    await fetchVerified(releaseUrl(wanted), digest, file);
    await unpack(wanted, file, directory);
  } finally {
    await rm(file, { force: true });
  }
}

/** Fetches an address into a file while computing its checksum. */
export async function fetchVerified(url: string, digest: string, file: string): Promise<void> {
  const [algorithm = '', expected = ''] = digest.split(':');
  const hash = createHash(algorithm);
  const abort = new AbortController();
  let timer = setTimeout(
    () => abort.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)),
    ANSWER_TIMEOUT_MS,
  );
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`no data for ${STALL_TIMEOUT_MS / 1000} s`)), STALL_TIMEOUT_MS);
  };
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      alive();
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}`);
    alive();
    await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(file), { signal: abort.signal });
  } catch (error) {
    throw new ClusterError(`${new URL(url).host}: ${causeOf(error)}`, [], { cause: error });
  } finally {
    clearTimeout(timer);
  }
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new ClusterError(`${url} has the ${algorithm} ${actual}, but ${expected} is pinned; it is not used`);
  }
}

/** Fetch hides what happened ("fetch failed") in the cause. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  return inner instanceof Error ? messageOf(inner) : messageOf(error);
}

async function unpack(wanted: Wanted, file: string, directory: string): Promise<void> {
  const inside = wanted.release.directory;
  if (inside === undefined) {
    for (const program of wanted.programs) await rename(file, join(directory, program));
  } else {
    const root = releaseUrl(wanted, inside);
    const strip = root === '.' ? 1 : root.split('/').length;
    const members = wanted.programs.map((program) => `${root}/${program}`);
    await run('tar', ['-xzf', file, '-C', directory, `--strip-components=${strip}`, '--no-same-owner', ...members]);
  }
  for (const program of wanted.programs) await chmod(join(directory, program), 0o755);
}
