/**
 * Finding, reading and checking kubeconfigs. Parsing them and authenticating (certificates, tokens, token files, exec
 * plug-ins, OIDC) is `@kubernetes/client-node`'s work; the requests are ours. Importing it costs about 90 MB and 0.4 s
 * as a package, 40 MB and 0.1 s in our bundle; its `dist/config.js` alone imports as much, so we take the public entry.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';

export interface ConnectOptions {
  /** A file; default: KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Default: the kubeconfig's current context. */
  readonly context?: string | undefined;
}

/** A kubeconfig that cannot be used; the message says which file, what is wrong and what to do. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The configuration these options mean, complete enough to be used. Throws a `KubeConfigError`. */
export function loadKubeConfig({ kubeconfig, context }: ConnectOptions): KubeConfig {
  const files = kubeconfig === undefined ? defaultFiles() : [kubeconfig];
  const config = new KubeConfig();
  if (files.length === 0) {
    if (process.env['KUBERNETES_SERVICE_HOST'] === undefined || !existsSync(serviceAccountToken)) {
      throw new KubeConfigError(
        'no kubeconfig found: KUBECONFIG is not set, ~/.kube/config does not exist and this is not a pod with a ' +
          'service account; pass --kubeconfig FILE or set KUBECONFIG',
      );
    }
    config.loadFromCluster();
    return config;
  }
  config.loadFromOptions(merge(files.map(readConfig)));
  const where = files.join(delimiter);
  if (context !== undefined) config.setCurrentContext(context);
  check(config, where);
  return config;
}

/** The files KUBECONFIG names (as kubectl does, those that do not exist are skipped while one does), or the one at home. */
function defaultFiles(): string[] {
  const named = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const existing = named.filter((file) => existsSync(file));
  if (named.length > 0) return existing.length > 0 ? existing : named;
  const atHome = join(homedir(), '.kube', 'config');
  return existsSync(atHome) ? [atHome] : [];
}

function readConfig(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    accessSync(file, constants.R_OK);
    readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new KubeConfigError(
      `cannot read the kubeconfig ${file} (${why}); check --kubeconfig or KUBECONFIG and the file's permissions`,
      { cause },
    );
  }
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new KubeConfigError(`the kubeconfig ${file} is not valid: ${why}; compare it with \`kubectl config view\``, {
      cause,
    });
  }
  return config;
}

/** As kubectl merges: the first file that names something wins. */
function merge(configs: readonly KubeConfig[]) {
  const firstOf = <T extends { name: string }>(all: readonly T[]): T[] => [
    ...new Map(all.toReversed().map((entry) => [entry.name, entry])).values(),
  ];
  return {
    clusters: firstOf(configs.flatMap((config) => config.getClusters())),
    users: firstOf(configs.flatMap((config) => config.getUsers())),
    contexts: firstOf(configs.flatMap((config) => config.getContexts())),
    currentContext: configs.map((config) => config.getCurrentContext()).find(Boolean) ?? '',
  };
}

/** Names what is missing before the first request fails for an obscure reason. */
function check(config: KubeConfig, where: string): void {
  const fail = (what: string): never => {
    throw new KubeConfigError(`the kubeconfig ${where} ${what}`);
  };
  const contexts = config.getContexts().map(({ name }) => name);
  const current = config.getCurrentContext();
  if (!current) fail(`has no current-context; pass --context (it has: ${contexts.join(', ') || 'none'})`);
  const context = config.getContextObject(current);
  if (context === null) return fail(`has no context "${current}" (it has: ${contexts.join(', ') || 'none'})`);
  const cluster = config.getCluster(context.cluster);
  if (cluster === null) return fail(`has no cluster "${context.cluster}", which its context "${current}" names`);
  const user = config.getUser(context.user);
  if (user === null) return fail(`has no user "${context.user}", which its context "${current}" names`);
  if (!URL.canParse(cluster.server))
    fail(`has an invalid server "${cluster.server}" for its cluster "${cluster.name}"`);
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    fail(`has the plain http server ${cluster.server}; use https, or set insecure-skip-tls-verify: true to allow it`);
  }
  const credentials = [
    ['certificate-authority', cluster.caFile],
    ['client-certificate', user.certFile],
    ['client-key', user.keyFile],
  ];
  for (const [field, file] of credentials) {
    if (file !== undefined && !existsSync(file)) fail(`names ${file} as its ${field}, which does not exist`);
  }
}
