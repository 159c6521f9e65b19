/**
 * LISTENs on a connection of its own, and does so again when that is lost. A notification says only that there is
 * something; whoever is woken looks for itself, and looks from time to time without one.
 */
import { onConnection, type Pool, quoted } from './database.ts'
import { pauseMs, Wake } from './wake.ts'

export class Listener {
  private readonly pool: Pool
  private readonly channel: string
  private readonly onNotification: () => void
  private readonly onError: (error: Error) => void
  /** The connection is gone, or is to go. */
  private readonly over = new Wake()
  private stopping = false

  constructor(pool: Pool, channel: string, onNotification: () => void, onError: (error: Error) => void) {
    this.pool = pool
    this.channel = channel
    this.onNotification = onNotification
    this.onError = onError
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    for (let failures = 0; !this.stopping; failures++) {
      try {
        await this.listen(() => (failures = 0))
      } catch (error) {
        if (this.stopping) return
        this.onError(error as Error)
        await this.over.sleep(pauseMs(failures))
      }
    }
  }

  stop(): void {
    this.stopping = true
    this.over.signal()
  }

  private listen(started: () => void): Promise<never> {
    let loss: Error | null = null
    const lost = (error: Error): void => {
      loss = error
      this.over.signal()
    }
    return onConnection(
      this.pool,
      async (connection) => {
        connection.on('notification', this.onNotification)
        await connection.query(`LISTEN ${quoted(this.channel)}`)
        started()
        // What was said before is lost.
        this.onNotification()
        if (!this.stopping) await this.over.sleep(Number.POSITIVE_INFINITY)
        // A connection that listens goes back to nobody: an error closes it.
        throw loss ?? new Error('stopped')
      },
      lost,
    )
  }
}
