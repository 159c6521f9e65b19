/** How large the bodies are that publishers send, in the classes that RabbitMQ's histogram has. Two increments a message. */

/** Upper bounds of the classes, bytes; the last has none. */
export const SIZE_BOUNDS = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 50_000_000, 100_000_000] as const

export class MessageSizes {
  /** By class. */
  readonly counts = new Float64Array(SIZE_BOUNDS.length + 1)
  /** Of all together. */
  bytes = 0

  add(bytes: number): void {
    let at = 0
    while (at < SIZE_BOUNDS.length && bytes > SIZE_BOUNDS[at]) at++
    this.counts[at]++
    this.bytes += bytes
  }
}
