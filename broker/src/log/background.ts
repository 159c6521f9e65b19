/** One background job at a time, so that background writing never starves the journal: jobs queue behind each other. */
export class Background {
  private tail: Promise<void> = Promise.resolve()
  private readonly onError: (error: Error) => void

  /** @param onError hears of a job that failed and that nobody waits for. */
  constructor(onError: (error: Error) => void) {
    this.onError = onError
  }

  /** Starts the job when those before it are done. */
  start(job: () => Promise<void>): void {
    this.tail = this.tail.then(job).catch(this.onError)
  }

  /** The same for a job that somebody waits for, who hears of its failure. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const done = this.tail.then(job)
    this.tail = done.then(
      () => {},
      () => {},
    )
    return done
  }

  /** All jobs started so far are done. */
  idle(): Promise<void> {
    return this.tail
  }
}
