import { Counter, Gauge, type Registry } from 'prom-client';
import type { Breaker } from './breaker.ts';

type Shown = Pick<Breaker, 'state' | 'opened'>;
type Dependencies = Map<string, { readonly breakers: () => Iterable<Shown>; readonly nowMs: () => number }>;

/** All dependencies of a registry share their metrics. */
const known = new WeakMap<Registry, Dependencies>();

/**
 * Shows the breakers before a dependency, of which there may be several (one for each receiver), as
 * `<prefix>_breakers_open{dependency}` and `<prefix>_breaker_opened_total{dependency}`. `nowMs` is the clock that they are
 * asked by.
 */
export function showBreakers(
  registry: Registry,
  dependency: string,
  breakers: () => Iterable<Shown>,
  nowMs: () => number,
  prefix = 'homeostat',
): void {
  const dependencies = known.get(registry) ?? shown(registry, prefix);
  dependencies.set(dependency, { breakers, nowMs });
}

function shown(registry: Registry, prefix: string): Dependencies {
  const dependencies: Dependencies = new Map();
  known.set(registry, dependencies);
  const registers = [registry];
  const labelNames = ['dependency'] as const;
  void new Gauge({
    name: `${prefix}_breakers_open`,
    help: 'Breakers that let nobody through, or one at a time, since the other side does not answer.',
    labelNames,
    registers,
    collect() {
      for (const [dependency, { breakers, nowMs }] of dependencies) {
        const open = [...breakers()].filter((breaker) => breaker.state(nowMs()) !== 'Closed').length;
        this.set({ dependency }, open);
      }
    },
  });
  const counted = new Map<string, number>();
  void new Counter({
    name: `${prefix}_breaker_opened_total`,
    help: 'Times that a breaker was opened.',
    labelNames,
    registers,
    collect() {
      for (const [dependency, { breakers }] of dependencies) {
        let opened = 0;
        for (const breaker of breakers()) opened += breaker.opened;
        // Of breakers that are gone the count stays.
        const before = counted.get(dependency) ?? 0;
        this.inc({ dependency }, Math.max(0, opened - before));
        counted.set(dependency, opened);
      }
    },
  });
  return dependencies;
}
