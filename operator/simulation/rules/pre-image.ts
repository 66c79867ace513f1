import { sameJson, valueOf } from '../../actions/json.ts';
import { managerIn } from '../history.ts';
import { preconditionOf } from '../precondition.ts';
import type { RuleMaker } from '../rule.ts';
import { isTarget, subjectOf } from '../targets.ts';

/** 3. Every change has its pre-image stored before it is made. */
export const preImage: RuleMaker = () => ({
  name: '3 pre-image',
  targetWrite: ({ request, attributions }) => {
    const what = `${request.verb} ${request.resource.kind} ${request.name}`;
    if (attributions.length === 0) return `${what}: no Remediation has it on record`;
    const { uid, resourceVersion } = preconditionOf(request);
    if (request.verb === 'create' && request.subresource === undefined) return undefined;
    if (uid === undefined) return `${what}: whichever object has that name`;
    return request.verb === 'patch' && resourceVersion === undefined ? `${what}: whatever has become of it` : undefined;
  },
  commit: ({ change, fields, origin, request, isDeletion }, history) => {
    if (origin === undefined || !isTarget(change.resource, change.object.metadata.name)) return undefined;
    const { name } = change.object.metadata;
    const subject = subjectOf(change.resource, name, change.object);
    for (const field of history.detailed(subject, fields)) {
      const found = history.attribute(subject, field, managerIn(request));
      if (found === undefined) return `${field.path} of ${name} is changed and not on record`;
      if (found.record.path === '' || found.as === 'Undo') continue;
      if (!sameJson(field.before, valueOf(found.record.from)))
        return `${field.path} of ${name} was ${JSON.stringify(field.before)}, and ${found.record.from} is on record`;
      if (found.record.undo?.state === 'Done') return `${field.path} of ${name} is changed after it was taken back`;
    }
    if (!isDeletion && change.type !== 'ADDED') return undefined;
    const recorded = history.recordsOf(subject, '').some(({ record }) => record.path === '');
    return recorded
      ? undefined
      : `${change.resource.kind} ${name} is ${isDeletion ? 'deleted' : 'made'} and that is not on record`;
  },
});
