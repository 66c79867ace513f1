import { stringify } from 'yaml';

/**
 * A value as YAML that means the same to every reader: kubectl and the API server read texts such as `yes`, `on` and
 * `12:30:45` by YAML 1.1 as something else, so they are quoted.
 */
export const yamlOf = (value: unknown): string => stringify(value, { compat: 'yaml-1.1', lineWidth: 0 }).trimEnd();
