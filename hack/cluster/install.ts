import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './binaries/resolve.ts';
import { VERSIONS } from './versions.ts';

/** A cluster's own directory of programs: links to exactly the files it uses. Meant for a person's PATH, too. */
export const binDirectory = (directory: string): string => join(directory, 'bin');

/** The CNI plugins of its nodes, apart from the others as containerd wants them. */
export const cniDirectory = (directory: string): string => join(directory, 'cni');

/** Makes the links anew. */
export function installPrograms(directory: string, files: Files): void {
  const plugins = VERSIONS.components['cni']?.programs ?? [];
  for (const target of [binDirectory(directory), cniDirectory(directory)]) {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
  }
  for (const [program, file] of Object.entries(files)) {
    const target = plugins.includes(program) ? cniDirectory(directory) : binDirectory(directory);
    symlinkSync(file, join(target, program));
  }
}
