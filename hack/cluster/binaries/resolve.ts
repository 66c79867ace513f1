import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterError, messageOf } from '../failure.ts';
import { withLock } from '../lock.ts';
import { cacheDirectory, clustersDirectory, type Environment } from '../paths.ts';
import type { Progress } from '../progress.ts';
import { ARCHITECTURE, VERSIONS, type Component } from '../versions.ts';
import { build } from './build.ts';
import { cacheEntries, fill, inCache, placeBuilt } from './cache.ts';
import { debianRelease, unpackDebian } from './debian.ts';
import { download } from './download.ts';
import { findOnMachine } from './environment.ts';

/** Program name to the file to run. */
export type Files = Readonly<Record<string, string>>;

/** How programs are got; a test gives its own. */
export interface Sources {
  readonly components: Readonly<Record<string, Component>>;
  readonly findOnMachine: typeof findOnMachine;
  readonly download: typeof download;
  readonly build: typeof build;
  readonly unpackDebian: typeof unpackDebian;
  readonly debianRelease: typeof debianRelease;
}

const REAL: Sources = { components: VERSIONS.components, findOnMachine, download, build, unpackDebian, debianRelease };
/** A build may take a quarter of an hour; others wait for it. */
const LOCK_TIMEOUT_MS = 30 * 60_000;

type Named = readonly [name: string, component: Component];

/**
 * Finds every program of the named components, in this order: the environment (KUBEBUILDER_ASSETS, PATH), our cache, the
 * official release, a build from pinned Go modules; what only a distribution offers, from the machine's own. What was not
 * used is said, and why.
 */
export async function resolvePrograms(
  names: readonly string[],
  env: Environment,
  progress: Progress,
  sources: Sources = REAL,
): Promise<Files> {
  const components = Object.entries(sources.components).filter(([name]) => names.includes(name));
  const files = new Map(components.flatMap(([, component]) => onMachine(component, env, progress, sources)));
  const missing = (): Named[] =>
    components.filter(([, { programs }]) => programs.some((program) => !files.has(program)));
  const lookIntoCache = (): void => {
    const cached = missing().flatMap(([name, component]) => inCache(name, component, env));
    for (const [program, file] of cached) if (!files.has(program)) files.set(program, file);
  };
  lookIntoCache();
  if (missing().length > 0) {
    const onWait = (holder: number): void => progress.note(`process ${holder} is getting programs; waiting for it`);
    const work = async (): Promise<void> => {
      lookIntoCache(); // another process may just have filled it
      await obtain(missing(), env, progress, sources);
      lookIntoCache();
    };
    await withLock(join(cacheDirectory(env), 'lock'), work, onWait, LOCK_TIMEOUT_MS);
  }
  const absent = missing().map(([name]) => name);
  if (absent.length > 0) throw new ClusterError(`could not get ${absent.join(', ')}`);
  return Object.fromEntries(files);
}

function onMachine(
  { accepts, programs }: Component,
  env: Environment,
  progress: Progress,
  sources: Sources,
): [string, string][] {
  if (accepts === undefined) return [];
  const own = [cacheDirectory(env), clustersDirectory(env)];
  return programs.flatMap((program): [string, string][] => {
    const { file, skipped } = sources.findOnMachine(program, accepts, env, own);
    if (skipped !== undefined) progress.note(skipped);
    return file === undefined ? [] : [[program, file]];
  });
}

async function obtain(
  components: readonly Named[],
  env: Environment,
  progress: Progress,
  sources: Sources,
): Promise<void> {
  const toBuild: Named[] = [];
  for (const named of components) {
    if (named[1].debian !== undefined) await fromDebian(named, env, progress, sources);
    else if (!(await fromRelease(named, env, progress, sources))) toBuild.push(named);
  }
  if (toBuild.length > 0) await fromSource(toBuild, env, progress, sources);
}

async function fromDebian(
  [name, component]: Named,
  env: Environment,
  progress: Progress,
  sources: Sources,
): Promise<void> {
  const { debian = [] } = component;
  if (sources.debianRelease() === undefined) {
    throw new ClusterError(`${name} is not on this machine, and without apt it cannot be fetched`);
  }
  const { packaged } = cacheEntries(name, component, env);
  await progress.step(`${name} (Debian packages)`, () =>
    fill(packaged, (directory) => sources.unpackDebian(debian, directory)),
  );
}

async function fromRelease(
  [name, component]: Named,
  env: Environment,
  progress: Progress,
  sources: Sources,
): Promise<boolean> {
  const { version, download: release, programs } = component;
  if (version === undefined || release === undefined) return false;
  const wanted = { release, version, architecture: ARCHITECTURE, programs };
  const { released } = cacheEntries(name, component, env);
  try {
    await progress.step(`${name} ${version} (download)`, () =>
      fill(released, (directory) => sources.download(wanted, directory)),
    );
    return true;
  } catch (error) {
    progress.note(`${name} ${version} is not downloaded: ${messageOf(error)}`);
    return false;
  }
}

async function fromSource(
  components: readonly Named[],
  env: Environment,
  progress: Progress,
  sources: Sources,
): Promise<void> {
  const packages = [...new Set(components.flatMap(([, { build = {} }]) => Object.values(build)))];
  const label = `build of ${components.map(([name]) => name).join(', ')}`;
  progress.note(`${label}: the first time this may take ten minutes on two cores`);
  const work = join(cacheDirectory(env), 'bin', '.build');
  rmSync(work, { recursive: true, force: true }); // of a build that was interrupted
  try {
    mkdirSync(work, { recursive: true });
    await progress.step(label, (detail) => sources.build(packages, work, detail));
    for (const [name, component] of components) {
      await fill(cacheEntries(name, component, env).built, async (directory) => placeBuilt(component, work, directory));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
