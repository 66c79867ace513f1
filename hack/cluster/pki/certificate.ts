import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bits, boolean, explicit, implicit, octets, oid, sequence, set, time, unsigned, utf8 } from './der.ts';

/** Who a certificate speaks for: a Kubernetes user is a common name, its groups are organizations. */
export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

/** A certificate with its private key, both as objects and as PEM text. */
export interface Identity {
  readonly subject: Subject;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What differs from one certificate to the next. */
export interface Request {
  readonly subject: Subject;
  /** DNS names and IPv4 addresses it is valid for as a server. */
  readonly names?: readonly string[];
  /** The certificate authority that signs; none makes a self-signed authority. */
  readonly issuer?: Identity;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Issues an X.509 version 3 certificate (RFC 5280) over a fresh P-256 key. Leaves serve as server and as client. */
export function issue(request: Request): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = request.issuer ?? { subject: request.subject, key: privateKey, publicKey };
  const body = sequence(
    explicit(0, unsigned(Buffer.of(2))), // version 3
    unsigned(randomBytes(16)),
    ECDSA_WITH_SHA256,
    name(issuer.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(request, publicKey, issuer.publicKey))),
  );
  const der = sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, issuer.key)));
  return {
    subject: request.subject,
    key: privateKey,
    publicKey,
    certificatePem: pem('CERTIFICATE', der),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function name(subject: Subject): Buffer {
  const part = (type: string, value: string): Buffer => set(sequence(oid(type), utf8(value)));
  const { organization, commonName } = subject;
  return sequence(...(organization === undefined ? [] : [part('2.5.4.10', organization)]), part('2.5.4.3', commonName));
}

function extensions(request: Request, key: KeyObject, issuerKey: KeyObject): Buffer[] {
  const authority = request.issuer === undefined;
  const common = [
    extension('2.5.29.14', octets(keyId(key))),
    extension('2.5.29.35', sequence(implicit(0, keyId(issuerKey)))),
  ];
  if (authority) {
    return [...common, extension('2.5.29.19', sequence(boolean(true)), true), keyUsage(0b1000_0110, 1)];
  }
  const usage = sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2')); // serverAuth, clientAuth
  const names = (request.names ?? []).map((name) =>
    isIPv4(name) ? implicit(7, Buffer.from(name.split('.').map(Number))) : implicit(2, Buffer.from(name, 'ascii')),
  );
  const alternative = names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names))];
  return [...common, keyUsage(0b1000_0000, 7), extension('2.5.29.37', usage), ...alternative];
}

/** Bits from the left: digitalSignature is the first, keyCertSign the sixth, cRLSign the seventh. */
const keyUsage = (flags: number, unused: number): Buffer =>
  extension('2.5.29.15', bits(Buffer.of(flags), unused), true);

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(value));
}

/** RFC 5280, 4.2.1.2, method 1, over the whole key information (the choice of hash input is free). */
const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
