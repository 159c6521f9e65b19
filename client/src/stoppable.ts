/** What runs until it is stopped, or the client is closed. */
export interface Stoppable {
  /**
   * Takes no more messages, and waits for the handlers that run, up to `graceMs`: unless said, what the client waits.
   * Within one of them it is only begun.
   */
  stop(graceMs?: number): Promise<void>
}
