import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { API_SERVICE, MAX_NODES, nodeNetwork, type Network } from '../network.ts';
import { issue, type Identity, type Subject } from './certificate.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** One certificate file of a cluster. */
interface Wanted {
  readonly file: string;
  readonly subject: Subject;
  readonly names?: readonly string[];
  readonly authority?: string;
}

/** Addresses of the API server, as seen from the machine and from the nodes. */
export interface Endpoints {
  readonly local: string;
  readonly fromNodes: string;
}

/** Kubeconfig files written by {@link writePki}: `<name>.conf`. */
const KUBECONFIGS = { admin: 'local', kcm: 'local', sched: 'local', kwok: 'local', proxy: 'fromNodes' } as const;

/**
 * Makes authorities, certificates, the service account key and kubeconfig files in `directory`. Keeps what still holds;
 * a certificate with other names than wanted, or that ends within a month, is issued anew.
 */
export function writePki(directory: string, net: Network, endpoints: Endpoints, now: Date): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  const authorities = new Map(['ca', 'front-proxy-ca'].map((file) => [file, keepAuthority(directory, file, now)]));
  for (const wanted of certificates(net)) {
    const issuer = authorities.get(wanted.authority ?? 'ca');
    if (issuer !== undefined && !stillHolds(directory, wanted, issuer, now)) {
      const { file, subject, names = [] } = wanted;
      write(directory, file, issue({ subject, names, issuer, ...validity(now) }));
    }
  }
  writeServiceAccountKey(directory);
  for (const [name, side] of Object.entries(KUBECONFIGS)) writeKubeconfig(directory, name, endpoints[side]);
  for (const node of nodeNumbers()) writeKubeconfig(directory, `node${node}`, endpoints.fromNodes);
}

const nodeNumbers = (): number[] => Array.from({ length: MAX_NODES }, (_, index) => index + 1);

function certificates(net: Network): Wanted[] {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const user = (file: string, commonName: string, organization?: string, names: readonly string[] = []): Wanted => ({
    file,
    subject: organization === undefined ? { commonName } : { commonName, organization },
    names,
  });
  return [
    {
      file: 'apiserver',
      subject: { commonName: 'kube-apiserver' },
      names: [...service, 'localhost', '127.0.0.1', net.gateway, API_SERVICE],
    },
    user('apiserver-kubelet', 'kube-apiserver-kubelet-client'),
    { ...user('front-proxy', 'front-proxy'), authority: 'front-proxy-ca' },
    user('admin', 'admin', 'system:masters'),
    user('kcm', 'system:kube-controller-manager'),
    user('sched', 'system:kube-scheduler'),
    user('kwok', 'kwok', 'system:masters'),
    user('proxy', 'system:kube-proxy'),
    ...nodeNumbers().map((node) => {
      const names = [`node${node}`, nodeNetwork(net, node).address];
      return user(`node${node}`, `system:node:node${node}`, 'system:nodes', names);
    }),
  ];
}

function keepAuthority(directory: string, file: string, now: Date): Identity {
  const subject = { commonName: file };
  const certificate = join(directory, `${file}.crt`);
  const key = join(directory, `${file}.key`);
  if (existsSync(certificate) && existsSync(key)) {
    const certificatePem = readFileSync(certificate, 'utf8');
    const keyPem = readFileSync(key, 'utf8');
    const privateKey = createPrivateKey(keyPem);
    return { subject, key: privateKey, publicKey: createPublicKey(privateKey), certificatePem, keyPem };
  }
  const authority = issue({ subject, ...validity(now) });
  write(directory, file, authority);
  return authority;
}

function stillHolds(directory: string, wanted: Wanted, issuer: Identity, now: Date): boolean {
  const path = join(directory, `${wanted.file}.crt`);
  if (!existsSync(path) || !existsSync(join(directory, `${wanted.file}.key`))) return false;
  const certificate = new X509Certificate(readFileSync(path));
  const names = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return (
    certificate.verify(issuer.publicKey) &&
    certificate.validToDate.getTime() - now.getTime() > YEAR_MS / 12 &&
    (wanted.names ?? []).join() === names.join()
  );
}

/** From a day ago, for clocks that differ, for ten years. */
function validity(now: Date): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - YEAR_MS / 365), notAfter: new Date(now.getTime() + 10 * YEAR_MS) };
}

function write(directory: string, file: string, identity: Identity): void {
  writeFileSync(join(directory, `${file}.key`), identity.keyPem, { mode: 0o600 });
  writeFileSync(join(directory, `${file}.crt`), identity.certificatePem);
}

function writeServiceAccountKey(directory: string): void {
  if (existsSync(join(directory, 'sa.pub'))) return;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(directory, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(directory, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

function writeKubeconfig(directory: string, name: string, server: string): void {
  const data = (file: string): string => readFileSync(join(directory, file)).toString('base64');
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'homeostat', cluster: { server, 'certificate-authority-data': data('ca.crt') } }],
    users: [{ name, user: { 'client-certificate-data': data(`${name}.crt`), 'client-key-data': data(`${name}.key`) } }],
    contexts: [{ name: 'homeostat', context: { cluster: 'homeostat', user: name } }],
    'current-context': 'homeostat',
  });
  writeFileSync(join(directory, `${name}.conf`), text, { mode: 0o600 });
}
