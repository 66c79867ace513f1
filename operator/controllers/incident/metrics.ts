import { Counter, type Registry } from 'prom-client';
import { stageObserver } from '../../ingest/stages.ts';

const severities = ['Info', 'Warning', 'Critical'] as const;

export interface IncidentMetrics {
  readonly opened: (severity: (typeof severities)[number]) => void;
  readonly resolved: (reason: string) => void;
  /** First sample of the episode captured -> Incident stored: stage `sample_incident`. */
  readonly detection: (ms: number) => void;
}

const reasons = ['Recovered', 'TargetGone', 'PolicyDeleted', 'PolicyChanged', 'PolicyObserves'] as const;

export function incidentMetrics(registry: Registry): IncidentMetrics {
  const registers = [registry];
  const opened = new Counter({
    name: 'homeostat_incidents_total',
    help: 'Incidents opened.',
    labelNames: ['severity'],
    registers,
  });
  for (const severity of severities) opened.inc({ severity }, 0);
  const resolved = new Counter({
    name: 'homeostat_incidents_resolved_total',
    help: 'Incidents that ended, by why.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of reasons) resolved.inc({ reason }, 0);
  const observe = stageObserver(registry, ['sample_incident']);
  return {
    opened: (severity) => opened.inc({ severity }),
    resolved: (reason) => resolved.inc({ reason }),
    detection: (ms) => observe('sample_incident', ms),
  };
}
