/**
 * Spans as OTLP says them in JSON: ids in hex, 64-bit numbers as decimal text, enumerations as numbers
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 */
import type { Attributes, Span, Value } from './span.ts';

/** SPAN_KIND_INTERNAL and STATUS_CODE_ERROR of opentelemetry/proto/trace/v1/trace.proto. */
const internal = 1;
const failed = 2;

/** The body of a POST to `/v1/traces`; `resource` says who sends it. */
export const otlpBody = (spans: readonly Span[], resource: Attributes, version: string): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'homeostat', version }, spans: spans.map(spanOf) }],
      },
    ],
  });

const spanOf = ({ startMs, endMs, attributes, events, error, ...ids }: Span): object => ({
  ...ids,
  kind: internal,
  startTimeUnixNano: nanoseconds(startMs),
  endTimeUnixNano: nanoseconds(endMs),
  attributes: attributesOf(attributes),
  events: events.map(({ name, atMs, attributes: more }) => ({
    name,
    timeUnixNano: nanoseconds(atMs),
    attributes: attributesOf(more),
  })),
  status: error === undefined ? {} : { code: failed, message: error },
});

/** Of whole milliseconds; as a number it would lose digits. */
const nanoseconds = (ms: number): string => `${Math.max(0, Math.round(ms))}000000`;

const attributesOf = (attributes: Attributes): object[] =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: valueOf(value) }]));

function valueOf(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
