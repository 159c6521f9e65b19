/**
 * SIGINT and SIGTERM ask a command to end: what it waits for is given up, what it follows is over. A second one ends the
 * process at once. So does a reader of the output who has seen enough of it (`| head`).
 */
const controller = new AbortController()

export interface Interruption {
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal
  /** Nobody reads the output any more. */
  isUnread: boolean
  listen(): void
  unread(): void
}

export const interruption: Interruption = {
  signal: controller.signal,
  isUnread: false,
  listen() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(130)
        controller.abort()
      })
    }
  },
  unread() {
    this.isUnread = true
    controller.abort()
  },
}
