/** Answers a value that is equal to the given one: the same one each time, as long as it is asked for now and then. */
export type Share = <T>(value: T) => T;

/** Answers what it is given. */
export const unshared: Share = (value) => value;

/**
 * Lets those have one value that have equal ones, as pods of a workload have their labels, so that it is kept once. What
 * is shared must be plain data that nobody changes. It knows of those that were asked for last, `most` to twice as many,
 * whatever comes.
 */
export function sharing(most = 8192): Share {
  let known = new Map<string, unknown>();
  let before = new Map<string, unknown>();
  return <T>(value: T): T => {
    const key = JSON.stringify(value) as string | undefined;
    if (key === undefined) return value;
    const had = known.get(key);
    if (had !== undefined) return had as T;
    if (known.size >= most) [before, known] = [known, new Map()];
    const shared = before.get(key) ?? value;
    known.set(key, shared);
    return shared as T;
  };
}
