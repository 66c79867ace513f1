/** A run in lines for people. */
import type { Remediation } from '../../crds/remediation.ts';
import type { Commit } from './history.ts';
import type { Step } from './scenario.ts';

/** `edit {"by":"argocd",…}`. */
export function describeStep({ is, atMs: _atMs, ...rest }: Step): string {
  return `${is} ${clipped(JSON.stringify(rest), 160)}`;
}

/** Who stored what: `operator-0/1 patch Node node-1 /spec/unschedulable: undefined -> true`. */
export function describeCommit({ change, fields, origin, request, isDeletion }: Commit): string {
  const { resource, object, type } = change;
  const options = request?.options;
  const manager = options !== undefined && 'fieldManager' in options ? options.fieldManager : undefined;
  const who = [origin, manager].filter((part) => part !== undefined).join(' as ') || 'the world';
  const name = [object.metadata.namespace, object.metadata.name].filter(Boolean).join('/');
  const told = [
    ...(isDeletion || type !== 'MODIFIED' ? [isDeletion ? 'deletion' : type.toLowerCase()] : []),
    ...fields.map(({ path, before, after }) => `${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`),
    ...(resource.kind === 'Remediation' ? [describeStatus(object as Remediation)] : []),
  ];
  return `  ${who} ${request?.verb ?? 'made'} ${resource.kind} ${name} @${object.metadata.resourceVersion}  ${clipped(told.join('; '), 400)}`;
}

function describeStatus({ status }: Remediation): string {
  const conditions = (status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
  const steps = (status?.steps ?? []).map(
    ({ name, state, changes = [] }) => `${name}=${state}[${changes.map(({ undo }) => undo?.state ?? '-').join()}]`,
  );
  return [...conditions, ...steps].join(' ');
}

const clipped = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
