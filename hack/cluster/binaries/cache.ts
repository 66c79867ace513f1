import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, type Environment } from '../paths.ts';
import type { Component } from '../versions.ts';
import { buildKey, builtName } from './build.ts';
import { debianRelease } from './debian.ts';

/** Where a component may lie in the cache: as released, as built from the present pins, as the distribution has it. */
export interface Entries {
  readonly released: string;
  readonly built: string;
  readonly packaged: string;
}

/** Names the cache directories of a component. */
export function cacheEntries(name: string, { version = '' }: Component, env: Environment): Entries {
  const entry = (key: string): string => join(cacheDirectory(env), 'bin', `${name}-${key}`);
  return {
    released: entry(version),
    built: entry(`${version}-${buildKey()}`),
    packaged: entry(debianRelease() ?? 'none'),
  };
}

/** The programs of a component that the cache has, with their files. */
export function inCache(name: string, component: Component, env: Environment): [program: string, file: string][] {
  const { released, built, packaged } = cacheEntries(name, component, env);
  const unpacked = ['usr/sbin', 'usr/bin', 'sbin'].map((below) => join(packaged, below));
  const directories = component.debian === undefined ? [released, built] : unpacked;
  return component.programs.flatMap((program): [string, string][] => {
    const file = directories.map((directory) => join(directory, program)).find((candidate) => existsSync(candidate));
    return file === undefined ? [] : [[program, file]];
  });
}

/** Fills a directory under another name and moves it into place when it is complete; it replaces an earlier one. */
export async function fill(directory: string, work: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${directory}.part`;
  rmSync(temporary, { recursive: true, force: true });
  try {
    mkdirSync(temporary, { recursive: true });
    await work(temporary);
    rmSync(directory, { recursive: true, force: true });
    renameSync(temporary, directory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Moves what was built in `from` to its component's directory; a file that is several programs gets a link for each. */
export function placeBuilt({ build = {} }: Component, from: string, directory: string): void {
  const packages = Object.values(build);
  for (const [program, goPackage] of Object.entries(build)) {
    const built = builtName(goPackage);
    const shared = packages.filter((other) => other === goPackage).length > 1;
    const file = join(directory, shared ? built : program);
    if (!existsSync(file)) renameSync(join(from, built), file);
    if (shared) symlinkSync(built, join(directory, program));
  }
}
