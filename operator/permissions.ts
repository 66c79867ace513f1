import { admissionProblem } from './admission-check.ts';
import type { KubeApi } from './kube/api.ts';
import { missingAccess, type Permission } from './kube/access.ts';
import type { Clock } from './kube/clock.ts';
import { messageOf, type Logger } from './kube/logger.ts';

const own = 'homeostat.dev';

/** What the operator writes of its own; what it reads shows by itself when it is missing, at the watches. */
export const ownPermissions = (leaseNamespace: string): Permission[] => [
  { verb: 'create', group: own, resource: 'incidents' },
  { verb: 'delete', group: own, resource: 'incidents' },
  { verb: 'create', group: own, resource: 'remediations' },
  { verb: 'patch', group: own, resource: 'remediations' },
  { verb: 'delete', group: own, resource: 'remediations' },
  ...['detectionpolicies', 'remediationplans', 'guardrails', 'incidents', 'remediations'].map(
    (resource): Permission => ({ verb: 'patch', group: own, resource, subresource: 'status' }),
  ),
  { verb: 'create', group: 'events.k8s.io', resource: 'events' },
  { verb: 'patch', group: 'events.k8s.io', resource: 'events' },
  { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: leaseNamespace },
  { verb: 'create', group: '', resource: 'configmaps', namespace: leaseNamespace },
];

const retryMs = 10_000;
/** A role can be taken away, and another release can bring an admission policy that does not know us. */
const againMs = 300_000;

/** Asks what the API server allows, often while something is missing; says what is. */
export class PermissionCheck {
  #missing: string | undefined = 'not checked yet';
  #cancel = (): void => {};
  #stopped = false;

  /** What is missing and what to do about it; undefined when nothing is. */
  get missing(): string | undefined {
    return this.#missing;
  }

  async run(api: KubeApi, namespace: string, clock: Clock, logger: Logger): Promise<void> {
    const said = this.#missing;
    try {
      const missing = await missingAccess(api, ownPermissions(namespace));
      this.#missing =
        missing.length === 0
          ? await admissionProblem(api, namespace)
          : `the operator's account may not: ${missing.join(', ')}; grant it by a role and a binding`;
    } catch (error) {
      // What was allowed is so until the API server says otherwise.
      if (said !== undefined) this.#missing = `the permissions could not be checked: ${messageOf(error)}`;
    }
    if (this.#stopped) return;
    if (this.#missing !== undefined && this.#missing !== said)
      logger.error('permissions are missing', { missing: this.#missing });
    const nextMs = this.#missing === undefined ? againMs : retryMs;
    this.#cancel = clock.after(nextMs, () => void this.run(api, namespace, clock, logger));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }
}
