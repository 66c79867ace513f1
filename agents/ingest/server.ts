import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../wire/clock.ts';
import type { DeclaredSource, Refusal } from '../declared/declared-source.ts';
import type { NodePods } from '../kubelet/node-pods.ts';
import { otlpAnswer, refusalAnswer, Refused, writtenAnswer, type Answer } from './answer.ts';
import { bodyOf } from './body.ts';
import { OtlpError, readOtlp, readOtlpJson } from './otlp.ts';
import { ProtobufError } from './protobuf.ts';
import { OtlpReceiver } from './receive-otlp.ts';
import { takeWritten } from './receive-written.ts';
import { writeMessages } from './remote-write.ts';
import { Speaker } from './speaker.ts';

export interface IngestOptions {
  readonly port: number;
  readonly address: string;
  readonly into: DeclaredSource;
  readonly pods: NodePods;
  /** Whose pods may speak of others. */
  readonly trustedNamespaces: readonly string[];
  /** How long a value holds, unless there is a newer one. */
  readonly holdMs: number;
  readonly clock: Clock;
}

export interface IngestServer {
  readonly port: number;
  /** Requests by the class of their answer. */
  readonly answered: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Requests that are taken at once; each may take a body's memory. */
const mostAtOnce = 4;
const retryAfterSeconds = 5;

/** Why nothing is taken just now; undefined when it is. */
type Busy = () => string | undefined;

/**
 * Takes metrics that are pushed: OTLP/HTTP at /v1/metrics, and Prometheus remote write at /api/v1/write. Rejects when the
 * address cannot be listened on.
 */
export async function serveIngest(options: IngestOptions): Promise<IngestServer> {
  const { clock, into, pods, trustedNamespaces, holdMs } = options;
  const sinceMs = clock.now();
  const speaker = new Speaker(pods, trustedNamespaces);
  const answered = { '2xx': 0, '4xx': 0, '5xx': 0 };
  let underWay = 0;
  const busy: Busy = () =>
    underWay > mostAtOnce
      ? `${mostAtOnce} requests are under way already`
      : pods.isKnown
        ? undefined
        : 'the kubelet has not told yet which pods there are';

  const otlp = async (request: IncomingMessage): Promise<Answer> => {
    const isJson = formOf(request) === 'Json';
    const body = await bodyOf(request);
    const receiver = new OtlpReceiver(into, speaker.from(addressOf(request)), { sinceMs, holdMs });
    const reading = { wants: into.wants, onPoint: receiver.take };
    if (isJson) readOtlpJson(jsonOf(body), reading);
    else readOtlp(body, reading);
    return otlpAnswer(isJson, receiver.refused);
  };
  const written = async (request: IncomingMessage): Promise<Answer> => {
    const said = /;\s*proto=([\w.]+)/.exec(request.headers['content-type'] ?? '')?.[1] ?? writeMessages[0];
    const message = writeMessages.find((known) => known === said);
    if (message === undefined) throw new Refused(415, `${said} is not taken: ${writeMessages.join(' and ')} are`);
    const refused = new Map<Refusal, number>();
    const whose = speaker.from(addressOf(request));
    const all = takeWritten(message, await bodyOf(request), { into, whose, holdMs, sinceMs, refused });
    return writtenAnswer(all, refused);
  };
  const routes = new Map([
    ['/v1/metrics', otlp],
    ['/api/v1/write', written],
  ]);

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const route = routes.get(path);
    underWay++;
    try {
      if (route === undefined) throw new Refused(404, `there are ${[...routes.keys()].join(' and ')}`);
      if (request.method !== 'POST') throw new Refused(405, 'POST it');
      const why = busy();
      if (why !== undefined) throw new Refused(503, why, retryAfterSeconds);
      return await route(request);
    } catch (error) {
      const form = path === '/v1/metrics' ? formOf(request) : 'Text';
      if (error instanceof Refused) return refusalAnswer(form, error);
      const isTheirs = error instanceof ProtobufError || error instanceof OtlpError;
      return refusalAnswer(form, new Refused(isTheirs ? 400 : 500, String(error)));
    } finally {
      underWay--;
    }
  };
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    request.on('error', () => {}); // Whoever breaks off needs no answer.
    void answer(request).then(({ status, type, body, retryAfter, headers = {} }) => {
      answered[status < 300 ? '2xx' : status < 500 ? '4xx' : '5xx']++;
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (type !== undefined) response.setHeader('content-type', type);
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      // What is left of a body that was not read would be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      response.end(body);
    });
  });
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? '';

const formOf = ({ headers }: IncomingMessage): 'Json' | 'Protobuf' =>
  headers['content-type']?.startsWith('application/json') === true ? 'Json' : 'Protobuf';

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new OtlpError('it is no JSON');
  }
}
