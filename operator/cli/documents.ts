import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../kube/api.ts';
import { exitCodes, Failure } from './exit.ts';

/** The objects of YAML or JSON files; one without a namespace gets `namespace`. Throws a `Failure` that names file and line. */
export const objectsIn = (files: readonly string[], namespace: string): KubeObject[] =>
  files.flatMap((file) =>
    documentsIn(file).flatMap((document) => {
      const object = document as Partial<KubeObject> | null;
      if (object === null) return [];
      if (typeof object.metadata?.name !== 'string')
        throw new Failure(exitCodes.failed, `${file}: an object has no metadata.name`);
      return [{ ...object, metadata: { namespace, ...object.metadata } }];
    }),
  );

/** The documents of one YAML file, empty ones as null. */
export function documentsIn(file: string): unknown[] {
  return [...parseAllDocuments(readFileSync(file, 'utf8'))].map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Failure(exitCodes.failed, `${file}: ${error.message}`, { cause: error });
    return document.toJS() as unknown;
  });
}
