/**
 * Orders `numbers` from `from` to before `end` only so far that the one of rank `k` (an index in that range) stands in
 * its place, and answers it. Quickselect (Hoare 1961, "Algorithm 65: FIND") with the median of three as its pivot:
 * linear on average, in place, always the same steps for the same numbers. There must be no NaN among them.
 */
export function select(numbers: Float64Array, from: number, end: number, k: number): number {
  let low = from;
  let high = end - 1;
  while (low < high) {
    const pivot = middleOf(numbers[low] as number, numbers[(low + high) >> 1] as number, numbers[high] as number);
    let i = low;
    let j = high;
    while (i <= j) {
      while ((numbers[i] as number) < pivot) i++;
      while ((numbers[j] as number) > pivot) j--;
      if (i > j) break;
      const swapped = numbers[i] as number;
      numbers[i++] = numbers[j] as number;
      numbers[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return numbers[k] as number;
}

/** The median of a range, which is reordered: of an even number, the mean of the two in the middle. NaN of none. */
export function medianOf(numbers: Float64Array, from: number, end: number): number {
  const count = end - from;
  if (count <= 0) return NaN;
  const upper = select(numbers, from, end, from + (count >> 1));
  if ((count & 1) === 1) return upper;
  let lower = numbers[from] as number;
  for (let i = from + 1; i < from + (count >> 1); i++) if ((numbers[i] as number) > lower) lower = numbers[i] as number;
  return (lower + upper) / 2;
}

const middleOf = (a: number, b: number, c: number): number =>
  a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
