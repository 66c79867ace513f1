import type { Refusal } from '../declared/declared-source.ts';
import { messageOf } from './protobuf.ts';
import type { Written } from './remote-write.ts';

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string | number>>;
}

/** A request that is refused as a whole. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly retryAfter: number | undefined;
  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const reasons: Readonly<Record<Refusal, string>> = {
  no_container: 'the metric is declared of each container, and no container of the pod is named',
  not_allowed: 'pods of this namespace may not tell the metric',
  wrong_kind: 'the metric is declared as another kind, or is a histogram, or a difference of what may also fall',
  too_many_series: 'too many series make up one value',
  not_finite: 'the value is not finite',
  too_old: 'it was measured too long ago',
  foreign: 'there is no such pod on this node; push to the agent of its node, and name the pod',
  not_sender: 'the sender may only speak of itself; collectors belong in a trusted namespace',
};

/** Why some of what was sent was refused, in words; undefined when nothing was. */
export function refusalText(refused: ReadonlyMap<Refusal, number>): string | undefined {
  if (refused.size === 0) return undefined;
  return [...refused].map(([why, count]) => `${count} × ${why}: ${reasons[why]}`).join('; ');
}

/** An ExportMetricsServiceResponse, in the encoding of the request. */
export function otlpAnswer(isJson: boolean, refused: ReadonlyMap<Refusal, number>): Answer {
  const message = refusalText(refused);
  const count = [...refused.values()].reduce((sum, each) => sum + each, 0);
  if (isJson) {
    // 64-bit integers are texts in the JSON of protocol buffers.
    const partialSuccess = { rejectedDataPoints: String(count), errorMessage: message };
    return { status: 200, type: json, body: JSON.stringify(message === undefined ? {} : { partialSuccess }) };
  }
  const partial = message === undefined ? [] : [[1, messageOf([1, count], [2, message])] as [number, Buffer]];
  return { status: 200, type: protobuf, body: messageOf(...partial) };
}

/**
 * The answer to remote write, after what is good has been taken: 400 when something is refused, which is not sent again as
 * after 5xx. What is not declared counts as written, or a sender of 2.0 would take us for one who knows 1.0 only.
 */
export function writtenAnswer(all: Written, refused: ReadonlyMap<Refusal, number>): Answer {
  const text = refusalText(refused);
  const count = [...refused.values()].reduce((sum, each) => sum + each, 0);
  const headers = {
    'x-prometheus-remote-write-samples-written': all.samples - count,
    'x-prometheus-remote-write-histograms-written': all.histograms,
    'x-prometheus-remote-write-exemplars-written': all.exemplars,
  };
  if (text === undefined) return { status: 204, headers };
  return { status: 400, headers, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** A google.rpc.Status that says why a request was refused; in plain text for those who did not ask by OTLP. */
export function refusalAnswer(form: 'Json' | 'Protobuf' | 'Text', { status, message, retryAfter }: Refused): Answer {
  const answer = { status, ...(retryAfter !== undefined && { retryAfter }) };
  // 3 is INVALID_ARGUMENT, 14 is UNAVAILABLE.
  const code = status < 500 && status !== 429 ? 3 : 14;
  if (form === 'Json') return { ...answer, type: json, body: JSON.stringify({ code, message }) };
  if (form === 'Protobuf') return { ...answer, type: protobuf, body: messageOf([1, code], [2, message]) };
  return { ...answer, type: 'text/plain; charset=utf-8', body: `${message}\n` };
}

const json = 'application/json';
const protobuf = 'application/x-protobuf';
