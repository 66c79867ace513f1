import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { Logger } from '../kube/logger.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { TraceExporter } from './exporter.ts';
import type { Span } from './span.ts';

const span = (spanId: string): Span => ({
  traceId: 'a'.repeat(32),
  spanId,
  name: 'incident',
  startMs: 0,
  endMs: 1,
  attributes: {},
  events: [],
});
const spans = (count: number): Span[] => Array.from({ length: count }, (_, i) => span(String(i)));

describe('the way of spans', () => {
  let clock: FakeClock;
  let registry: Registry;
  let said: string[];
  /** When each request came, in seconds, and which spans it had. */
  let asked: { atSeconds: number; ids: string[]; headers: unknown; url: unknown }[];
  let answer: (signal: AbortSignal | null | undefined) => Response | Promise<Response>;
  let exporter: TraceExporter;
  beforeEach(() => {
    clock = new FakeClock();
    registry = new Registry();
    [said, asked] = [[], []];
    answer = () => new Response('{}');
    const say = (message: string): void => void said.push(message);
    const logger: Logger = { debug: say, info: say, warn: say, error: say };
    exporter = new TraceExporter({
      target: { url: 'http://collector:4318/v1/traces', headers: { 'api-key': 'k' } },
      resource: {},
      version: 'dev',
      clock,
      logger,
      registry,
      fetched: async (url, init) => {
        const body = JSON.parse(init?.body as string) as {
          resourceSpans: [{ scopeSpans: [{ spans: { spanId: string }[] }] }];
        };
        const ids = body.resourceSpans[0].scopeSpans[0].spans.map(({ spanId }) => spanId);
        asked.push({ atSeconds: (clock.now() - Date.UTC(2026, 0, 1)) / 1000, ids, headers: init?.headers, url });
        return answer(init?.signal);
      },
    });
  });
  afterEach(() => exporter.stop());

  const counts = async (): Promise<Record<string, number>> => {
    const { values } = (await registry.getSingleMetric('homeostat_trace_spans_total')?.get()) ?? { values: [] };
    return Object.fromEntries(values.map(({ labels, value }) => [labels['result'], value]));
  };
  const times = (): number[] => asked.map(({ atSeconds }) => atSeconds);

  it('posts them as JSON, with the headers, and counts them', async () => {
    expect(exporter.offer([span('a'), span('b')])).to.equal(true);
    await clock.advance(0);
    expect(asked).to.deep.equal([
      {
        atSeconds: 0,
        ids: ['a', 'b'],
        headers: { 'Content-Type': 'application/json', 'api-key': 'k' },
        url: 'http://collector:4318/v1/traces',
      },
    ]);
    expect(await counts()).to.deep.equal({ Sent: 2, Refused: 0, Dropped: 0 });
    expect(said).to.deep.equal([]);
  });

  it('sends again what failed for now, after longer and longer, and says so once', async () => {
    answer = () => new Response('', { status: 503 });
    exporter.offer([span('a')]);
    await clock.advance(16_000);
    expect(times()).to.deep.equal([0, 1, 3, 7, 15]);
    answer = () => Promise.reject(new Error('gone'));
    await clock.advance(16_000);
    exporter.offer([span('b')]);
    answer = () => new Response('{}');
    await clock.advance(32_000);
    expect(times()).to.deep.equal([0, 1, 3, 7, 15, 31, 63]);
    expect(asked.at(-1)?.ids).to.deep.equal(['a', 'b']);
    expect(said).to.deep.equal(['traces are not sent', 'traces are sent again']);
    expect(await counts()).to.deep.equal({ Sent: 2, Refused: 0, Dropped: 0 });
  });

  it('waits as long as it is told to', async () => {
    answer = () => new Response('', { status: 429, headers: { 'Retry-After': '40' } });
    exporter.offer([span('a')]);
    await clock.advance(41_000);
    expect(times()).to.deep.equal([0, 40]);
  });

  for (const status of [400, 404, 500, 301])
    it(`sends nothing twice that was answered ${status}`, async () => {
      answer = () => new Response('', { status });
      exporter.offer([span('a')]);
      await clock.advance(600_000);
      expect(asked).to.have.length(1);
      expect(await counts()).to.deep.equal({ Sent: 0, Refused: 1, Dropped: 0 });
    });

  it('counts what is refused of what is taken', async () => {
    answer = () => Response.json({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } });
    exporter.offer(spans(5));
    await clock.advance(0);
    expect(await counts()).to.deep.equal({ Sent: 3, Refused: 2, Dropped: 0 });
  });

  it('drops what finds no room, and never waits', async () => {
    answer = (signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    expect(exporter.offer(spans(4000))).to.equal(true);
    expect(exporter.offer(spans(97))).to.equal(false);
    expect(exporter.offer(spans(96))).to.equal(true);
    await clock.advance(0);
    expect(asked.map(({ ids }) => ids.length)).to.deep.equal([256]);
    expect(await counts()).to.deep.equal({ Sent: 0, Refused: 0, Dropped: 97 });
  });
});
