import type { Post } from './notifier.ts';

/** What became of a message. */
export type Delivery =
  | { readonly is: 'Accepted'; readonly answer: string }
  /** Worth trying again, `afterMs` later at the earliest when the receiver said so. */
  | {
      readonly is: 'Later';
      readonly answer: string;
      readonly afterMs?: number | undefined;
      /** Set when nothing was sent: there was no connection. */
      readonly unsent?: true;
    }
  /** Trying again would get the same answer. */
  | { readonly is: 'Refused'; readonly answer: string };

/** How long a receiver may take to answer. */
export const answerMs = 10_000;
/** So much of an answer is kept, for people. */
const longestAnswer = 300;
/** A receiver that asks to be left alone for longer is asked again then anyway. */
const longestPauseMs = 3_600_000;

/**
 * Posts a message and answers what became of it; never rejects. A redirection is a refusal: where a message goes is for the
 * administrator to say. The URL may be a secret, so only its host stands in an answer.
 */
export async function post(message: Post, timeoutMs = answerMs, fetched: typeof fetch = fetch): Promise<Delivery> {
  const { url, headers, body } = message;
  const host = URL.parse(url)?.host ?? 'the receiver';
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetched(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const said = (await beginning(response)).replaceAll(/\s+/g, ' ').trim();
    const answer = `${host} answered ${response.status}${said === '' ? '' : `: ${said}`}`;
    if (response.ok) return { is: 'Accepted', answer };
    if (!isTemporary(response.status)) return { is: 'Refused', answer };
    return { is: 'Later', answer, afterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) };
  } catch (error) {
    const unsent = isUnconnected(error) ? ({ unsent: true } as const) : {};
    return { is: 'Later', answer: `${host} did not answer: ${reasonOf(error)}`, ...unsent };
  }
}

const isTemporary = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;

/** Seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), longestPauseMs) : undefined;
}

/** The beginning of a body; the rest is not waited for. */
async function beginning(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length >= longestAnswer) break;
  }
  return text.slice(0, longestAnswer);
}

/**
 * Whether no connection was made: the name is not known, nobody listens, it took too long to get there, or no TLS could be
 * agreed on. A request is sent only over a connection that is secure.
 */
function isUnconnected(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  // Of a host with several addresses there is a failure for each.
  const all: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return all.every((each) => {
    if (!(each instanceof Error)) return false;
    const { syscall, code } = each as NodeJS.ErrnoException;
    return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' || isInsecure(each);
  });
}

/** What only a handshake ends with; other TLS failures may come later, such as that a certificate of ours is missing. */
const isInsecure = (error: Error): boolean => {
  const { code = '' } = error as NodeJS.ErrnoException;
  return certificateFaults.has(code) || handshakeFaults.has(code) || error.message.includes(brokenHandshake);
};

/** As Node.js says it of a connection that ends in the handshake; the code is that of any connection that is closed. */
const brokenHandshake = 'before secure TLS connection was established';

const handshakeFaults = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
]);

/** What the certificate of the other side is refused for: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const certificateFaults = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const unknownAuthority = 'its certificate is of an authority that is not trusted here';

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it closed the connection',
  ENOTFOUND: 'no host has that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it took too long';
  const { cause } = error;
  if (!(cause instanceof Error && 'code' in cause)) return error.message;
  const code = String(cause.code);
  const meaning = meanings[code];
  return meaning === undefined ? code : `${meaning} (${code})`;
}
