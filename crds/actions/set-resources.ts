import { quantity } from '../../engine/quantity-schema.ts';
import type { Schema } from '../../engine/schema.ts';
import { label } from '../fragments.ts';

const amount = (description: string) => {
  const schema = quantity(description);
  const noShare = { rule: "!self.endsWith('%')", message: 'must be an amount, such as "500m" or "1Gi", not a share' };
  return { ...schema, 'x-kubernetes-validations': [...schema['x-kubernetes-validations'], noShare] } as const;
};

const resources = (description: string, of: string) =>
  ({
    type: 'object',
    description,
    properties: {
      cpu: amount(`CPU cores that ${of}. Example: "500m".`),
      memory: amount(`Bytes of memory that ${of}. Example: "1Gi".`),
    },
  }) as const satisfies Schema;

/** `setResources`: changes requests and limits of a container. */
export const setResources = {
  type: 'object',
  description:
    'Changes CPU and memory of a container: of the running pod, in place, where the API server and the kubelet can do that (pods/resize); else, and for a Workload, in the template, which replaces all its pods. In place only amounts are changed that the pod has, because none can be taken away again. Undone amount by amount, unless somebody changed it since. Example: {setResources: {limits: {memory: "1Gi"}}}.',
  properties: {
    container: label('The container; default: that of the target, or the only one. Example: app.'),
    requests: resources('What it is sure to get. Example: {memory: "512Mi"}.', 'are set aside for it'),
    limits: resources('What it may use at most. Example: {memory: "1Gi"}.', 'it may use at most'),
  },
  'x-kubernetes-validations': [
    {
      rule: '(has(self.requests) && (has(self.requests.cpu) || has(self.requests.memory))) || (has(self.limits) && (has(self.limits.cpu) || has(self.limits.memory)))',
      message: 'must change at least one amount, such as limits: {memory: "1Gi"}',
    },
  ],
} as const satisfies Schema;
