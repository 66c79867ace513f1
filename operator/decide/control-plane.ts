/** The node labels that say so; the second is the older one, and still in use. */
const labelsOfControlPlane = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const;

/** Whether a node belongs to the control plane. */
export const isControlPlane = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
  labelsOfControlPlane.some((label) => labels[label] !== undefined);
