/** How often somebody logged in, or tried to, by protocol. */

interface Attempts {
  succeeded: number
  failed: number
}

export type LoginProtocol = 'amqp091' | 'kafka' | 'http'

export class LoginAttempts {
  private readonly byProtocol = new Map<LoginProtocol, Attempts>()

  count(protocol: LoginProtocol, succeeded: boolean): void {
    let attempts = this.byProtocol.get(protocol)
    if (attempts === undefined) this.byProtocol.set(protocol, (attempts = { succeeded: 0, failed: 0 }))
    if (succeeded) attempts.succeeded++
    else attempts.failed++
  }

  /** Those of which any was counted. */
  all(): Iterable<readonly [LoginProtocol, Readonly<Attempts>]> {
    return this.byProtocol
  }

  reset(): void {
    this.byProtocol.clear()
  }
}
