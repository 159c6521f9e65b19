/** A message as a consumer gets it. */
import type { ConsumeMessage, MessageProperties } from 'amqplib'

export interface Delivery {
  readonly body: Buffer
  readonly exchange: string
  readonly routingKey: string
  readonly properties: MessageProperties
  readonly headers: Readonly<Record<string, unknown>>
  /** '' where its publisher gave none. */
  readonly messageId: string
  /** It may have been delivered before. */
  readonly redelivered: boolean
  /** How often it came back before, as far as the broker counts that. */
  readonly returns: number
}

/** `requeue`: comes again, counted as a return; `reject`: as a failure; `discard`: to the dead letters, or gone. */
export type Settlement = 'ack' | 'requeue' | 'reject' | 'discard'

export function delivery({ content, fields, properties }: ConsumeMessage): Delivery {
  const headers: Record<string, unknown> = properties.headers ?? {}
  const count = headers['x-delivery-count']
  return {
    body: content,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    properties,
    headers,
    messageId: properties.messageId ?? '',
    redelivered: fields.redelivered,
    returns: typeof count === 'number' ? count : 0,
  }
}
