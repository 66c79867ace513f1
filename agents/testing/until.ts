/** Waits until `met` gives something, looking every 20 ms. Throws with `what` after `withinMs`. */
export async function until<T>(
  what: string,
  met: () => Promise<T | undefined> | T | undefined,
  withinMs = 90_000,
): Promise<T> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const found = await met();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
