/** Reads what belongs to the story of one thing, and has it told. */
import type { DetectionPolicy as Policy } from '../../crds/detection-policy.ts';
import type { Incident as Episode } from '../../crds/incident.ts';
import type { Remediation as Attempt } from '../../crds/remediation.ts';
import { hasReason, type KubeObject, type Resource } from '../kube/api.ts';
import { DetectionPolicy, Incident, Namespace, Remediation } from '../kube/resources.ts';
import { concerns, isNearby } from './concerns.ts';
import { read, readIfThere, type Reference } from './find.ts';
import { foresee } from './foresee.ts';
import { typed, type Report } from './output.ts';
import { renderIncident } from './render/incident.ts';
import { renderRemediation } from './render/remediation.ts';
import { hasEnded } from './render/standing.ts';
import { renderSubject } from './render/subject.ts';
import { isAbout, selectionOf, type Subject } from './selecting.ts';
import type { Session } from './session.ts';
import type { PodObject } from './subject.ts';

/** Of a Remediation: with its Incident and, before it begins, what it would change now. */
export async function storyOfRemediation(session: Session, name: string): Promise<Report> {
  const attempt = await read<Attempt>(session, { resource: Remediation, name });
  const incident = await readIfThere<Episode>(session, { resource: Incident, name: attempt.spec.incidentRef.name });
  const isUntouched = !hasEnded(attempt) && attempt.status?.startedTime === undefined;
  const foreseen = isUntouched
    ? await foresee(session, attempt.spec.steps, attempt.spec.target, attempt.metadata, attempt.spec.serviceAccountName)
    : undefined;
  const { program } = session.options;
  return {
    lines: (view) => renderRemediation(attempt, { incident, foreseen, program }, view),
    objects: [...typed(Remediation, [attempt]), ...typed(Incident, incident === undefined ? [] : [incident])],
  };
}

/** Of an Incident: with every attempt to repair it. */
export async function storyOfIncident(session: Session, name: string): Promise<Report> {
  const incident = await read<Episode>(session, { resource: Incident, name });
  const { namespace } = session;
  const fieldSelector = `spec.incidentRef.name=${name}`;
  const attempts = await session.all<Attempt>(Remediation, { namespace, fieldSelector });
  attempts.sort((a, b) => a.spec.attempt - b.spec.attempt);
  return {
    lines: (view) => renderIncident(incident, attempts, session.options.program, view),
    objects: [...typed(Incident, [incident]), ...typed(Remediation, attempts)],
  };
}

/** Of a pod, a node or a workload, also of one that is gone. */
export async function storyOfSubject(session: Session, reference: Reference): Promise<Report> {
  const { resource, name } = reference;
  const object = await readIfThere<PodObject>(session, reference);
  const namespace = resource.namespaced ? session.namespace : undefined;
  const kind = resource.kind === 'Pod' || resource.kind === 'Node' ? resource.kind : 'Workload';
  const unread: string[] = [];
  const [policies, incidents, remediations] = await Promise.all([
    wherever<Policy>(session, DetectionPolicy, namespace, unread),
    wherever<Episode>(session, Incident, namespace, unread),
    wherever<Attempt>(session, Remediation, namespace, unread),
  ]);
  const subject: Subject = {
    kind,
    namespace,
    name,
    labels: object === undefined ? undefined : (object.metadata.labels ?? {}),
    namespaceLabels: namespace === undefined ? undefined : await namespaceLabels(session, namespace),
    containers: (object?.spec?.containers ?? []).map((container) => container.name),
  };
  const thing = { kind: resource.kind, namespace, name, node: object?.spec?.nodeName };
  const { rootNamespace, program } = session.options;
  const own = incidents.filter(({ spec }) => concerns(thing, spec.target));
  const attempts = remediations.filter(({ spec, status }) => concerns(thing, spec.target, status?.steps));
  return {
    lines: (view) =>
      renderSubject(
        {
          subject,
          name: `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
          incidents: own,
          remediations: attempts,
          nearby: incidents.filter((incident) => !own.includes(incident) && isNearby(thing, incident.spec.target)),
          selections: policies
            .filter((policy) => isAbout(policy, subject, rootNamespace))
            .map((policy) => selectionOf(policy, subject, rootNamespace)),
          unread,
          program,
        },
        view,
      ),
    objects: [...typed(Incident, own), ...typed(Remediation, attempts)],
  };
}

/** In the namespace and in the root namespace (of a node, which has none: everywhere), as far as one may. */
async function wherever<T extends KubeObject>(
  session: Session,
  resource: Resource,
  namespace: string | undefined,
  unread: string[],
): Promise<T[]> {
  const { rootNamespace, everywhere } = session.options;
  const places = namespace === undefined || everywhere ? [undefined] : [...new Set([namespace, rootNamespace])];
  const lists = await Promise.all(
    places.map(async (place) => {
      try {
        return await session.all<T>(resource, { namespace: place });
      } catch (error) {
        if (!hasReason(error, 'Forbidden') || (place === namespace && place !== undefined)) throw error;
        unread.push(
          `${resource.plural} ${place === undefined ? 'of all namespaces' : `of ${place}`}: ${error.message}`,
        );
        return place === undefined ? await session.all<T>(resource, { namespace: session.namespace }) : [];
      }
    }),
  );
  return lists.flat();
}

async function namespaceLabels(session: Session, name: string): Promise<Record<string, string> | undefined> {
  try {
    return (await readIfThere(session, { resource: Namespace, name }))?.metadata.labels ?? {};
  } catch (error) {
    if (hasReason(error, 'Forbidden')) return undefined;
    throw error;
  }
}
