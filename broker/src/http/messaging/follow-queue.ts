/**
 * Following a queue: a consumer whose messages come as events. Acknowledged when the system has taken them, or leased and
 * acknowledged by the caller as after `receive`. What is unsent when the reader goes away goes back.
 */
import { z } from '@hono/zod-openapi'
import { traceDelivery } from '../../broker/firehose.ts'
import type { PublishingClient } from '../../broker/operations/publish.ts'
import type { Queue } from '../../broker/queue/queue.ts'
import { Subscription } from '../../broker/queue/subscription.ts'
import type { MessageView } from '../../record/message.ts'
import type { HttpContext } from '../context.ts'
import { type Api, type Ctx, queryOf, wholeNumber } from './api.ts'
import { checkNotExclusive, clientOf, mayStill, readableQueue } from './client.ts'
import { ALREADY_SENT, EventStream } from './event-stream.ts'
import type { Lease, Leases } from './leases.ts'
import { describeMessage } from './received-message.ts'
import { LEASE_MS, LEASE_MS_MAX, LEASE_MS_MIN } from './receiving.ts'

const PREFETCH = 100
const PREFETCH_MAX = 1000

const Query = z.object({
  ack: z
    .enum(['auto', 'lease'])
    .optional()
    .openapi({ description: '`auto`, unless told: done with once it is sent. `lease`: to be acknowledged.' }),
  lease_ms: wholeNumber(LEASE_MS_MAX, LEASE_MS_MIN).optional(),
  prefetch: wholeNumber(PREFETCH_MAX, 1).optional().openapi({ description: 'Not settled at most; 100 unless told.' }),
})

interface FollowOptions {
  /** Null: acknowledged when it is sent. */
  readonly leaseMs: number | null
  readonly prefetch: number
}

export function followQueueRoutes(http: HttpContext, api: Api, all: Leases): void {
  api.add(
    'get',
    '/vhosts/{vhost}/queues/{queue}/follow',
    {
      tag: 'Receive',
      summary: 'Follow a queue by server-sent events',
      description: 'Events `message` with the message as `receive` gives it, and `gone` when the queue is deleted.',
      query: Query,
      answer: 'Events, until the caller goes away.',
      errors: { 400: 'The query is not what it should be.' },
    },
    (c) => {
      const { ack = 'auto', lease_ms: leaseMs = LEASE_MS, prefetch = PREFETCH } = queryOf(c, Query)
      const client = clientOf(http, c)
      const queue = readableQueue(client, c)
      checkNotExclusive(queue)
      new QueueFollower(c, queue, client, all, { leaseMs: ack === 'auto' ? null : leaseMs, prefetch }).begin()
      return ALREADY_SENT()
    },
  )
}

class QueueFollower extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  private readonly queue: Queue
  private readonly client: PublishingClient
  private readonly all: Leases
  private readonly options: FollowOptions
  private readonly stream: EventStream
  private readonly unsent = new Set<Lease>()
  private waiting = false

  constructor(c: Ctx, queue: Queue, client: PublishingClient, all: Leases, options: FollowOptions) {
    super()
    this.queue = queue
    this.client = client
    this.all = all
    this.options = options
    this.stream = new EventStream(
      c,
      client.broker.clock,
      () => mayStill(client, () => readableQueue(client, c)),
      () => this.end(),
    )
  }

  begin(): void {
    if (this.stream.closed) return
    this.queue.subscribe(this)
    this.wake()
  }

  deliver(view: MessageView, redelivered: boolean): void {
    const { client, queue, options, stream } = this
    const { broker, vhost, user } = client
    const isLeased = options.leaseMs !== null
    const lease: Lease = this.all.take(queue, view.place, client, options.leaseMs, () => this.released(lease))
    if (redelivered) broker.outside.redelivered++
    const message = describeMessage(broker.properties, view, redelivered)
    this.unacked++
    this.unsent.add(lease)
    const leased = isLeased ? { lease: lease.token, lease_until: lease.untilMs } : {}
    stream.send('message', { ...leased, ...message }, null, () => {
      this.unsent.delete(lease)
      if (!isLeased) this.all.acknowledge(lease)
    })
    if (stream.isFull) this.waitForRoom()
    if (stream.isFull || this.unacked >= options.prefetch) queue.rest(this)
    if (vhost.tracing) traceDelivery({ ...client, channel: 0, user: user.name }, queue, view, redelivered)
  }

  override get room(): number {
    return this.options.prefetch - this.unacked
  }

  wake(): void {
    const { queue, stream, options } = this
    if (stream.closed || stream.isFull || queue.gone || this.unacked >= options.prefetch) return
    queue.want(this)
  }

  queueGone(): void {
    this.stream.send('gone', { reason: 'the queue was deleted' })
    this.stream.end()
  }

  private waitForRoom(): void {
    if (this.waiting) return
    this.waiting = true
    this.stream.whenFree(() => {
      this.waiting = false
      this.wake()
    })
  }

  private released(lease: Lease): void {
    this.unsent.delete(lease)
    if (--this.unacked === 0) this.queue.settledAll(this)
    this.wake()
  }

  private end(): void {
    this.queue.unsubscribe(this)
    for (const lease of this.unsent) this.all.giveBack(lease, 'returned')
  }
}
