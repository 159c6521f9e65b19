/**
 * SIGINT and SIGTERM ask a command to end: what it waits for is given up, what it follows is over. A second one ends the
 * process at once. So does a reader of the output who has seen enough of it (`| head`).
 */
const controller = new AbortController()

export const interruption = {
  /** Aborted when the user has had enough. */
  signal: controller.signal,
  /** Nobody reads the output any more. */
  isUnread: false,
  listen(): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(130)
        controller.abort()
      })
    }
  },
  unread(): void {
    this.isUnread = true
    controller.abort()
  },
}
