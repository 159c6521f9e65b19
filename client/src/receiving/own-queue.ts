/**
 * A queue for one who listens: gone when it no longer listens, and soon after its process died. It outlives connections,
 * so that what comes while the client reconnects is not lost; a transient one could not on every broker.
 */
import { randomUUID } from 'node:crypto'
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { joined } from './names.ts'

/** How long the broker keeps it for a client that is away. */
const EXPIRES_MS = 300_000

export class OwnQueue {
  readonly name: string
  private readonly core: Core
  private readonly declarations: readonly Declaration[]
  private readonly staysOpen: () => void

  /** @param bindings what is to be declared beside it, once it has its name */
  constructor(
    core: Core,
    prefix: string,
    args: Readonly<Record<string, unknown>>,
    bindings: (name: string) => readonly Declaration[],
  ) {
    this.core = core
    this.name = joined(prefix, core.clientId, randomUUID())
    const queue = {
      kind: 'queue',
      name: this.name,
      options: { durable: true, expires: EXPIRES_MS, arguments: args },
    } as const
    this.declarations = [queue, ...bindings(this.name)]
    this.staysOpen = core.beforeDisconnect(() => this.delete())
  }

  async open(): Promise<void> {
    try {
      await this.core.declareForConsumer(this.declarations)
    } catch (error) {
      await this.delete().catch(() => {})
      throw error
    }
  }

  /** Its consumers should have been stopped. */
  async delete(): Promise<void> {
    this.staysOpen()
    await this.core.deleteQueue(this.name)
  }
}
