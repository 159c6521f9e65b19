/**
 * A queue: a log with a ledger. The log keeps the messages; the ledger here says which are ready: everything
 * from `head` on was never handed out, and `returned` holds what came back. What is neither ready nor settled is
 * acquired: with a consumer, not yet settled. Trade: the ledger is offsets only, never an object per message.
 */
import type { TurnTask } from '../../base/turn.ts'
import { type Turn, TurnPhase } from '../../base/turn.ts'
import { type Log, Seek } from '../../log/engine.ts'
import { OffsetSet } from '../../log/offset-set.ts'
import { MessageView } from '../../record/message.ts'
import type { Headers } from '../routing/exchange.ts'
import { type Subscription, SubscriptionRing } from './subscription.ts'

/** The connection that exclusive queues belong to; they are deleted when it ends. */
export interface QueueOwner {
  readonly exclusiveQueues: Set<Queue>
}

export interface QueueOptions {
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  /** Null when the queue is shared. */
  readonly exclusiveTo: QueueOwner | null
  readonly arguments: Headers
}

/** What a queue needs of its surroundings. */
export interface QueueContext {
  readonly turn: Turn
  /** Calls back once, after the next round became durable. */
  afterDurable(task: () => void): void
  /** The log could not give a record: damage in a file, or no file to be had. Calls `again` a little later. */
  damaged(queue: Queue, error: Error, again: () => void): void
  /** The last consumer of an auto-delete queue has left. */
  unused(queue: Queue): void
}

export interface QueueCounters {
  published: number
  delivered: number
  deliveredNoAck: number
  got: number
  gotNoAck: number
  getEmpty: number
  acknowledged: number
  redelivered: number
}

/** Messages handed out before other work of the turn gets its chance. */
const DELIVER_BATCH = 32768

export class Queue implements TurnTask {
  readonly kind = 'queue'
  scheduled = false
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly exclusiveTo: QueueOwner | null
  readonly arguments: Headers
  readonly log: Log
  readonly subscriptions = new Set<Subscription>()
  readonly counters: QueueCounters = {
    published: 0,
    delivered: 0,
    deliveredNoAck: 0,
    got: 0,
    gotNoAck: 0,
    getEmpty: 0,
    acknowledged: 0,
    redelivered: 0,
  }
  /** Set once the queue is deleted: every later use finds it gone. */
  gone = false
  private readonly context: QueueContext
  private readonly ring = new SubscriptionRing()
  private readonly view = new MessageView()
  private head: number
  private readonly returned = new OffsetSet()
  private acquired = 0
  /** What `find` found had come back. */
  private again = false
  private waiting = false
  private readers: (() => void)[] = []
  private readonly wake = (): void => {
    this.waiting = false
    const { readers } = this
    this.readers = []
    for (const read of readers) read()
    if (!this.gone) this.wakeUp()
  }
  private readonly loaded = (error: Error | null): void => {
    if (error === null) this.wake()
    else this.context.damaged(this, error, this.wake)
  }

  constructor(options: QueueOptions, log: Log, context: QueueContext) {
    this.vhost = options.vhost
    this.name = options.name
    this.durable = options.durable
    this.autoDelete = options.autoDelete
    this.exclusiveTo = options.exclusiveTo
    this.arguments = options.arguments
    this.log = log
    this.context = context
    this.head = log.settledBelow
  }

  get ready(): number {
    return this.log.unsettled - this.acquired
  }

  get unacknowledged(): number {
    return this.acquired
  }

  /** Called after messages were appended to the log. */
  wakeUp(): void {
    if (this.ring.current !== null && !this.waiting) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  // Consumers

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription)
  }

  unsubscribe(subscription: Subscription): void {
    this.ring.leave(subscription)
    if (!this.subscriptions.delete(subscription)) return
    if (this.autoDelete && this.subscriptions.size === 0 && !this.gone) this.context.unused(this)
  }

  get hasExclusiveConsumer(): boolean {
    for (const subscription of this.subscriptions) return subscription.exclusive
    return false
  }

  /** The subscription has credit: it is served in turn from now on. */
  want(subscription: Subscription): void {
    this.ring.enter(subscription)
    this.wakeUp()
  }

  /** The subscription takes nothing for the moment. */
  rest(subscription: Subscription): void {
    this.ring.leave(subscription)
  }

  /** Deliveries of one turn. */
  runTurn(): void {
    const { ring, log, view } = this
    if (this.waiting || this.gone) return
    for (let left = DELIVER_BATCH; left > 0; left--) {
      const subscription = ring.current
      if (subscription === null) return
      if (!this.find()) return
      const offset = view.offset
      const redelivered = this.again || log.maybeDelivered(offset) || log.returns(offset) > 0
      this.take(offset)
      ring.current = subscription.ringNext
      if (redelivered) this.counters.redelivered++
      if (subscription.noAck) {
        this.counters.deliveredNoAck++
        subscription.deliver(view, redelivered)
        log.settle(offset)
      } else {
        this.counters.delivered++
        this.acquired++
        subscription.deliver(view, redelivered)
      }
    }
    this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /**
   * Takes the first ready message for a `basic.get`. With `noAck` it is settled at once, otherwise acquired.
   * `wait`: there is one that cannot be read yet; try again in `whenReadable`.
   */
  get(noAck: boolean, use: (view: MessageView, redelivered: boolean) => void): 'got' | 'empty' | 'wait' {
    if (this.gone) return 'empty'
    if (this.waiting) return 'wait'
    if (this.ready === 0 || !this.find()) {
      if (this.waiting) return 'wait'
      this.counters.getEmpty++
      return 'empty'
    }
    const { view, log } = this
    const { offset } = view
    const redelivered = this.again || log.maybeDelivered(offset) || log.returns(offset) > 0
    this.take(offset)
    if (redelivered) this.counters.redelivered++
    this.acquired++
    use(view, redelivered)
    if (noAck) {
      this.counters.gotNoAck++
      this.acquired--
      log.settle(offset)
    } else {
      this.counters.got++
    }
    return 'got'
  }

  /** Calls `task` once the queue no longer waits for its log. */
  whenReadable(task: () => void): void {
    if (this.waiting) this.readers.push(task)
    else task()
  }

  // Settling

  /** The consumer is done with it. */
  acknowledge(offset: number): void {
    this.acquired--
    this.counters.acknowledged++
    this.log.settle(offset)
  }

  /** The consumer rejected it for good. */
  discard(offset: number): void {
    this.acquired--
    this.log.settle(offset)
  }

  /** Back to its place in the queue, to be delivered again. */
  requeue(offset: number): void {
    this.acquired--
    if (this.gone) return
    this.log.setReturns(offset, this.log.returns(offset) + 1)
    this.returned.add(offset)
    this.wakeUp()
  }

  /** Settles all ready messages. @returns how many there were. */
  purge(): number {
    const count = this.ready
    const { log, returned } = this
    for (let offset = returned.first(); offset >= 0; offset = returned.first()) {
      returned.delete(offset)
      log.settle(offset)
    }
    if (log.endOffset > this.head) log.settleRange(this.head, log.endOffset)
    this.head = log.endOffset
    return count
  }

  /** The queue is deleted: consumers are told, nothing is delivered any more. */
  end(): void {
    this.gone = true
    for (const subscription of this.subscriptions) {
      this.ring.leave(subscription)
      subscription.queueGone()
    }
    this.subscriptions.clear()
  }

  /** Finds the first ready message and describes it in `view`. False: none, or it cannot be read yet and `waiting` is set. */
  private find(): boolean {
    const { log, view, returned } = this
    const again = (this.again = returned.size > 0)
    const from = again ? returned.first() : this.head
    const result = log.seek(from, view)
    if (result === Seek.cold) {
      this.waiting = true
      log.load(from, this.loaded)
      return false
    }
    if (again && (result === Seek.end || view.offset !== from)) {
      // It cannot be read any more: what lies behind it may be with a consumer, or was never handed out.
      returned.delete(from)
      return this.find()
    }
    if (result === Seek.end) return false
    if (!again && !log.mayDeliver(view.offset)) {
      this.waiting = true
      this.context.afterDurable(this.wake)
      return false
    }
    return true
  }

  private take(offset: number): void {
    if (this.again) this.returned.delete(offset)
    else this.head = offset + 1
  }
}
