import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from '../process/command.ts';
import { ARCHITECTURE } from '../versions.ts';

/** One layer of an image: a tar file, and the checksum of it that names it. */
export interface Layer {
  readonly file: string;
  readonly digest: string;
}

/** What a container of the image runs. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
}

/** Packs a directory into a layer; the same content makes the same bytes. */
export async function makeLayer(rootfs: string, file: string): Promise<Layer> {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  mkdirSync(dirname(file), { recursive: true });
  await run('tar', [...same, '-C', rootfs, '-cf', `${file}.part`, '.']);
  renameSync(`${file}.part`, file);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { file, digest: hash.digest('hex') };
}

/**
 * Writes an archive as `docker save` makes it, which `ctr images import` reads: `names` are the image's references. One that
 * holds the same already is left as it is, so that no node imports it again.
 */
export async function writeImage(
  file: string,
  names: readonly string[],
  layers: readonly Layer[],
  config: ImageConfig,
): Promise<void> {
  const described = JSON.stringify(imageConfig(layers, config));
  const [note, content] = [`${file}.holds`, JSON.stringify([names, described])];
  if (existsSync(file) && existsSync(note) && readFileSync(note, 'utf8') === content) return;
  mkdirSync(dirname(file), { recursive: true });
  const work = mkdtempSync(join(dirname(file), '.image-'));
  try {
    writeFileSync(join(work, 'config.json'), described);
    const members = layers.map((layer) => `${layer.digest}.tar`);
    writeFileSync(
      join(work, 'manifest.json'),
      JSON.stringify([{ Config: 'config.json', RepoTags: names, Layers: members }]),
    );
    for (const layer of layers) symlinkSync(layer.file, join(work, `${layer.digest}.tar`));
    await run('tar', [
      '--dereference',
      '-C',
      work,
      '-cf',
      join(work, 'image'),
      'config.json',
      'manifest.json',
      ...members,
    ]);
    rmSync(note, { force: true });
    renameSync(join(work, 'image'), file);
    writeFileSync(note, content);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The file an image is kept in, below a directory of archives: `localhost/a:1` becomes `localhost_a_1.tar`. */
export const imageFile = (directory: string, name: string): string =>
  join(directory, `${basename(name.replaceAll(/[/:]/g, '_'))}.tar`);

/** The image configuration of the OCI image specification, as far as it is needed. */
function imageConfig(layers: readonly Layer[], config: ImageConfig): unknown {
  return {
    architecture: ARCHITECTURE,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: config.entrypoint ?? null,
      Cmd: config.command ?? null,
      User: config.user ?? '',
      WorkingDir: config.workingDirectory ?? '',
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.digest}`) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'homeostat' })),
  };
}
