const greatest = 3.4028234663852886e38;

/** A number as a closed pane keeps it: the nearest Float32, and of what is beyond all of them the last. */
export function stored(value: number): number {
  const near = Math.fround(value);
  if (Math.abs(near) <= greatest) return near;
  return near > 0 ? greatest : near < 0 ? -greatest : 0;
}
