import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import type { Environment } from '../paths.ts';
import { fits } from '../versions.ts';

/** Programs that KUBEBUILDER_ASSETS, a directory known from controller tests, holds. */
const ASSETS = new Set(['etcd', 'kube-apiserver', 'kubectl']);
/** How programs are asked for their version, where `--version` is not it. */
const VERSION_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  kubectl: ['version', '--client'],
  'containerd-shim-runc-v2': ['-v'],
};

/** The outcome of a look at the machine: a file to use, or a sentence about why another was not used. */
export interface Found {
  readonly file?: string;
  readonly skipped?: string;
}

/** Asks a program for its version; undefined when it does not say one. */
export type AskVersion = (file: string, program: string) => string | undefined;

/**
 * Looks for a program in KUBEBUILDER_ASSETS, then on PATH. What lies below one of `own` is ours already and is not the
 * machine's; a program of another version is skipped with a sentence that says so.
 */
export function findOnMachine(
  program: string,
  accepts: string,
  env: Environment,
  own: readonly string[],
  ask: AskVersion = askVersion,
): Found {
  const assets = env['KUBEBUILDER_ASSETS'];
  const first = assets !== undefined && ASSETS.has(program) ? [assets] : [];
  const directories = [...first, ...(env['PATH'] ?? '').split(delimiter)].filter((directory) =>
    directory.startsWith('/'),
  );
  let skipped: string | undefined;
  for (const directory of directories) {
    const file = join(directory, program);
    if (!existsSync(file) || own.some((root) => realpathSync(file).startsWith(root + sep))) continue;
    const version = ask(file, program);
    if (version !== undefined && fits(version, accepts)) return { file };
    skipped ??= `${file} is ${version ?? 'of an unknown version'}, not ${accepts}: not used`;
  }
  return skipped === undefined ? {} : { skipped };
}

function askVersion(file: string, program: string): string | undefined {
  const args = VERSION_ARGUMENTS[program] ?? ['--version'];
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 5000 });
  return parseVersion(`${stdout}\n${stderr}`);
}

/** The first thing in a text that looks like a version, without the `v`. */
export const parseVersion = (text: string): string | undefined => /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1];
