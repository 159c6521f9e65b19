/**
 * Anycast: to any one of a group. What is sent while no member is there waits for one.
 *
 *   ──> anycast:GROUP ──> one of its members
 */

import type { Declaration } from '../connection/topology.ts'
import { UnsupportedByBroker } from '../errors.ts'
import type { Schema } from '../message/schema.ts'
import type { DeadLetters } from '../receiving/dead-letters.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import { type Dispatch, type WorkQueue, workQueue } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import {
  type MessageHandler,
  Pattern,
  type PatternContext,
  type PatternOptions,
  type SendOptions,
  type SentData,
} from './pattern.ts'

export interface AnycastOptions<Data extends Schema = Schema> extends PatternOptions<Data> {
  /**
   * Which member gets a message: `round-robin`, the default, in turn; `random`; `least-loaded`, the one that could take
   * most beside what it has. All of the group say the same. The last two: Signalbox.
   */
  readonly dispatch?: Dispatch
}

const KIND = 'anycast'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Anycast<Data = any> extends Pattern<Data> {
  protected readonly kind = KIND
  private readonly queue: WorkQueue

  /** @throws UnsupportedByBroker */
  constructor(context: PatternContext & { readonly options: AnycastOptions }) {
    super(context)
    const { core, name, options } = context
    const { dispatch = 'round-robin' } = options
    if (dispatch !== 'round-robin' && !core.broker.isSignalbox) {
      throw new UnsupportedByBroker('anycast: dispatch', core.broker.name, 'its queues serve consumers in turn')
    }
    this.queue = this.workQueue(name, dispatch)
  }

  /** Resolves when the message is in the queue of the group. @returns its message id */
  async send(data: SentData<Data>, options: SendOptions = {}): Promise<string> {
    await this.core.declare(this.declarations)
    return this.sendTo('', this.prefix, data, options)
  }

  /** As one of the group. What it does not finish goes to another one. */
  receive(handler: MessageHandler<Data>, options: ReceiveOptions = {}): Promise<Stoppable> {
    return this.receiveDurably(KIND, this.queue, handler, options, this.declarations)
  }

  /** What the group gave up. */
  dead(): DeadLetters<SentData<Data>> {
    return this.deadLetters(KIND, this.name)
  }

  private get declarations(): Declaration[] {
    return workQueue(KIND, this.queue, this.core.broker)
  }
}
