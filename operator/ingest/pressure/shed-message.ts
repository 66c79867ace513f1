/** The leader tells on the stream what it did not judge, so that a replay can tell it, and do the same. */

/** While anything is shed it is told again after so long, so that a recording may begin anywhere. */
export const shedRepeatMs = 300_000;

/** From an event time on these policies were shed, and no others. */
export interface ShedMessage {
  readonly atMs: number;
  /** `namespace/name`. */
  readonly policies: readonly string[];
  /** Frames that were stored between these two times, both exclusive, were not read. */
  readonly skipped?: Skipped | undefined;
}

export interface Skipped {
  readonly afterMs: number;
  readonly beforeMs: number;
}

const version = 1;

/** As JSON: numbers come back to the bit. */
export const encodeShed = (message: ShedMessage): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ version, ...message }));

/** The inverse; undefined for what is not understood. */
export function decodeShed(data: Uint8Array): ShedMessage | undefined {
  try {
    const told = JSON.parse(new TextDecoder().decode(data)) as Partial<ShedMessage> & { version?: unknown };
    if (told.version !== version || typeof told.atMs !== 'number' || !Array.isArray(told.policies)) return undefined;
    const policies = told.policies.filter((each): each is string => typeof each === 'string');
    return { atMs: told.atMs, policies, ...(told.skipped && { skipped: told.skipped }) };
  } catch {
    return undefined;
  }
}
