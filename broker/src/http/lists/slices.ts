/** Work on many things in slices, between which others have their turn of the event loop. */

/** Of things that are looked at: a millisecond or three, with a pattern to be matched. */
const LOOKS = 500
/** Of things that are sorted or merged. */
const SLICE = 1000

/** Calls `visit` for each. */
export async function eachInSlices<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  let left = LOOKS
  for (const item of items) {
    if (left-- === 0) {
      left = LOOKS - 1
      await othersTurn()
    }
    visit(item)
  }
}

/** Merge sort; what compares as equal keeps its order. */
export async function sortInSlices<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for (let from = 0; from < items.length; from += SLICE) {
    runs.push(items.slice(from, from + SLICE).sort(compare))
    await othersTurn()
  }
  while (runs.length > 1) {
    const longer: T[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      longer.push(i + 1 < runs.length ? await mergeInSlices(runs[i], runs[i + 1], compare) : runs[i])
    }
    runs = longer
  }
  return runs[0] ?? []
}

/** Of two that are sorted; of equal ones that of `a` comes first. */
export async function mergeInSlices<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  if (b.length === 0) return a as T[]
  const merged: T[] = []
  let i = 0
  let j = 0
  let left = SLICE * 4
  while (i < a.length || j < b.length) {
    if (left-- === 0) {
      left = SLICE * 4
      await othersTurn()
    }
    const takesB = i === a.length || (j < b.length && compare(a[i], b[j]) > 0)
    merged.push(takesB ? b[j++] : a[i++])
  }
  return merged
}

export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
