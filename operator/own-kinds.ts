import type { DetectionPolicy } from '../crds/detection-policy.ts';
import type { Guardrail } from '../crds/guardrail.ts';
import type { Incident } from '../crds/incident.ts';
import type { RemediationPlan } from '../crds/remediation-plan.ts';
import type { Remediation } from '../crds/remediation.ts';
import type { Kinds } from './controllers/context.ts';
import { Records } from './controllers/records.ts';
import { Snapshots } from './controllers/snapshots.ts';
import type { KubeObject, Resource } from './kube/api.ts';
import { Reflector, slim, type ReflectorOptions } from './kube/reflector.ts';
import * as resources from './kube/resources.ts';
import { kindCheck } from './observe/kinds.ts';
import type { ReadinessCheck } from './observe/server.ts';
import type { Options } from './options.ts';

type Watching = Omit<ReflectorOptions<KubeObject>, 'resource' | 'transform'>;

/** Our five kinds, as far as they are this operator’s business, and the namespaces with their labels. */
export class OwnKinds {
  readonly records: Kinds;
  readonly namespaces: Reflector<KubeObject>;
  readonly #snapshots: Snapshots;
  readonly #all: { readonly resource: Resource; readonly reflector: Pick<Reflector<KubeObject>, Used> }[] = [];

  constructor(watching: Watching, options: Pick<Options, 'namespace' | 'watchNamespaces'>) {
    const watch = <T extends KubeObject>(resource: Resource): Reflector<T> => {
      const reflector = new Reflector<T>({ ...watching, resource, transform: slim });
      this.#all.push({ resource, reflector });
      return reflector;
    };
    const isOurs = within(options);
    const records = <T extends KubeObject>(resource: Resource): Records<T> => new Records(watch<T>(resource), isOurs);
    const remediations = watch<Remediation>(resources.Remediation);
    this.#snapshots = new Snapshots(remediations, isOurs);
    this.records = {
      policies: records<DetectionPolicy>(resources.DetectionPolicy),
      plans: records<RemediationPlan>(resources.RemediationPlan),
      guardrails: records<Guardrail>(resources.Guardrail),
      incidents: records<Incident>(resources.Incident),
      remediations: new Records(remediations, isOurs),
    };
    this.namespaces = watch<KubeObject>(resources.Namespace);
  }

  /** Every Remediation as the watch last told it, without own writes; undefined before it was complete. */
  snapshot(): readonly Remediation[] | undefined {
    return this.#snapshots.latest();
  }

  get checks(): ReadinessCheck[] {
    return this.#all.map(({ resource, reflector }) => kindCheck(resource, reflector));
  }

  start(): void {
    for (const { reflector } of this.#all) reflector.start();
  }

  /** Resolves when all are known. */
  async synced(): Promise<void> {
    await Promise.all(this.#all.map(({ reflector }) => reflector.synced()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map(({ reflector }) => reflector.stop()));
  }
}

type Used = 'start' | 'stop' | 'synced' | 'hasSynced' | 'problem';

/** Whether an object of our kinds is this operator's business. */
const within = ({
  namespace: root,
  watchNamespaces,
}: Pick<Options, 'namespace' | 'watchNamespaces'>): ((object: KubeObject) => boolean) => {
  if (watchNamespaces === undefined) return () => true;
  const namespaces = new Set([root, ...watchNamespaces]);
  return ({ metadata }) => namespaces.has(metadata.namespace ?? '');
};
