/**
 * One call that receives: it stands in the queue's ring like a consumer until it has something, its time is up or its
 * caller is gone. What was handed out together is answered together.
 */
import type { Timer } from '../../base/clock.ts'
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import { traceDelivery } from '../../broker/firehose.ts'
import type { PublishingClient } from '../../broker/operations/publish.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import { Subscription } from '../../broker/queue/subscription.ts'
import type { MessageView } from '../../record/message.ts'
import type { Lease, Leases } from './leases.ts'
import type { ReceivedMessage } from './message-schemas.ts'
import { describeMessage } from './received-message.ts'

/** Of the bodies of one answer; the last message may go beyond. */
const BYTES_MAX = 8 << 20
/** Beyond its time a call waits so long for what is to be read from files. */
const READ_MS_MAX = 5000

export interface ReceiveOptions {
  readonly max: number
  readonly waitMs: number
  readonly leaseMs: number
  readonly asText?: boolean
}

export class Receiver extends Subscription implements TurnTask {
  scheduled = false
  readonly noAck = false
  readonly exclusive = false
  override readonly isConsumer = false
  readonly leases: Lease[] = []
  readonly messages: ReceivedMessage[] = []
  private bytes = 0
  private timer: Timer | null = null
  private over = false
  private expired = false
  private readonly queue: Queue
  private readonly client: PublishingClient
  private readonly all: Leases
  private readonly options: ReceiveOptions
  private readonly done: () => void

  /** @param done called once, when there is something to answer */
  constructor(queue: Queue, client: PublishingClient, all: Leases, options: ReceiveOptions, done: () => void) {
    super()
    this.queue = queue
    this.client = client
    this.all = all
    this.options = options
    this.done = done
  }

  begin(): void {
    const { waitMs } = this.options
    this.queue.subscribe(this)
    this.wake()
    if (waitMs === 0) this.expire()
    else this.timer = this.client.broker.clock.setTimer(waitMs, () => this.expire())
  }

  deliver(view: MessageView, redelivered: boolean): void {
    const { client, queue, options } = this
    const { broker, vhost, user } = client
    const lease = this.all.take(queue, view.place, client, options.leaseMs)
    if (redelivered) broker.outside.redelivered++
    const message = describeMessage(broker.properties, view, redelivered, options.asText)
    this.leases.push(lease)
    this.messages.push({ lease: lease.token, lease_until: lease.untilMs, ...message })
    this.bytes += view.bodyLen
    if (this.isFull) queue.rest(this)
    if (vhost.tracing) traceDelivery({ ...client, channel: 0, user: user.name }, queue, view, redelivered)
    broker.turn.schedule(TurnPhase.flush, this)
  }

  /** The deliveries of this turn are over. */
  runTurn(): void {
    if (this.over) return
    if (this.isFull) this.end()
    else if (this.messages.length > 0 || this.expired) this.endIfEmpty()
  }

  override get room(): number {
    return this.options.max - this.messages.length
  }

  wake(): void {
    if (!this.over && !this.isFull) this.queue.want(this)
  }

  queueGone(): void {
    this.end()
  }

  /** Nobody waits any more: what was handed out goes back. */
  abandon(): void {
    this.end()
    for (const lease of this.leases) this.all.giveBack(lease, 'returned')
  }

  private get isFull(): boolean {
    return this.messages.length >= this.options.max || this.bytes >= BYTES_MAX
  }

  private expire(): void {
    const { clock, turn } = this.client.broker
    this.expired = true
    this.timer = clock.setTimer(READ_MS_MAX, () => this.end())
    turn.schedule(TurnPhase.flush, this)
  }

  /** Nothing more is there, unless the queue waits for its log: then what can be read comes in the turn that follows. */
  private endIfEmpty(): void {
    let isReadable = true
    this.queue.whenReadable(() => {
      if (isReadable) this.end()
      else this.client.broker.turn.schedule(TurnPhase.flush, this)
    })
    isReadable = false
  }

  private end(): void {
    if (this.over) return
    this.over = true
    if (this.timer !== null) this.client.broker.clock.clearTimer(this.timer)
    this.queue.unsubscribe(this)
    this.done()
  }
}
