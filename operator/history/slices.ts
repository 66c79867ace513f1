/** Works for so long before timers and sockets get their turn. */
const sliceMs = 4;

/**
 * For long work in small pieces: the function that is answered is awaited between them, and lets others have their turn when
 * this one has lasted.
 */
export function nextTurn(): () => Promise<void> | undefined {
  let startedMs = performance.now();
  return () => {
    if (performance.now() - startedMs < sliceMs) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        startedMs = performance.now();
        resolve();
      }),
    );
  };
}
