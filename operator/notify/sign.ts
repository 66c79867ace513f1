import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 in hexadecimal digits. */
export const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');

/** The header that carries the signature. */
export const signatureHeader = 'Homeostat-Signature';

/**
 * `t=1767225600,v1=<hex>`: the time in seconds, and the HMAC-SHA256 of that time, a dot and the body. Whoever knows the
 * secret can tell that we sent it, and by the time that nobody sends it again later.
 */
export const signatureOf = (
  secret: string,
  body: string,
  nowMs: number,
  digest: (secret: string, text: string) => string = hmac,
): string => {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${digest(secret, `${seconds}.${body}`)}`;
};

/** Whether a signature is right and not older (or newer) than `toleranceSeconds`: what a receiver does. */
export function isSigned(
  signature: string,
  facts: { secret: string; body: string; nowMs: number; toleranceSeconds?: number },
): boolean {
  const { secret, body, nowMs, toleranceSeconds = 300 } = facts;
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  if (seconds === undefined || digest === undefined) return false;
  if (Math.abs(nowMs / 1000 - Number(seconds)) > toleranceSeconds) return false;
  return timingSafeEqual(Buffer.from(digest, 'hex'), Buffer.from(hmac(secret, `${seconds}.${body}`), 'hex'));
}
