/** What a step of a scenario does to the world. What is not there (any more) is left alone. */
import type { KubeObject, Name, Resource } from '../kube/api.ts';
import type { LeaseObject } from '../kube/lease.ts';
import { leaseNamespace } from '../decide/node-lease.ts';
import * as resources from '../kube/resources.ts';
import { toMicroTime } from '../kube/time.ts';
import type { ApiServer } from '../testing/api-server.ts';
import type { Cluster } from './cluster.ts';
import type { Replica } from './replica.ts';
import type { Happening, OwnKind, Step } from './scenario.ts';
import { slotNamed } from './slots.ts';
import type { Verdicts } from './verdicts.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The parts of the world that steps reach. */
export interface World {
  readonly time: VirtualTime;
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly verdicts: Verdicts;
  readonly replicas: readonly Replica[];
}

const own: Record<OwnKind, Resource> = {
  DetectionPolicy: resources.DetectionPolicy,
  RemediationPlan: resources.RemediationPlan,
  Guardrail: resources.Guardrail,
  Incident: resources.Incident,
  Remediation: resources.Remediation,
};

/** Makes a step happen. */
export function apply(step: Step, world: World): void {
  const { verdicts, server } = world;
  switch (step.is) {
    case 'judge':
      verdicts.set(step.policy, step.slot, step.ill, step.pending);
      return;
    case 'silence':
      verdicts.silence(step.slot);
      return;
    case 'speak':
      verdicts.speak(step.slot);
      return;
    case 'edit':
      edit(step, world);
      return;
    case 'lease':
      work(step, world);
      return;
    case 'replace': {
      const slot = slotNamed(step.slot);
      const occupant = world.cluster.occupant(slot);
      if (occupant === undefined) return;
      const resource = slot.kind === 'Node' ? resources.Node : resources.Pod;
      forget(server.delete(resource, nameOf(slot.namespace, occupant.name), { gracePeriodSeconds: 0 }));
      return;
    }
    case 'change':
    case 'delete': {
      const resource = own[step.kind];
      const found = nth(server, step.kind, step.nth);
      if (found === undefined) return;
      if (step.is === 'delete') forget(server.delete(resource, found.metadata));
      else {
        const patch = { type: 'merge', body: step.body } as const;
        forget(server.patch(resource, found.metadata, patch, { fieldManager: 'kubectl-edit' }));
      }
      return;
    }
    case 'stream':
    case 'fault':
    case 'stall':
    case 'lag':
    case 'duplicate':
    case 'cut':
    case 'kill':
    case 'pause':
    case 'jump': {
      const replica = world.replicas[step.replica];
      if (replica?.process.isAlive === true) befall(step, replica, world);
    }
  }
}

type OfReplica = Extract<Happening, { replica: number }>;

function befall(step: OfReplica, replica: Replica, { time, server }: World): void {
  const { wire, process, engine } = replica;
  switch (step.is) {
    case 'stream':
      engine.stall(step.ms);
      return;
    case 'fault': {
      const { on, kind, count, ms } = step;
      wire.faults.push({ on, kind, count, untilMs: ms === undefined ? undefined : time.now() + ms });
      return;
    }
    case 'stall':
      wire.weather(step.kind).stalledUntilMs = time.now() + step.ms;
      return;
    case 'lag':
      wire.weather(step.kind).lagMs = step.ms;
      return;
    case 'duplicate':
      wire.weather(step.kind).duplicates = step.count;
      return;
    case 'cut':
      if (step.compact) server.compact();
      wire.cutWatches();
      return;
    case 'kill':
      replica.restartMs = step.downMs;
      wire.killPoint = { writes: step.writes, when: step.when };
      return;
    case 'pause':
      process.pause();
      time.after(step.ms, () => process.resume());
      return;
    case 'jump':
      process.skewMs = step.ms;
      return;
  }
}

const resourceOf: Record<'Node' | 'Deployment' | 'Pod', Resource> = {
  Node: resources.Node,
  Deployment: resources.Deployment,
  Pod: resources.Pod,
};

function edit({ by, kind, slot, body, scale }: Extract<Happening, { is: 'edit' }>, { server, cluster }: World): void {
  const place = slotNamed(slot);
  const occupant = cluster.occupant(place);
  if (occupant === undefined) return;
  const options = { fieldManager: by, subresource: scale === true ? ('scale' as const) : undefined };
  const name = nameOf(place.namespace, occupant.name);
  forget(server.patch(resourceOf[kind], name, { type: 'merge', body }, options));
}

/** As the medik8s operators do: whoever works on a node holds its Lease. */
function work({ slot, ms }: Extract<Happening, { is: 'lease' }>, { server, time }: World): void {
  const name = { namespace: leaseNamespace, name: `node-${slot}` };
  const now = toMicroTime(time.now());
  const spec = { holderIdentity: 'node-maintenance', leaseDurationSeconds: 60, acquireTime: now, renewTime: now };
  const lease: LeaseObject = { metadata: name, spec };
  const made = server.create(resources.Lease, lease, { fieldManager: 'node-maintenance' });
  forget(
    made.then(({ metadata: { uid } }) => time.after(ms, () => forget(server.delete(resources.Lease, name, { uid })))),
  );
}

const nameOf = (namespace: string, name: string): Name => (namespace === '' ? { name } : { namespace, name });

/** The n-th that there is, by age; so a shorter run means the same by the same number, mostly. */
function nth(server: ApiServer, kind: OwnKind, index: number): KubeObject | undefined {
  const age = ({ metadata }: KubeObject): string => `${metadata.creationTimestamp} ${metadata.name}`;
  const all = server.all(own[kind]).toSorted((a, b) => (age(a) < age(b) ? -1 : 1));
  return all[index % Math.max(1, all.length)];
}

/** People are refused like everybody else, and shrug. */
function forget(promise: Promise<unknown>): void {
  promise.catch(() => {});
}
