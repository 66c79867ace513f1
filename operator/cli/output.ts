/** What a command has found, in the form that `-o` asks for. */
import { apiVersionOf } from '../kube/resources.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { group } from '../../crds/definition.ts';
import { yamlOf } from './yaml.ts';
import type { View } from './render/view.ts';

/** The values of `-o`; without it a report for people. */
export const outputs = ['wide', 'json', 'yaml', 'name'] as const;
export type Output = (typeof outputs)[number];

/** A report for people, and the objects it tells of for programs. */
export interface Report {
  readonly lines: (view: View) => string[];
  readonly objects: readonly KubeObject[];
  /** True: it is about exactly one object, which is printed bare and not in a List. */
  readonly single?: true;
  /** What `-o json` and `-o yaml` print, when it is not the objects. */
  readonly document?: object;
}

/** The text to print, without a line feed at its end. */
export function format(report: Report, output: Output | undefined, view: View): string {
  if (output === 'name') return report.objects.map(nameOf).join('\n');
  if (output === 'json' || output === 'yaml') {
    const [first] = report.objects;
    const objects = report.single && first !== undefined ? bare(first) : listOf(report.objects);
    const document = report.document ?? objects;
    return output === 'json' ? JSON.stringify(document, null, 2) : yamlOf(document);
  }
  return report.lines(view).join('\n');
}

const listOf = (objects: readonly KubeObject[]): object => ({
  apiVersion: 'v1',
  kind: 'List',
  items: objects.map(bare),
});

/** Without `managedFields`, as kubectl prints objects. */
function bare(object: KubeObject): object {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `remediation.homeostat.dev/restart-leaky-9a2c`, which every command takes in place of a name. */
const nameOf = ({ kind = '', apiVersion = '', metadata }: KubeObject): string => {
  const [of] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return `${kind.toLowerCase()}${of === '' || of === undefined ? '' : `.${of}`}/${metadata.name}`;
};

/** The objects with the kind that a list leaves out. */
export const typed = <T extends KubeObject>(resource: Resource, objects: readonly T[]): T[] =>
  objects.map((object) => ({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }));

/** The API group whose suffix names may carry. */
export const ownGroup = group;
