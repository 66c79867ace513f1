/**
 * How long a test waits for what other processes bring about. Long, for a busy machine is not a defect: what a test has to
 * say about time, it measures.
 */
export const patienceMs = 90_000;

/** Waits until `ask` answers something, asked fifty times a second; the last error is the cause when it does not. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const endMs = Date.now() + patienceMs;
  let problem: unknown;
  do {
    try {
      const found = await ask();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (Date.now() < endMs);
  throw new Error(`${what} did not come about within ${patienceMs / 1000} s`, { cause: problem });
}
