import type { OtlpTarget } from './exporter.ts';

/** What OpenTelemetry’s variables say: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
export interface OtlpSettings {
  /** Base URL of everything that is told, such as `http://collector:4318`. */
  readonly otlpEndpoint?: string | undefined;
  /** The whole URL for traces; wins. */
  readonly otlpTracesEndpoint?: string | undefined;
  /** Such as `api-key=secret,tenant=a`; values are percent-encoded. */
  readonly otlpHeaders?: string | undefined;
}

/** Where traces go; undefined: nowhere. What is empty counts as not set; headers that cannot be read are left out. */
export function otlpTarget({ otlpEndpoint, otlpTracesEndpoint, otlpHeaders }: OtlpSettings): OtlpTarget | undefined {
  const url = otlpTracesEndpoint || (otlpEndpoint && `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`);
  if (!url) return undefined;
  const headers = (otlpHeaders ?? '').split(',').flatMap((pair) => {
    const header = headerOf(pair);
    return header === undefined ? [] : [header];
  });
  return { url, headers: Object.fromEntries(headers) };
}

/** Its name, in lower case, and its value. */
function headerOf(pair: string): [name: string, value: string] | undefined {
  const [name = '', ...rest] = pair.split('=');
  if (rest.length === 0) return undefined;
  try {
    return [...new Headers([[name.trim(), decodeURIComponent(rest.join('=').trim())]])][0];
  } catch {
    return undefined;
  }
}
