import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ClusterError } from '../failure.ts';
import { run } from '../process/command.ts';
import { VERSIONS } from '../versions.ts';

/** The Go module that pins every program (`go.mod`, `go.sum`) and combines those of Kubernetes in one. */
const MODULE = join(import.meta.dirname, '..', 'go');

/** Where Go packages are built from. */
export interface GoModule {
  readonly directory: string;
  readonly tags: readonly string[];
  readonly linkerFlags: string;
}

const OF_CLUSTERS: GoModule = { directory: MODULE, tags: VERSIONS.go.tags, linkerFlags: linkerFlags() };

/** Changes with whatever a built program is made of, so that a cache entry of an older state is not used. */
export function buildKey(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'kube/main.go']) hash.update(readFileSync(join(MODULE, file)));
  return hash.update(VERSIONS.go.tags.join()).digest('hex').slice(0, 8);
}

/**
 * Compiles Go packages of a module, that of the clusters unless said otherwise, in one go (they share most of their parts)
 * and leaves the programs in `directory`, each named as Go names it: {@link builtName}. `detail` is told how far it is.
 */
export async function build(
  packages: readonly string[],
  directory: string,
  detail: (text: string) => void,
  { directory: cwd, tags, linkerFlags: ldflags }: GoModule = OF_CLUSTERS,
): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0' };
  await requireGo();
  const flags = ['-trimpath', '-buildvcs=false', '-tags', tags.join()];
  detail('downloading Go modules');
  const total = (await run('go', ['list', '-deps', ...flags, ...packages], { cwd, env })).split('\n').length - 1;
  let compiled = 0;
  await run('go', ['build', '-v', ...flags, '-ldflags', ldflags, '-o', `${directory}/`, ...packages], {
    cwd,
    env,
    onError: (text) => {
      const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('go: '));
      compiled += names.length;
      const latest = names.at(-1);
      if (latest !== undefined) detail(`${compiled} of up to ${total} packages compiled, the latest ${latest}`);
    },
  });
}

/** The file `go build` makes of a package: its last element, without a version suffix. */
export function builtName(goPackage: string): string {
  return basename(goPackage.replace(/\/v\d+$/, ''));
}

/** kubectl and others read these; constant values keep the build reproducible and its cache warm. */
function linkerFlags(): string {
  const version = VERSIONS.components['kubernetes']?.version ?? '';
  const [major = '', minor = ''] = version.split('.');
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: '0'.repeat(40),
    buildDate: '2026-01-01T00:00:00Z',
  };
  const settings = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  const containerd = VERSIONS.components['containerd']?.version ?? '';
  return ['-s -w', ...settings, `-X github.com/containerd/containerd/v2/version.Version=${containerd}`].join(' ');
}

async function requireGo(): Promise<void> {
  const wanted = /^go (\S+)/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1] ?? '';
  await run('go', ['version'], { cwd: MODULE }).catch((cause: unknown) => {
    const details = cause instanceof ClusterError ? cause.details : [];
    throw new ClusterError(
      `Go ${wanted} or newer is needed to build what could not be downloaded (https://go.dev/dl)`,
      details,
      { cause },
    );
  });
}
