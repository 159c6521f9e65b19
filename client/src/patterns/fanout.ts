/**
 * A copy for each who receives: what multicast and broadcast share. A member has a durable queue from when it first
 * receives until it leaves: what is sent while it is away waits.
 *
 *   ──> KIND:NAME (fanout) ──> KIND:NAME:MEMBER
 */
import type { Declaration } from '../connection/topology.ts'
import type { DeadLetters } from '../receiving/dead-letters.ts'
import { checkName } from '../receiving/names.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { type MessageHandler, Pattern, type SendOptions, type SentData } from './pattern.ts'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export abstract class Fanout<Data = any> extends Pattern<Data> {
  /** Resolves when it is in the queue of each; that there is none is no error. @returns its message id */
  async send(data: SentData<Data>, options: SendOptions = {}): Promise<string> {
    await this.core.declare([this.exchange])
    return this.sendTo(this.prefix, '', data, options)
  }

  /** What the member gave up. */
  dead(member: string): DeadLetters<SentData<Data>> {
    checkName('member', member)
    return this.deadLetters(this.prefix, member)
  }

  /** The member gets no more copies; to be stopped before. What waits for it is gone, but for its dead letters. */
  async leave(member: string): Promise<void> {
    checkName('member', member)
    await this.core.deleteQueue(queueName(this.prefix, member))
  }

  protected receiveCopies(member: string, handler: MessageHandler<Data>, options: ReceiveOptions): Promise<Stoppable> {
    checkName('member', member)
    return this.receiveAs(member, handler, options, this.copiesTo(queueName(this.prefix, member)))
  }

  protected copiesTo(queue: string): Declaration[] {
    return [this.exchange, { kind: 'binding', from: this.prefix, to: queue, key: '' }]
  }

  private get exchange(): Declaration {
    return { kind: 'exchange', name: this.prefix, type: 'fanout', options: { durable: true } }
  }
}
