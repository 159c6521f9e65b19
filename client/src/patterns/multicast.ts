/**
 * Multicast: a copy to every member of a group. A member has a durable queue from when it first joins until it leaves:
 * what is sent while it is away waits.
 *
 *   ──> multicast.GROUP (fanout) ──> multicast.GROUP.MEMBER
 */
import type { Declaration } from '../connection/topology.ts'
import type { DeadLetters } from '../receiving/dead-letters.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { type MessageHandler, Pattern, type SendOptions, type SentData } from './pattern.ts'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Multicast<Data = any> extends Pattern<Data> {
  protected readonly kind = 'multicast'

  /** Resolves when every member has it in its queue; a group without members is no error. @returns its message id */
  async send(data: SentData<Data>, options: SendOptions = {}): Promise<string> {
    await this.core.declare([this.exchange])
    return this.sendTo(this.prefix, '', data, options)
  }

  /** As the member of that name, with what is sent from its first joining on. Of several who are one member, one gets all. */
  join(member: string, handler: MessageHandler<Data>, options: ReceiveOptions = {}): Promise<Stoppable> {
    const { exchange, prefix } = this
    const binding = { kind: 'binding', from: prefix, to: queueName(prefix, member), key: '' } as const
    return this.receiveAs(member, handler, options, [exchange, binding])
  }

  /** What the member gave up. */
  dead(member: string): DeadLetters<SentData<Data>> {
    return this.deadLetters(this.prefix, member)
  }

  /** The member gets no more copies; to be stopped before. What waits for it is gone, but for its dead letters. */
  leave(member: string): Promise<void> {
    return this.core.deleteQueue(queueName(this.prefix, member))
  }

  private get exchange(): Declaration {
    return { kind: 'exchange', name: this.prefix, type: 'fanout', options: { durable: true } }
  }
}
