/**
 * The event exchange: what happens in the broker is told to whoever bound a queue to the topic exchange
 * `amq.rabbitmq.event`, as messages without body that say all in their headers. As long as nobody has, an event is
 * counted, and costs a look at the count of bindings.
 */
import type { Clock } from '../../base/clock.ts'
import type { OwnMessages } from '../own-messages.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { createExchange } from '../routing/create.ts'
import type { Exchange } from '../routing/exchange.ts'
import { type Headers, noHeaders } from '../routing/headers.ts'
import type { Vhost } from '../vhost.ts'
import { descriptions } from './descriptions.ts'

type Descriptions = typeof descriptions
export type EventName = keyof Descriptions

export interface EventsOptions {
  readonly clock: Clock
  readonly messages: OwnMessages
  readonly properties: PropertyBlocks
  /** The vhost that has the exchange. */
  readonly vhost: string
}

const EXCHANGE = 'amq.rabbitmq.event'

/** Who acts when no user does: a timer, a start, a queue that goes by itself. */
const INTERNAL_USER = 'rmq-internal'

export class Events {
  /** The user whose doing it is, null when it is nobody's. */
  actor: string | null = null
  private readonly options: EventsOptions
  private readonly counts = new Map<EventName, number>()
  private vhost: Vhost | null = null
  private exchange: Exchange | null = null

  constructor(options: EventsOptions) {
    this.options = options
  }

  /** The vhost that has the exchange gets it; to be called before anything is bound there. */
  attach(vhost: Vhost): void {
    if (vhost.name !== this.options.vhost) return
    this.vhost = vhost
    this.exchange = createExchange('topic', EXCHANGE, {
      durable: true,
      autoDelete: false,
      internal: true,
      arguments: noHeaders,
    })
    vhost.exchanges.set(EXCHANGE, this.exchange)
  }

  /** The vhost is going away. */
  detach(vhost: Vhost): void {
    if (vhost === this.vhost) this.vhost = this.exchange = null
  }

  /** How often it has happened since the start. */
  count(name: EventName): number {
    return this.counts.get(name) ?? 0
  }

  emit<N extends EventName>(name: N, subject: Parameters<Descriptions[N]>[0]): void {
    this.counts.set(name, this.count(name) + 1)
    const { vhost, exchange } = this
    if (vhost === null || exchange === null || exchange.bindingCount === 0) return
    const { clock, messages, properties } = this.options
    const now = clock.now()
    const describe = descriptions[name] as (subject: unknown) => Headers
    const headers: Headers = {
      user_who_performed_action: this.actor ?? INTERNAL_USER,
      ...describe(subject),
      timestamp_in_ms: now,
    }
    const block = properties.make({ headers, persistent: true, timestamp: now })
    messages.publish(vhost, exchange, name, block, headers, true)
  }
}
