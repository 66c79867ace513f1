/** Guards about what may be touched: namespaces, protected objects, and what belongs to us. */
import type { GuardrailSpec } from '../../crds/guardrail.ts';
import { readOf } from '../actions/fields.ts';
import { isJsonObject, valueAt } from '../actions/json.ts';
import { describeRead } from '../actions/live.ts';
import type { KubeObject } from '../kube/api.ts';
import { fail, pass, type Guard, type GuardContext, type Touched } from './guard.ts';
import { belonging, looksAtOwners, type Owner } from './owners.ts';
import { selects } from './selector.ts';

type Protection = NonNullable<GuardrailSpec['protect']>[number];

const namespace: Guard = {
  name: 'namespace',
  reason: 'OutOfReach',
  before: 'Step',
  reads: true,
  check({ remediation, settings: { rootNamespace }, touched }) {
    const own = remediation.metadata.namespace;
    if (own === rootNamespace) return pass('objects of the root namespace reach everything');
    const outside = touched.find(({ read }) => read.namespace !== own);
    return outside === undefined
      ? pass(`everything is in namespace ${own}`)
      : fail(
          `${describeRead(outside.read)} is out of reach: a plan in namespace ${own} reaches that namespace only; put policy and plan into ${rootNamespace}`,
        );
  },
};

const protectedObjects: Guard = {
  name: 'protected',
  reason: 'Protected',
  before: 'Step',
  reads: true,
  check(context) {
    if (context.guardrails === undefined) return fail('the guardrails could not be read');
    // A step may change another object than that it is about, such as the autoscaler of a workload.
    const changed = context.changes().map(({ change, object }): Touched => {
      return { read: readOf(change), answer: { is: 'Found', object } };
    });
    for (const touched of [...context.touched, ...changed]) {
      const why = ourOwn(touched, context) ?? protectedBy(touched, context.guardrails);
      if (why !== undefined) return fail(why);
    }
    return pass('nothing that is touched is protected');
  },
};

function ourOwn({ read }: Touched, { settings }: GuardContext): string | undefined {
  if (read.namespace === settings.rootNamespace) {
    return `${describeRead(read)} is in the operator’s own namespace, where nothing is ever changed`;
  }
  if (read.namespace === 'kube-system' && !settings.allowKubeSystem) {
    return `${describeRead(read)} is in kube-system, which is left alone unless the operator is told otherwise`;
  }
  return undefined;
}

function protectedBy(
  { read, answer, owners = [] }: Touched,
  guardrails: NonNullable<GuardContext['guardrails']>,
): string | undefined {
  const protecting = guardrails.flatMap(({ metadata, spec }) =>
    (spec.protect ?? []).map((protection) => ({ by: metadata.name, protection })),
  );
  if (answer.is === 'Unreadable' && protecting.length > 0) {
    return `whether ${describeRead(read)} is protected cannot be told: ${answer.message}`;
  }
  if (answer.is !== 'Found') return undefined;
  const { labels = {} } = answer.object.metadata;
  const pods = podLabels(answer.object);
  for (const { by, protection } of protecting) {
    if (covers(protection, read, labels)) return `${describeRead(read)} is protected by Guardrail ${by}`;
    if (pods !== undefined && covers(protection, read, pods))
      return `the pods of ${describeRead(read)} are protected by Guardrail ${by}`;
  }
  return protectedByOwner(read, owners, protecting);
}

/** Where a workload is protected its pods are, although they need not have its labels. */
function protectedByOwner(
  pod: Touched['read'],
  owners: readonly Owner[],
  protecting: readonly { readonly by: string; readonly protection: Protection }[],
): string | undefined {
  const looking = protecting.filter(({ protection }) => looksAtOwners(protection, pod.namespace));
  for (const owner of owners)
    for (const { by, protection } of looking) {
      const belongs = belonging(describeRead(pod), owner);
      if (owner.is === 'Unknown')
        return `${belongs}, and whether Guardrail ${by} protects that cannot be told: ${owner.message}`;
      if (covers(protection, owner.read, owner.labels)) return `${belongs}, which is protected by Guardrail ${by}`;
    }
  return undefined;
}

/** The labels that a workload gives its pods: what is done to the one is done to the others. */
function podLabels(object: KubeObject): Record<string, string> | undefined {
  const labels =
    valueAt(object, '/spec/template/metadata/labels') ??
    valueAt(object, '/spec/jobTemplate/spec/template/metadata/labels');
  if (!isJsonObject(labels)) return undefined;
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
}

/** `nodeSelector` is about nodes, everything else about pods and workloads; all that is set must match. */
function covers(
  { namespaces, selector, nodeSelector }: Protection,
  { resource, namespace }: Touched['read'],
  labels: Record<string, string>,
): boolean {
  if (resource.kind === 'Node') return nodeSelector !== undefined && selects(nodeSelector, labels);
  return (
    nodeSelector === undefined &&
    (namespaces === undefined || namespaces.includes(namespace ?? '')) &&
    (selector === undefined || selects(selector, labels))
  );
}

export const scopeGuards: readonly Guard[] = [namespace, protectedObjects];
