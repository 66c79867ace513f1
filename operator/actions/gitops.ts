/**
 * Controllers that make the cluster as Git has it. What they put back they put back again, so a field of theirs is not
 * fought over: it is told once, with what to write where, so that they leave it.
 */
import type { KubeObject } from '../kube/api.ts';
import type { Change } from './action.ts';
import { ownersOf } from './ownership.ts';
import { resourceOf } from './resources.ts';

interface GitOps {
  /** Its field managers. */
  readonly managers: readonly string[];
  /** What to add, so that it leaves the field of a change to others. */
  readonly remedy: (change: Change) => string;
}

const groupOf = ({ object: { apiVersion, kind, resource } }: Change): string =>
  resourceOf(apiVersion, kind, resource).group;

const rule = (change: Change): string =>
  `[{paths: [${change.path}], target: {kind: ${change.object.kind}, name: ${change.object.name}}}]`;

const known: readonly GitOps[] = [
  {
    // https://argo-cd.readthedocs.io/en/stable/user-guide/diffing/
    managers: ['argocd-controller', 'argocd-application-controller', 'argocd'],
    remedy: (change) => {
      const { kind, name, namespace } = change.object;
      const group = groupOf(change);
      const where = [
        ...(group === '' ? [] : [`group: ${group}`]),
        `kind: ${kind}`,
        `name: ${name}`,
        ...(namespace === undefined ? [] : [`namespace: ${namespace}`]),
      ];
      return `in its Application of Argo CD: spec.ignoreDifferences: [{${where.join(', ')}, jsonPointers: [${change.path}]}] and spec.syncPolicy.syncOptions: [RespectIgnoreDifferences=true]`;
    },
  },
  {
    // https://fluxcd.io/flux/components/kustomize/kustomizations/
    managers: ['kustomize-controller'],
    remedy: (change) => `in its Kustomization of Flux: spec.ignore: ${rule(change)}`,
  },
  {
    // https://fluxcd.io/flux/components/helm/helmreleases/
    managers: ['helm-controller'],
    remedy: (change) => `in its HelmRelease of Flux: spec.driftDetection.ignore: ${rule(change)}`,
  },
  {
    // https://fleet.rancher.io/bundle-diffs
    managers: ['fleetagent', 'fleet-agent'],
    remedy: (change) =>
      `in its fleet.yaml: diff.comparePatches: [{apiVersion: ${change.object.apiVersion}, kind: ${change.object.kind}, name: ${change.object.name}, jsonPointers: [${change.path}]}]`,
  },
];

/** What to do so that this field manager leaves the field of a change to others; undefined when it is none of these. */
export const gitOpsRemedy = (manager: string | undefined, change: Change): string | undefined =>
  known.find(({ managers }) => manager !== undefined && managers.includes(manager))?.remedy(change);

/** The GitOps tool that manages the field at a pointer and would put it back; undefined when none does. */
export const gitOpsManagerOf = (object: KubeObject, pointer: string): string | undefined =>
  ownersOf(object, pointer).find(({ manager }) => known.some(({ managers }) => managers.includes(manager)))?.manager;
