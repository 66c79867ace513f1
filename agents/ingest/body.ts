import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refused } from './answer.ts';
import { SnappyError, unsnappy } from './snappy.ts';

/** Bytes of a request as they are sent, and as they are meant. */
export const mostBytes = { sent: 4 * 2 ** 20, unpacked: 16 * 2 ** 20 } as const;

/** The whole body of a request, unpacked as its Content-Encoding says. Rejects with a Refused. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = new Refused(413, `at most ${mostBytes.sent} bytes are taken, and ${mostBytes.unpacked} unpacked`);
  if (Number(request.headers['content-length'] ?? 0) > mostBytes.sent) throw tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes.sent) throw tooLarge;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return promisify(gunzip)(body, { maxOutputLength: mostBytes.unpacked }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : new Refused(400, `gzip: ${error.message}`);
      });
    case 'snappy':
      try {
        return unsnappy(body, mostBytes.unpacked);
      } catch (error) {
        throw error instanceof SnappyError ? new Refused(400, `snappy: ${error.message}`) : error;
      }
    default:
      throw new Refused(415, `Content-Encoding ${encoding} is not taken: gzip and snappy are`);
  }
}
