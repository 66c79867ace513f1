import type { Remediation } from '../../crds/remediation.ts';
import type { Origin } from '../actions/action.ts';

/** What an action of a Remediation is told about the step that it is done for. */
export function originOf({ metadata, spec }: Remediation, step: string): Origin {
  const { name, namespace = '', uid = '' } = metadata;
  return { namespace, name, uid, step, serviceAccountName: spec.serviceAccountName };
}
