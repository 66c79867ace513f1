import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A rule of a ClusterRole, as the chart writes it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = (file: string): unknown => parse(readFileSync(`charts/homeostat/files/rbac/${file}`, 'utf8'));

/** What the chart grants the operator whatever is switched on. */
export const operatorRules = read('operator.yaml') as readonly Rule[];
/** What it grants for each action that is switched on. */
export const actionRules = read('actions.yaml') as Readonly<Record<string, readonly Rule[]>>;

const values = parse(readFileSync('charts/homeostat/values.yaml', 'utf8')) as {
  readonly operator: { readonly actions: Readonly<Record<string, boolean>> };
};
/** Whether the chart's own values let the operator do this. */
export const isOnByDefault = (action: string): boolean => values.operator.actions[action] === true;

/** What it grants in the namespace of the shared Leases of nodes, when these are shared. */
export const nodeLeaseRules = read('node-leases.yaml') as readonly Rule[];

/** Each permission as a line, such as `patch apps/deployments/scale`; the core group is empty. */
export const permissionsOf = (rules: readonly Rule[]): string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((what) => verbs.map((verb) => `${verb} ${group}/${what}`))),
  );
