import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Why metrics could not be read from where they are told. */
export const scrapeFailures = [
  'bad_annotation',
  'unreachable',
  'timeout',
  'status',
  'too_large',
  'malformed',
  'too_many_series',
] as const;

export class ScrapeError extends Error {
  override readonly name = 'ScrapeError';
  readonly reason: (typeof scrapeFailures)[number];
  constructor(reason: ScrapeError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface FetchLimits {
  /** From the request to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What is asked for; what is not text at all is found out by reading it. */
const accept = 'text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.8, */*;q=0.1';

/**
 * GETs `url` and hands on its bytes as they come, first what they are (Content-Type); what `bytes` throws ends it. No redirect is followed. Whose
 * certificate it is is not checked: nothing secret is sent, and pods have none for their addresses. Rejects with a ScrapeError.
 */
export function fetchMetrics(
  url: string,
  { timeoutMs, maxBytes }: FetchLimits,
  reading: { readonly begin: (contentType: string) => void; readonly bytes: (chunk: Buffer) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      if (error instanceof ScrapeError) reject(error);
      else if (error.name === 'AbortError' || error.name === 'TimeoutError')
        reject(new ScrapeError('timeout', `no whole answer within ${timeoutMs} ms`));
      else reject(new ScrapeError('unreachable', error.message));
    };
    const options = {
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept, 'user-agent': 'homeostat-agent' },
    };
    const take = (response: IncomingMessage): void => {
      let bytes = 0;
      response.once('error', failed);
      response.once('end', () => (response.complete ? resolve() : failed(new Error('the answer breaks off'))));
      if (response.statusCode !== 200) {
        response.destroy(new ScrapeError('status', `HTTP ${response.statusCode}`));
        return;
      }
      reading.begin(response.headers['content-type'] ?? '');
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        try {
          if (bytes > maxBytes) throw new ScrapeError('too_large', `the answer is longer than ${maxBytes} bytes`);
          reading.bytes(chunk);
        } catch (error) {
          response.destroy(error as Error);
        }
      });
    };
    const asked = url.startsWith('https:')
      ? requestHttps(url, { ...options, rejectUnauthorized: false }, take)
      : requestHttp(url, options, take);
    asked.once('error', failed);
    asked.end();
  });
}
