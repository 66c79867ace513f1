import { Breaker } from '../../wire/breaker.ts';
import type { Clock } from '../../wire/clock.ts';
import { hashOf } from '../hash.ts';
import type { NodePod } from '../kubelet/pods.ts';
import { Exposition, type Sample } from '../prometheus/exposition.ts';
import type { DeclaredSource } from './declared-source.ts';
import { fetchMetrics, ScrapeError, scrapeFailures } from './fetch-metrics.ts';
import { targetOf } from './target.ts';

export interface ScraperOptions {
  readonly into: Pick<DeclaredSource, 'wants' | 'take'>;
  readonly everyMs: number;
  readonly maxBytes: number;
  /** Wanted series of one pod; with more, none is taken. */
  readonly maxSeries: number;
  readonly clock: Clock;
  /** Told when a pod begins to fail, of each other reason, and (undefined) when it can be read again. */
  readonly onProblem: (pod: NodePod, message: string | undefined) => void;
}

/** `left_in_peace`: not asked, since it has not answered for some time. */
export const scrapeResults = ['ok', 'left_in_peace', ...scrapeFailures] as const;

/** Of a pod: after so many intervals in which it did not answer, it is asked seldomer. */
const failures = 5;
const longestMs = 60_000;
const silent: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'status']);

interface Scraped {
  pod: NodePod;
  readonly breaker: Breaker;
  problem: string | undefined;
  hasBeenRead: boolean;
  cancel: () => void;
}

/**
 * Asks the pods that want it (`prometheus.io/scrape`) for their metrics, each at its own place in the interval. A scrape
 * counts as a whole or not at all.
 */
export class Scraper {
  readonly results: Record<(typeof scrapeResults)[number], number>;
  readonly #options: ScraperOptions;
  readonly #timeoutMs: number;
  readonly #scraped = new Map<string, Scraped>();

  constructor(options: ScraperOptions) {
    this.#options = options;
    this.#timeoutMs = Math.min(5000, options.everyMs);
    this.results = Object.fromEntries(scrapeResults.map((result) => [result, 0])) as Scraper['results'];
  }

  /** These are the pods now. */
  follow(pods: readonly NodePod[]): void {
    const wanting = new Map(pods.filter((pod) => targetOf(pod) !== undefined).map((pod) => [pod.uid, pod]));
    for (const [uid, scraped] of this.#scraped) {
      const pod = wanting.get(uid);
      if (pod !== undefined) scraped.pod = pod;
      else {
        scraped.cancel();
        this.#scraped.delete(uid);
      }
    }
    for (const [uid, pod] of wanting) {
      if (this.#scraped.has(uid)) continue;
      const breaker = new Breaker({ failures, firstMs: 2 * this.#options.everyMs, longestMs });
      const scraped = { pod, breaker, problem: undefined, hasBeenRead: false, cancel: () => {} };
      this.#scraped.set(uid, scraped);
      this.#arm(scraped, hashOf(uid) % this.#options.everyMs);
    }
  }

  /** Before the pods. */
  *breakers(): Generator<Breaker> {
    for (const { breaker } of this.#scraped.values()) yield breaker;
  }

  stop(): void {
    this.follow([]);
  }

  #arm(scraped: Scraped, inMs: number): void {
    const { clock, everyMs } = this.#options;
    scraped.cancel = clock.after(inMs, () => {
      this.#arm(scraped, everyMs);
      void this.#scrape(scraped);
    });
  }

  async #scrape(scraped: Scraped): Promise<void> {
    const { onProblem, clock } = this.#options;
    const { breaker } = scraped;
    if (breaker.admit(clock.monotonic()) > 0) {
      this.results.left_in_peace++;
      return;
    }
    const problem = await this.#read(scraped).then(
      () => undefined,
      (error: unknown) => (error instanceof ScrapeError ? error : new ScrapeError('unreachable', String(error))),
    );
    this.results[problem?.reason ?? 'ok']++;
    if (silent.has(problem?.reason ?? 'ok')) breaker.failed(clock.monotonic());
    else breaker.succeeded();
    if (problem === undefined) scraped.hasBeenRead = true;
    if (this.#scraped.get(scraped.pod.uid) === scraped && problem?.message !== scraped.problem)
      onProblem(scraped.pod, problem?.message);
    scraped.problem = problem?.message;
  }

  async #read(scraped: Scraped): Promise<void> {
    const { into, maxBytes, maxSeries, everyMs } = this.#options;
    const { pod, hasBeenRead } = scraped;
    const target = targetOf(pod);
    if (target === undefined) return;
    if (typeof target === 'string') throw new ScrapeError('bad_annotation', target);
    const samples: Sample[] = [];
    let text: Exposition | undefined;
    await fetchMetrics(
      target.url,
      { timeoutMs: this.#timeoutMs, maxBytes },
      {
        begin: (contentType) =>
          (text = new Exposition({
            openMetrics: contentType.startsWith('application/openmetrics-text'),
            wants: into.wants,
            onSample: (sample) => {
              samples.push(sample);
              if (samples.length > maxSeries)
                throw new ScrapeError('too_many_series', `it has more than ${maxSeries} series that are declared`);
            },
            onMalformed: () => {
              throw new ScrapeError('malformed', 'a line that is wanted cannot be read');
            },
          })),
        bytes: (chunk) => text?.push(chunk),
      },
    );
    if (text?.end() !== true) throw new ScrapeError('malformed', 'the text ends before its # EOF');
    if (this.#scraped.get(pod.uid) !== scraped) return;
    // What appears between two scrapes has begun between them.
    const as = { kind: 'Plain', isWhole: hasBeenRead } as const;
    // It ceases to hold with the next scrape, or when that could have failed.
    const holdMs = everyMs + this.#timeoutMs;
    for (const { name, labels, series, value } of samples)
      into.take(pod, target.container, { name, labels, series, value, as, holdMs });
  }
}
