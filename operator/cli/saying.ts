/** Says something to several objects, one after the other: what fails for one does not keep it from the others. */
import { hasReason, type KubeObject, type Resource } from '../kube/api.ts';
import { failureOf } from './errors.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { read, referenceOf, type Reference } from './find.ts';
import { typed } from './output.ts';
import type { Session } from './session.ts';
import type { Wish } from './wishes.ts';

/** Who wrote it, in `managedFields`. */
export const fieldManager = 'homeostat-cli';

/** How often it is tried again when somebody writes at the same moment. */
const tries = 5;

/** Sends what `wish` makes of the object as it is now; looked at anew when somebody was faster. */
export async function say<T extends KubeObject>(
  session: Session,
  { resource, name }: Reference,
  wish: (object: T) => Wish,
): Promise<{ readonly object: T; readonly said: string }> {
  for (let left = tries; ; left--) {
    const object = await read<T>(session, { resource, name });
    const wished = wish(object);
    if (wished.is === 'Already') return { object, said: wished.said };
    try {
      const { namespace } = object.metadata;
      const written = await session.api.patch<T>(resource, { name, namespace }, wished.patch, { fieldManager });
      return { object: written, said: wished.said };
    } catch (error) {
      if (left <= 1 || !hasReason(error, 'Conflict')) throw error;
    }
  }
}

/** `remediation restart-leaky-9a2c: approved by alice`, for each of the names; the code of the first that failed. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the kind of object that `wish` is about
export async function sayToEach<T extends KubeObject>(
  session: Session,
  resource: Resource,
  names: readonly string[],
  wish: (object: T) => Wish,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.fine;
  const lines: string[] = [];
  const objects: T[] = [];
  for (const word of names) {
    try {
      const reference = referenceOf([word], [resource]);
      if (typeof reference === 'string') continue;
      const { object, said } = await say(session, reference, wish);
      lines.push(`${resource.kind.toLowerCase()} ${reference.name}: ${said}`);
      objects.push(...typed(resource, [object]));
    } catch (error) {
      const failure = failureOf(error, session.options);
      session.options.tell(`error: ${failure.message}\n`);
      if (code === exitCodes.fine) code = failure.code;
    }
  }
  session.show({ lines: () => lines, objects, ...(names.length === 1 ? { single: true } : {}) });
  return code;
}
