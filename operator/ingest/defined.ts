/** `T` with members absent that may be undefined. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Without members that are undefined. An object that has none is left as it was written: so it takes the least room. */
export function defined<T extends object>(object: T): Defined<T>;
export function defined(object: object): object {
  const entries = Object.entries(object);
  const kept = entries.filter(([, value]) => value !== undefined);
  return kept.length === entries.length ? object : Object.fromEntries(kept);
}
