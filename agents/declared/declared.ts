import { readFileSync } from 'node:fs';
import { DeclarationError, declaredOf, type DeclaredMetric } from '../../engine/declared.ts';
import { NodePods } from '../kubelet/node-pods.ts';
import type { HostPort, Options } from '../options.ts';
import { kubeletOf, type Around } from '../sources/registry.ts';
import type { Source } from '../sources/source.ts';
import { DeclaredSource } from './declared-source.ts';
import { Scraper } from './scraper.ts';

/** What tells declared metrics, put together; it begins and ends with its source. */
export interface Declared {
  readonly source: Source;
  readonly into: DeclaredSource;
  readonly pods: NodePods;
  readonly scraper: Scraper | undefined;
}

/** Reads the JSON file that declares metrics. Throws a DeclarationError, also when it cannot be read. */
export function readDeclared(file: string): readonly DeclaredMetric[] {
  try {
    return declaredOf(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof DeclarationError) throw error;
    throw new DeclarationError([error instanceof Error ? error.message : String(error)]);
  }
}

/** `metrics` must be known already (engine/metrics.ts). */
export function openDeclared(
  options: Options,
  kubeletAddress: HostPort,
  metrics: readonly DeclaredMetric[],
  { clock, onProblem }: Around,
): Declared {
  const client = kubeletOf(options, kubeletAddress);
  const pods = new NodePods({
    ask: (path, resource) => client.json(path, resource),
    clock,
    onProblem: (message) => onProblem('pods', message),
  });
  const into = new DeclaredSource(metrics, clock);
  pods.onAnswer((all) => into.keep(all));
  const { scrapeSeconds, scrapeMaxBytes: maxBytes, scrapeMaxSeries: maxSeries } = options;
  const scraper = options.scrape
    ? new Scraper({
        into,
        everyMs: scrapeSeconds * 1000,
        maxBytes,
        maxSeries,
        clock,
        onProblem: ({ namespace, name }, message) => onProblem(`pod ${namespace}/${name}`, message),
      })
    : undefined;
  if (scraper !== undefined) pods.onAnswer((all) => scraper.follow(all));
  const source: Source = {
    name: into.name,
    metrics: into.metrics,
    objects: () => into.objects(),
    read: (write) => into.read(write),
    start: () => pods.start(),
    stop() {
      pods.stop();
      scraper?.stop();
      client.close();
    },
  };
  return { source, into, pods, scraper };
}
