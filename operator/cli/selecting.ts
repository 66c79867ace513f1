/** Whether a policy is about a pod, a node or a workload, and if not, why: the same rules by which the stream is joined. */
import type { DetectionPolicy } from '../../crds/detection-policy.ts';
import { selects, type Selector } from '../decide/selector.ts';

type Labels = Readonly<Record<string, string>>;

/** Something that a policy may be about. */
export interface Subject {
  readonly kind: 'Pod' | 'Node' | 'Workload';
  readonly namespace: string | undefined;
  readonly name: string;
  /** Undefined: it does not exist any more. */
  readonly labels: Labels | undefined;
  /** Of its namespace; undefined: not known. */
  readonly namespaceLabels: Labels | undefined;
  /** Of a pod: its containers. */
  readonly containers: readonly string[];
}

/** What a policy has to do with a subject. */
export interface Selection {
  readonly policy: DetectionPolicy;
  /** Undefined: cannot be told. */
  readonly isSelected: boolean | undefined;
  readonly why: string;
}

/** Which kinds of targets a policy may have that are about this kind of subject. */
const kindsOf: Readonly<Record<Subject['kind'], readonly string[]>> = {
  Pod: ['Pod', 'Container'],
  Node: ['Node'],
  Workload: ['Workload'],
};

/** Whether a policy can be about this kind of thing at all, and in that namespace. */
export const isAbout = ({ metadata, spec }: DetectionPolicy, { kind, namespace }: Subject, root: string): boolean =>
  kindsOf[kind].includes(spec.target.kind) && (metadata.namespace === root || metadata.namespace === namespace);

/** Whether it is about this very one. */
export function selectionOf(policy: DetectionPolicy, subject: Subject, root: string): Selection {
  const { metadata, spec } = policy;
  const { selector, namespaceSelector, container, kind } = spec.target;
  const result = (isSelected: boolean | undefined, why: string): Selection => ({ policy, isSelected, why });
  if (subject.labels === undefined) return result(undefined, 'it does not exist any more, so its labels are not known');
  if (selector !== undefined && !selects(selector, subject.labels)) {
    return result(false, `its labels do not match ${shownSelector(selector)}`);
  }
  if (container !== undefined && !subject.containers.includes(container)) {
    return result(false, `it has no container ${container} (it has: ${subject.containers.join(', ')})`);
  }
  if (metadata.namespace === root && namespaceSelector !== undefined) {
    if (subject.namespaceLabels === undefined) return result(undefined, 'the labels of its namespace are not known');
    if (!selects(namespaceSelector, subject.namespaceLabels)) {
      return result(false, `the labels of its namespace do not match ${shownSelector(namespaceSelector)}`);
    }
  }
  const which = container === undefined ? '' : ` ${container}`;
  return result(true, `as a ${kind}${which}${selector === undefined ? '' : `, by ${shownSelector(selector)}`}`);
}

/** `app=cart, tier in (web)`, as kubectl writes selectors. */
export function shownSelector({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(', ')})`;
    }),
  ];
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
