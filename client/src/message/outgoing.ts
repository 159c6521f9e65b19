/** A message on its way to the broker. */
import type { Options } from 'amqplib'

export interface OutgoingMessage {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
  /** With `mandatory`, a message that no queue takes is refused. */
  readonly properties: Options.Publish
}

/** Whoever brings messages to the broker: resolves when they are confirmed, that is durable where they are to be. */
export interface MessagePublisher {
  /** @throws PublishRefused, Unroutable, NotConfirmed, ClientClosed */
  publish(message: OutgoingMessage): Promise<void>
}
