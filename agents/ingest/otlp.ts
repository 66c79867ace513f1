/**
 * Metrics by the OpenTelemetry protocol, as protocol buffers and as JSON (opentelemetry-proto, collector/metrics/v1). Only
 * metrics whose name is wanted are read further.
 */
import { doubleOf, fieldsOf, fixed64Of, int64Of, sfixed64Of, textOf, type Field } from './protobuf.ts';

/** By name; values that are no text, number or truth are left out. */
export type Attributes = ReadonlyMap<string, string>;

export interface OtlpPoint {
  readonly name: string;
  readonly resource: Attributes;
  readonly attributes: Attributes;
  /** NaN when the point says that there is no value. */
  readonly value: number;
  /** `Other` is what has no single value: histograms and summaries. */
  readonly kind: 'Gauge' | 'Sum' | 'Other';
  /** Of sums. */
  readonly isMonotonic: boolean;
  readonly temporality: 'Unspecified' | 'Delta' | 'Cumulative';
  /** Milliseconds since the epoch; 0 when not said. */
  readonly startMs: number;
  readonly atMs: number;
}

export interface OtlpReading {
  readonly wants: (name: string) => boolean;
  readonly onPoint: (point: OtlpPoint) => void;
}

/** Content that is no ExportMetricsServiceRequest. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
}

const temporalities = ['Unspecified', 'Delta', 'Cumulative'] as const;
const temporalityOf = (code: unknown): OtlpPoint['temporality'] => temporalities[Number(code)] ?? 'Unspecified';
const noRecordedValue = 1;

type Series = Pick<OtlpPoint, 'name' | 'resource' | 'kind' | 'isMonotonic' | 'temporality'>;

/** Reads protocol buffers. Throws a ProtobufError. */
export function readOtlp(request: Buffer, reading: OtlpReading): void {
  for (const { bytes } of numbered(request, 1)) {
    const resource = new Map(
      numbered(bytes, 1)
        .flatMap((field) => numbered(field.bytes, 1))
        .map((pair) => attributeOf(pair.bytes))
        .filter((pair) => pair !== undefined),
    );
    for (const scope of numbered(bytes, 2))
      for (const metric of numbered(scope.bytes, 2)) readMetric(metric.bytes, resource, reading);
  }
}

const numbered = (message: Buffer, number: number): Field[] =>
  fieldsOf(message).filter((field) => field.number === number);

function readMetric(message: Buffer, resource: Attributes, { wants, onPoint }: OtlpReading): void {
  const fields = fieldsOf(message);
  const name = fields.findLast(({ number }) => number === 1);
  if (name === undefined || !wants(textOf(name))) return;
  for (const { number, bytes } of fields) {
    if (![5, 7, 9, 10, 11].includes(number)) continue;
    const data = fieldsOf(bytes);
    const series: Series = {
      name: textOf(name),
      resource,
      kind: number === 5 ? 'Gauge' : number === 7 ? 'Sum' : 'Other',
      temporality: temporalityOf(data.findLast((field) => field.number === 2)?.varint ?? 0),
      isMonotonic: data.findLast((field) => field.number === 3)?.varint === 1n,
    };
    for (const point of data) if (point.number === 1) onPoint(pointOf(point.bytes, series));
  }
}

function pointOf(message: Buffer, series: Series): OtlpPoint {
  const attributes = new Map<string, string>();
  let [value, startMs, atMs] = [NaN, 0, 0];
  if (series.kind === 'Other') return { ...series, attributes, value, startMs, atMs };
  for (const field of fieldsOf(message)) {
    if (field.number === 2) startMs = millisecondsOf(fixed64Of(field));
    else if (field.number === 3) atMs = millisecondsOf(fixed64Of(field));
    else if (field.number === 4) value = doubleOf(field);
    else if (field.number === 6) value = sfixed64Of(field);
    else if (field.number === 7) {
      const pair = attributeOf(field.bytes);
      if (pair !== undefined) attributes.set(...pair);
    } else if (field.number === 8 && (Number(field.varint) & noRecordedValue) !== 0) value = NaN;
  }
  return { ...series, attributes, value, startMs, atMs };
}

function attributeOf(message: Buffer): [string, string] | undefined {
  const fields = fieldsOf(message);
  const [key, value] = [1, 2].map((number) => fields.findLast((field) => field.number === number));
  const [any] = value === undefined ? [] : fieldsOf(value.bytes);
  if (key === undefined || any === undefined) return undefined;
  const text =
    any.number === 1
      ? textOf(any)
      : any.number === 2
        ? String(any.varint !== 0n)
        : any.number === 3
          ? String(int64Of(any))
          : any.number === 4
            ? String(doubleOf(any))
            : undefined;
  return text === undefined ? undefined : [textOf(key), text];
}

const millisecondsOf = (nanoseconds: bigint): number => Number(nanoseconds / 1000n) / 1000;

/** Reads JSON that has been parsed. Throws an OtlpError when it is no such request at all; points that are wrong have no value. */
export function readOtlpJson(request: unknown, { wants, onPoint }: OtlpReading): void {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw new OtlpError('it must be {"resourceMetrics": [...]}');
  for (const each of list(object(request)['resourceMetrics'])) {
    const { resource, scopeMetrics } = object(each);
    const attributes = attributesOf(object(resource)['attributes']);
    for (const metric of list(scopeMetrics).flatMap((scope) => list(object(scope)['metrics']))) {
      const { name, gauge, sum, histogram, exponentialHistogram, summary } = object(metric);
      if (typeof name !== 'string' || !wants(name)) continue;
      const data = object(gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary);
      const series: Series = {
        name,
        resource: attributes,
        kind: gauge === undefined ? (sum === undefined ? 'Other' : 'Sum') : 'Gauge',
        temporality: temporalityOf(data['aggregationTemporality']),
        isMonotonic: data['isMonotonic'] === true,
      };
      for (const point of list(data['dataPoints'])) {
        const { asDouble, asInt, startTimeUnixNano, timeUnixNano, flags, attributes: own } = object(point);
        const hasValue = (Number(flags ?? 0) & noRecordedValue) === 0 && series.kind !== 'Other';
        onPoint({
          ...series,
          attributes: attributesOf(own),
          value: hasValue ? numberOf(asDouble ?? asInt) : NaN,
          startMs: numberOf(startTimeUnixNano ?? 0) / 1e6,
          atMs: numberOf(timeUnixNano ?? 0) / 1e6,
        });
      }
    }
  }
}

const attributesOf = (pairs: unknown): Attributes =>
  new Map(
    list(pairs).flatMap((pair): [string, string][] => {
      const { key, value } = object(pair);
      const { stringValue, boolValue, intValue, doubleValue } = object(value);
      const text = stringValue ?? boolValue ?? intValue ?? doubleValue;
      const isPlain = ['string', 'number', 'boolean'].includes(typeof text);
      return typeof key === 'string' && isPlain ? [[key, String(text)]] : [];
    }),
  );

/** 64-bit integers are texts in JSON, as are numbers that JSON has not. */
const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
