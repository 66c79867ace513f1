import { expect } from 'chai';
import { node } from '../testing/fixtures.ts';
import { gitOpsManagerOf, gitOpsRemedy } from './gitops.ts';

describe('gitOpsRemedy', () => {
  const deployment = {
    object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u' },
    path: '/spec/replicas',
  };
  const node = { object: { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }, path: '/spec/unschedulable' };
  const cases: [manager: string | undefined, of: typeof deployment | typeof node, remedy: string | undefined][] = [
    [undefined, deployment, undefined],
    ['kubectl', deployment, undefined],
    [
      'argocd-controller',
      deployment,
      'in its Application of Argo CD: spec.ignoreDifferences: [{group: apps, kind: Deployment, name: web, namespace: shop, jsonPointers: [/spec/replicas]}] and spec.syncPolicy.syncOptions: [RespectIgnoreDifferences=true]',
    ],
    [
      'argocd-application-controller',
      node,
      'in its Application of Argo CD: spec.ignoreDifferences: [{kind: Node, name: n, jsonPointers: [/spec/unschedulable]}] and spec.syncPolicy.syncOptions: [RespectIgnoreDifferences=true]',
    ],
    [
      'kustomize-controller',
      deployment,
      'in its Kustomization of Flux: spec.ignore: [{paths: [/spec/replicas], target: {kind: Deployment, name: web}}]',
    ],
    [
      'helm-controller',
      deployment,
      'in its HelmRelease of Flux: spec.driftDetection.ignore: [{paths: [/spec/replicas], target: {kind: Deployment, name: web}}]',
    ],
  ];
  for (const [manager, of, remedy] of cases)
    it(`${manager} of ${of.object.kind}`, () => expect(gitOpsRemedy(manager, of)).to.equal(remedy));
});

describe('gitOpsManagerOf', () => {
  const table: [manager: string, tool: string | undefined][] = [
    ['argocd-controller', 'argocd-controller'],
    ['argocd', 'argocd'],
    ['helm-controller', 'helm-controller'],
    ['fleetagent', 'fleetagent'],
    ['fleet-agent', 'fleet-agent'],
    ['kubectl-edit', undefined],
    ['argocd-image-updater', undefined],
  ];
  for (const [manager, tool] of table)
    it(`says of ${manager} that it ${tool === undefined ? 'leaves' : 'puts back'} what it set`, () => {
      const fieldsV1 = { 'f:spec': { 'f:unschedulable': {} } };
      const managedFields = [{ manager, operation: 'Update' as const, fieldsType: 'FieldsV1', fieldsV1 }];
      expect(gitOpsManagerOf(node({ managedFields }), '/spec/unschedulable')).to.equal(tool);
    });
});
