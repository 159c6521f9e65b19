/**
 * How often the heap was cleaned. Counted from the first call on: as long as nobody asks, nobody is told of each time.
 */
import { PerformanceObserver } from 'node:perf_hooks'

let observer: PerformanceObserver | null = null
let count = 0

export function garbageCollections(): number {
  if (observer === null) {
    observer = new PerformanceObserver((list) => {
      count += list.getEntries().length
    })
    observer.observe({ entryTypes: ['gc'] })
  }
  return count
}
