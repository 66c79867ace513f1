import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { debianRelease, unpackDebian } from '../binaries/debian.ts';
import { ClusterError } from '../failure.ts';
import { withLock } from '../lock.ts';
import { cacheDirectory, type Environment } from '../paths.ts';
import { run } from '../process/command.ts';
import type { Progress } from '../progress.ts';
import { VERSIONS } from '../versions.ts';
import { imageFile, makeLayer, writeImage, type Layer } from './archive.ts';

/** Where the images every node gets are kept, and the layer that images of our own programs are put on. */
export interface BaseImages {
  readonly archives: string;
  readonly node: Layer;
}

/** What stands in /etc of every image. */
const ETC = {
  passwd: 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
  'nsswitch.conf': 'hosts: files dns\n',
};
const EMPTY = ['tmp', 'proc', 'sys', 'dev', 'root', 'var', 'etc', 'app', 'usr/local/bin'];

/**
 * Makes `localhost/pause:1`, `localhost/busybox:1` (also `busybox:latest`) and `localhost/node:24` on the spot, from this
 * very Node.js and Debian's C libraries and busybox; no registry is asked. Made once for each Node and Debian release.
 */
export async function ensureBaseImages(env: Environment, progress: Progress): Promise<BaseImages> {
  const directory = join(cacheDirectory(env), 'images', imagesKey());
  if (!existsSync(join(directory, 'node-layer.sha256'))) {
    const onWait = (holder: number): void => progress.note(`process ${holder} is making images; waiting for it`);
    await withLock(
      `${directory}.lock`,
      async () => {
        if (!existsSync(join(directory, 'node-layer.sha256'))) await progress.step('images', () => make(directory));
      },
      onWait,
      300_000,
    );
  }
  const digest = readFileSync(join(directory, 'node-layer.sha256'), 'utf8');
  return { archives: join(directory, 'archives'), node: { file: join(directory, 'node-layer.tar'), digest } };
}

function imagesKey(): string {
  const parts = [
    process.version,
    process.arch,
    debianRelease() ?? '',
    VERSIONS.image.debian.join(),
    JSON.stringify(ETC),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

async function make(directory: string): Promise<void> {
  const part = `${directory}.part`;
  rmSync(part, { recursive: true, force: true });
  const archives = join(part, 'archives');
  const rootfs = join(part, 'rootfs');
  try {
    await unpackDebian(VERSIONS.image.debian, rootfs);
    await trim(rootfs);
    const small = await makeLayer(rootfs, join(part, 'busybox-layer.tar'));
    const pause = ['/bin/tail', '-f', '/dev/null'];
    await writeImage(imageFile(archives, 'localhost/pause:1'), ['localhost/pause:1'], [small], { entrypoint: pause });
    const busybox = ['localhost/busybox:1', 'docker.io/library/busybox:latest'];
    await writeImage(imageFile(archives, 'localhost/busybox:1'), busybox, [small], { command: ['sh'] });
    copyFileSync(nodeBinary(), join(rootfs, 'usr/local/bin/node'));
    const node = await makeLayer(rootfs, join(part, 'node-layer.tar'));
    await writeImage(imageFile(archives, 'localhost/node:24'), ['localhost/node:24'], [node], {
      entrypoint: ['/usr/local/bin/node'],
    });
    writeFileSync(join(part, 'node-layer.sha256'), node.digest);
    rmSync(rootfs, { recursive: true });
    rmSync(small.file);
    renameSync(part, directory);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** The Node.js that runs this program: pinned in package.json, so images carry the version that is tested. */
function nodeBinary(): string {
  const [major] = process.versions.node.split('.');
  if (major !== '24') throw new ClusterError(`images need Node.js 24, this is ${process.version}; run it through npm`);
  return process.execPath;
}

/** Leaves of the packages what runs, and makes the directories and files a container expects. */
async function trim(rootfs: string): Promise<void> {
  for (const path of ['usr/share', 'etc']) rmSync(join(rootfs, path), { recursive: true, force: true });
  for (const path of EMPTY) mkdirSync(join(rootfs, path), { recursive: true });
  chmodSync(join(rootfs, 'tmp'), 0o1777);
  for (const [name, text] of Object.entries(ETC)) writeFileSync(join(rootfs, 'etc', name), text);
  const bin = existsSync(join(rootfs, 'usr/bin/busybox')) ? join(rootfs, 'usr/bin') : join(rootfs, 'bin');
  await run('find', [rootfs, '-name', 'gconv', '-prune', '-exec', 'rm', '-r', '{}', '+']);
  for (const name of ['bin', 'lib', 'lib64']) {
    if (!existsSync(join(rootfs, name)) && existsSync(join(rootfs, 'usr', name)))
      symlinkSync(`usr/${name}`, join(rootfs, name));
  }
  const applets = await run('chroot', [rootfs, '/bin/busybox', '--list']);
  for (const applet of applets.split('\n').filter((name) => name !== '' && name !== 'busybox')) {
    if (!existsSync(join(bin, applet))) symlinkSync('busybox', join(bin, applet));
  }
}
