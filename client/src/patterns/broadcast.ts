/**
 * Broadcast: to everyone who listens now, a reconnect in between included. Who is not there misses it.
 *
 *   ──> broadcast.NAME (fanout) ──> a queue for each who listens
 */
import type { Declaration } from '../connection/topology.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import type { Stoppable } from '../stoppable.ts'
import { type MessageHandler, Pattern, type SendOptions, type SentData } from './pattern.ts'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Broadcast<Data = any> extends Pattern<Data> {
  protected readonly kind = 'broadcast'

  /** Resolves when it is on its way to all who listen; nobody is no error. @returns its message id */
  async send(data: SentData<Data>, options: SendOptions = {}): Promise<string> {
    await this.core.declare([this.exchange])
    return this.sendTo(this.prefix, '', data, options)
  }

  /** Until it is stopped. What the handler throws is told to the client, and the next message comes. */
  listen(handler: MessageHandler<Data>, options: ReceiveOptions = {}): Promise<Stoppable> {
    const { exchange, prefix } = this
    return this.receiveWhileThere(handler, options, (queue) => [
      exchange,
      { kind: 'binding', from: prefix, to: queue, key: '' },
    ])
  }

  private get exchange(): Declaration {
    return { kind: 'exchange', name: this.prefix, type: 'fanout', options: { durable: true } }
  }
}
