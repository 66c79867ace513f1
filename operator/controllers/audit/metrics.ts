import { Counter, Gauge, type Registry } from 'prom-client';

export interface AuditMetrics {
  /** Links were appended to a chain. */
  readonly appended: (links: number) => void;
  /** So many things were found that are not as they were sealed, in the chain of this namespace. */
  readonly found: (namespace: string, problems: number) => void;
}

export function auditMetrics(registry: Registry): AuditMetrics {
  const registers = [registry];
  const links = new Counter({
    name: 'homeostat_audit_links_total',
    help: 'Links appended to the audit chains.',
    registers,
  });
  const problems = new Gauge({
    name: 'homeostat_audit_problems',
    help: 'What is not as it was sealed, over all audit chains, when each was verified last. Anything but 0: run homeostat audit verify.',
    registers,
  });
  const found = new Map<string, number>();
  problems.set(0);
  return {
    appended: (count) => links.inc(count),
    found: (namespace, count) => {
      found.set(namespace, count);
      problems.set([...found.values()].reduce((sum, each) => sum + each, 0));
    },
  };
}
