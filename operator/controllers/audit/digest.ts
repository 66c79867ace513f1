import { createHash } from 'node:crypto';
import type { Digest } from '../../audit/canonical.ts';

/** SHA-256, as the audit room wants it. */
export const sha256: Digest = (text) => createHash('sha256').update(text).digest('hex');
