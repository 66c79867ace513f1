import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterError, messageOf } from '../failure.ts';
import { run } from '../process/command.ts';

/**
 * Downloads Debian packages of the machine's own release with apt and unpacks them into `root`; nothing is installed.
 * Throws when the machine has no apt or its mirror does not answer.
 */
export async function unpackDebian(packages: readonly string[], root: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'homeostat-deb-'));
  try {
    await fetchPackages(packages, work);
    mkdirSync(root, { recursive: true });
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(work, file), root]);
    }
  } catch (cause) {
    const details = cause instanceof ClusterError ? cause.details : [];
    throw new ClusterError(`Debian packages ${packages.join(' ')} could not be had: ${messageOf(cause)}`, details, {
      cause,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The name of the machine's release, such as `bookworm`; undefined where there is no Debian or derivative. */
export function debianRelease(): string | undefined {
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/etc/os-release')) return undefined;
  return /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
}

/** Where packages unpacked in `root` keep their shared libraries. */
export function libraryDirectories(root: string): string[] {
  return ['usr/lib', 'lib']
    .map((directory) => join(root, directory))
    .flatMap((directory) => (existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []))
    .filter((directory) => directory.endsWith('-linux-gnu'));
}

/** First with the package lists the machine has, which may be old or missing; then with fresh ones of our own. */
async function fetchPackages(packages: readonly string[], work: string): Promise<void> {
  const download = ['-qq', '-o', 'APT::Sandbox::User=', 'download', ...packages];
  try {
    await run('apt-get', download, { cwd: work });
  } catch {
    const lists = join(work, 'lists');
    mkdirSync(join(lists, 'partial'), { recursive: true });
    mkdirSync(join(work, 'cache/archives/partial'), { recursive: true });
    writeFileSync(
      join(work, 'apt.conf'),
      `Dir::State::lists "${lists}";\nDir::Cache "${work}/cache";\nAPT::Sandbox::User "";\n`,
    );
    const env = { ...process.env, APT_CONFIG: join(work, 'apt.conf') };
    await run('apt-get', ['-qq', 'update'], { cwd: work, env });
    await run('apt-get', download, { cwd: work, env });
  }
}
