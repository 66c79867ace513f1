import type { Registry } from 'prom-client';
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import type { Guardrail } from '../../crds/guardrail.ts';
import type { Incident } from '../../crds/incident.ts';
import type { RemediationPlan } from '../../crds/remediation-plan.ts';
import type { Remediation } from '../../crds/remediation.ts';
import type { KubeApi } from '../kube/api.ts';
import type { Clock } from '../kube/clock.ts';
import type { EventRecord } from '../kube/events.ts';
import type { Logger } from '../kube/logger.ts';
import type { Telling } from '../notify/outbox.ts';
import type { UsualSource } from './incident/usual.ts';
import type { Records } from './records.ts';

/** Our five kinds as they are known now. */
export interface Kinds {
  readonly policies: Records<DetectionPolicy>;
  readonly plans: Records<RemediationPlan>;
  readonly guardrails: Records<Guardrail>;
  readonly incidents: Records<Incident>;
  readonly remediations: Records<Remediation>;
}

/** What every controller is given. */
export interface Context {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Where events go; never throws. */
  readonly events: { record(event: EventRecord): void };
  readonly kinds: Kinds;
  /** Where what people are told goes; never holds anybody up. */
  readonly telling: Telling;
  /** Who knows what is usual; absent where there is no history. */
  readonly usual?: UsualSource | undefined;
  readonly rootNamespace: string;
  /** Whether this process may write now. Only the holder of the Lease does; the others compute and wait. */
  readonly isLeader: () => boolean;
}
