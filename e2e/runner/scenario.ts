import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

/** Where a write is expected to be seen. Exactly one of `value`, `absent` and `deleted`. */
export interface WriteExpectation {
  readonly kind: 'Pod' | 'Node' | 'Deployment';
  /** JSON pointer into the object. */
  readonly path?: string;
  readonly value?: unknown;
  readonly absent?: boolean;
  /** The object has a deletion timestamp or is gone. */
  readonly deleted?: boolean;
}

/** How the fault begins. */
export type Fault =
  /** Runs a command in the first pod labelled `app: victim`; the fault's own time comes from its log, see `mark`. */
  | { readonly exec: readonly string[] }
  /** Stops the kubelet of the victim node with SIGSTOP: it neither answers nor dies. */
  | { readonly kubelet: 'pause' }
  /** Applies manifests. */
  | { readonly apply: string };

/** A fault, what must follow, and what must not. Times are in seconds from the fault unless said otherwise. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** `real`: needs nodes with a kubelet and cgroups. */
  readonly nodes: 'real' | 'any';
  /** It breaks a node: it runs while no other scenario does, on the last real node. */
  readonly alone?: boolean;
  /** Its policies and plans belong to the operator's own namespace, because they reach nodes. */
  readonly root?: boolean;
  /** Manifests of the workload; the namespace is the scenario's own. */
  readonly objects?: string;
  /** Example files below `crds/examples` to apply: policies and plans. */
  readonly examples?: readonly string[];
  /** Waited for after the workload is ready and before the fault. */
  readonly settleSeconds: number;
  readonly fault: Fault;
  /** The n-th line `<epoch seconds> FAULT` in the victim's log is the moment of the fault; without it, when the fault command returned. */
  readonly mark?: number;
  /** A twin of the workload in a namespace without policies has the same fault: how much later did it die? */
  readonly twin?: boolean;
  readonly expect: Expectation;
}

export type Expectation =
  | {
      readonly remediation: { readonly plan: string; readonly targetKind: string };
      readonly write: WriteExpectation;
      /** Ends the fault after the write. */
      readonly recover?: { readonly exec?: readonly string[]; readonly kubelet?: 'resume' };
      /** The state after the undo. */
      readonly undone?: WriteExpectation;
      readonly withinSeconds: number;
    }
  | {
      /** Nothing may be written to a target during this time. */
      readonly nothingForSeconds: number;
      /** A policy that must have fired all the same: it saw, and was not allowed to act. */
      readonly butFiring?: string;
    };

const write = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['Pod', 'Node', 'Deployment'] },
    path: { type: 'string' },
    value: {},
    absent: { type: 'boolean' },
    deleted: { type: 'boolean' },
  },
} as const;
const command = { type: 'array', items: { type: 'string' }, minItems: 1 } as const;
const schema = {
  type: 'object',
  required: ['name', 'title', 'nodes', 'settleSeconds', 'fault', 'expect'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,30}$' },
    title: { type: 'string' },
    nodes: { enum: ['real', 'any'] },
    alone: { type: 'boolean' },
    root: { type: 'boolean' },
    objects: { type: 'string' },
    examples: { type: 'array', items: { type: 'string' } },
    settleSeconds: { type: 'number', minimum: 0 },
    mark: { type: 'integer', minimum: 1 },
    twin: { type: 'boolean' },
    fault: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      properties: { exec: command, kubelet: { const: 'pause' }, apply: { type: 'string' } },
    },
    expect: {
      type: 'object',
      additionalProperties: false,
      properties: {
        remediation: {
          type: 'object',
          required: ['plan', 'targetKind'],
          additionalProperties: false,
          properties: { plan: { type: 'string' }, targetKind: { type: 'string' } },
        },
        write,
        recover: {
          type: 'object',
          additionalProperties: false,
          properties: { exec: command, kubelet: { const: 'resume' } },
        },
        undone: write,
        withinSeconds: { type: 'number' },
        nothingForSeconds: { type: 'number' },
        butFiring: { type: 'string' },
      },
      oneOf: [{ required: ['remediation', 'write', 'withinSeconds'] }, { required: ['nothingForSeconds'] }],
    },
  },
} as const;

const check = new Ajv({ allErrors: true }).compile<Scenario>(schema);

/** Reads a scenario file; throws an error that names the file and the field. */
export const readScenario = (file: string): Scenario => {
  const value: unknown = parse(readFileSync(file, 'utf8'));
  if (!check(value))
    throw new Error(
      `${file}: ${(check.errors ?? []).map((e) => `${e.instancePath || '/'} ${e.message ?? ''}`).join('; ')}`,
    );
  if (`${value.name}.yaml` !== basename(file))
    throw new Error(`${file}: name is ${value.name}: name the file after it`);
  return value;
};
