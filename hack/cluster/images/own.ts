import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { ClusterError } from '../failure.ts';
import { execInNode } from '../faults.ts';
import { ownImages } from '../nodes.ts';
import type { Environment } from '../paths.ts';
import { silent, type Progress } from '../progress.ts';
import { imageFile, makeLayer, writeImage, type ImageConfig } from './archive.ts';
import { ensureBaseImages } from './base.ts';

/** An image of our own, without a registry. */
export interface OwnImage {
  /** Its reference, such as `localhost/homeostat-agent:dev`; use `imagePullPolicy: Never` with it. */
  readonly name: string;
  readonly content: Bundle | RootFilesystem;
}

/** JavaScript files (bundles) that are put into /app on top of Node.js; the first one is what is run, as nobody. */
export interface Bundle {
  readonly bundle: readonly [string, ...string[]];
}

/** A directory that becomes the whole image. */
export interface RootFilesystem extends ImageConfig {
  readonly rootfs: string;
}

/** Makes an image and imports it on every real node. Later nodes get it too. An image of the same name is replaced. */
export async function addImage(
  cluster: Cluster,
  image: OwnImage,
  env: Environment = process.env,
  progress: Progress = silent,
): Promise<void> {
  const { directory, name } = cluster;
  if (directory === undefined)
    throw new ClusterError(`cluster ${name} was not made by "up"; push the image to its registry instead`);
  const images = ownImages(directory);
  mkdirSync(images, { recursive: true });
  const work = mkdtempSync(join(images, '.work-'));
  try {
    if ('bundle' in image.content) await bundleImage(images, work, image.name, image.content, env, progress);
    else
      await writeImage(
        imageFile(images, image.name),
        [image.name],
        [await makeLayer(image.content.rootfs, join(work, 'layer.tar'))],
        image.content,
      );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  await loadImages(cluster);
}

/** Imports the images that are new or changed on every real node. */
export async function loadImages(cluster: Cluster): Promise<void> {
  const script = join(import.meta.dirname, '..', 'node', 'load.sh');
  const real = cluster.nodes.filter((node) => node.real);
  await Promise.all(real.map((node) => execInNode(cluster, node.name, [script])));
}

async function bundleImage(
  images: string,
  work: string,
  name: string,
  { bundle }: Bundle,
  env: Environment,
  progress: Progress,
): Promise<void> {
  const app = join(work, 'rootfs', 'app');
  mkdirSync(app, { recursive: true });
  for (const file of bundle) copyFileSync(file, join(app, basename(file)));
  const layer = await makeLayer(join(work, 'rootfs'), join(work, 'layer.tar'));
  const { node } = await ensureBaseImages(env, progress);
  await writeImage(imageFile(images, name), [name], [node, layer], {
    entrypoint: ['/usr/local/bin/node', `/app/${basename(bundle[0])}`],
    user: '65534:65534',
    workingDirectory: '/app',
  });
}
