/**
 * Broadcast: to everyone who listens. Who has a name gets later what came while it was away; who has none misses it, a
 * reconnect apart.
 *
 *   ──> broadcast:NAME (fanout) ──> broadcast:NAME:MEMBER, and a queue for each who listens without a name
 */
import type { ReceiveOptions } from '../receiving/receiver.ts'
import type { Stoppable } from '../stoppable.ts'
import { Fanout } from './fanout.ts'
import type { MessageHandler } from './pattern.ts'

export interface ListenOptions extends ReceiveOptions {
  /**
   * The name of who listens: it misses nothing from its first listening on until it leaves, what fails is tried again,
   * and at last a dead letter. Of several who listen by one name, one gets all. Default: none, what is sent meanwhile is
   * missed.
   */
  readonly as?: string | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Broadcast<Data = any> extends Fanout<Data> {
  protected readonly kind = 'broadcast'

  /** Until it is stopped. Without a name, what the handler throws is told to the client, and the next message comes. */
  async listen(handler: MessageHandler<Data>, { as, ...options }: ListenOptions = {}): Promise<Stoppable> {
    if (as !== undefined) return this.receiveCopies(as, handler, options)
    return this.receiveWhileThere(handler, options, (queue) => this.copiesTo(queue))
  }
}
