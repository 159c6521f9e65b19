/** A sleep that ends early when there is something to do, also when that was said before it began. */
export class Wake {
  private pending = false
  private end: (() => void) | null = null

  signal(): void {
    this.pending = true
    this.end?.()
  }

  async sleep(ms: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, ms)
        this.end = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.end = null
    }
    this.pending = false
  }
}

/** Grows with each failure in a row, up to 5 s, and differs from process to process. */
export function pauseMs(failures: number): number {
  return Math.min(100 * 2 ** failures, 5000) * (0.5 + Math.random())
}
