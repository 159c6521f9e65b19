/** So many at once; who comes later waits for a turn, in order. */

export class Turns {
  private free: number
  private readonly waiting: ((granted: boolean) => void)[] = []

  constructor(atOnce: number) {
    this.free = atOnce
  }

  /** @returns a promise where it has to wait; of false if its turn does not come any more. To be followed by `leave`. */
  take(): true | Promise<boolean> {
    if (this.free > 0) {
      this.free--
      return true
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  leave(): void {
    const next = this.waiting.shift()
    if (next === undefined) this.free++
    else next(true)
  }

  /** Nobody who waits has a turn any more. */
  end(): void {
    for (const next of this.waiting.splice(0)) next(false)
  }
}
