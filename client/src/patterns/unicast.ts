/**
 * Unicast: to one receiver by its name. The receiver has a durable queue from when it first receives until it is removed:
 * what is sent while it is away waits. Sent to a name that never received, a message is refused, not lost.
 *
 *   ──> unicast:NAME:RECEIVER
 */
import type { DeadLetters } from '../receiving/dead-letters.ts'
import { checkName } from '../receiving/names.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { type MessageHandler, Pattern, type SendOptions, type SentData } from './pattern.ts'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Unicast<Data = any> extends Pattern<Data> {
  protected readonly kind = 'unicast'

  /** Resolves when the message is in the receiver's queue. @returns its message id. @throws Unroutable: there is no such receiver */
  async send(to: string, data: SentData<Data>, options: SendOptions = {}): Promise<string> {
    checkName('receiver', to)
    return this.sendTo('', queueName(this.prefix, to), data, options)
  }

  /** As the receiver of that name. Of several who are one receiver, one gets all; the others take over when it goes. */
  async receive(receiver: string, handler: MessageHandler<Data>, options: ReceiveOptions = {}): Promise<Stoppable> {
    checkName('receiver', receiver)
    return this.receiveAs(receiver, handler, options)
  }

  /** What the receiver gave up. */
  dead(receiver: string): DeadLetters<SentData<Data>> {
    checkName('receiver', receiver)
    return this.deadLetters(this.prefix, receiver)
  }

  /** There is no such receiver any more; to be stopped before. What waits for it is gone, but for its dead letters. */
  async remove(receiver: string): Promise<void> {
    checkName('receiver', receiver)
    await this.core.deleteQueue(queueName(this.prefix, receiver))
  }
}
