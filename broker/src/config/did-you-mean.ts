/** The guess at the name somebody meant. */

/** ` (did you mean X?)` when one candidate is within a typing error or two, else nothing. */
export function didYouMean(written: string, candidates: readonly string[]): string {
  let best = ''
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(written, candidate)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best && ` (did you mean ${best}?)`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
