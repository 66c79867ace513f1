import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A set of programs that come together. */
export interface Component {
  /** The pinned version; none for what comes from the machine's own distribution. */
  readonly version?: string;
  /** A program found on the machine is used when its version begins with this, up to a dot; without it none is. */
  readonly accepts?: string;
  /** Needed only where there are real nodes. */
  readonly nodesOnly?: boolean;
  /** Not for clusters: got only when asked for by name. */
  readonly optional?: boolean;
  readonly programs: readonly string[];
  /** Go package of each program, within the module `go/`. */
  readonly build?: Readonly<Record<string, string>>;
  readonly download?: Release;
  /** Debian packages that hold the programs and the libraries they need. */
  readonly debian?: readonly string[];
}

/** Where a project publishes its programs. `{version}` and `{arch}` stand in for what they say. */
export interface Release {
  readonly url: string;
  /** Directory inside the archive; without one the file is the program itself. */
  readonly directory?: string;
  /** `sha256:…` or `sha512:…` for each architecture. Nothing is downloaded without one. */
  readonly digests: Readonly<Record<string, string>>;
}

/** The content of versions.json. */
export interface Versions {
  readonly go: { readonly tags: readonly string[] };
  readonly components: Readonly<Record<string, Component>>;
  /** Debian packages whose files make the container images. */
  readonly image: { readonly debian: readonly string[] };
}

/** Everything that is pinned, in one file. */
export const VERSIONS = JSON.parse(readFileSync(join(import.meta.dirname, 'versions.json'), 'utf8')) as Versions;

/** The machine's architecture as Go and Kubernetes name it. */
export const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** Whether version `found` (`1.36.4`) is one that `accepts` (`1.36`) means. */
export const fits = (found: string, accepts: string): boolean => `${found}.`.startsWith(`${accepts}.`);
