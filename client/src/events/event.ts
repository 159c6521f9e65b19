/** An event from the side of whoever subscribed to it. */
import type { Delivery } from '../connection/delivery.ts'
import type { OutputOf } from '../message/schema.ts'
import type { Received } from '../receiving/receiver.ts'
import type { Fitting } from './pattern.ts'

export interface Event<Name extends string = string, Data = unknown> extends Received<Data> {
  readonly name: Name
  /** What keeps events in order in their topic; null where they have none. */
  readonly key: string | null
}

/** The events of a topic whose names a pattern fits: told apart by `name`, where their names are known. */
export type EventOf<Known, Pattern extends string> = string extends keyof Known
  ? Event<string, Known[keyof Known]>
  : { [Name in keyof Known & string]: Event<Name, OutputOf<Known, Name>> }[Fitting<keyof Known & string, Pattern>]

/** The record key in the topic, by which its partition is chosen. */
export const KEY_HEADER = 'x-partition-key'
/** The name of an event whose message is on a way of its own: waits for a retry, or is a dead letter. */
export const NAME_HEADER = 'x-event'

export function nameOf({ exchange, routingKey, headers, properties }: Delivery): string {
  // Only what was published to a queue itself comes by the default exchange.
  if (exchange !== '') return routingKey
  return String(headers[NAME_HEADER] ?? keyAtDeath(headers) ?? properties.type ?? routingKey)
}

export function keyOf({ headers }: Delivery): string | null {
  const key = headers[KEY_HEADER]
  return key === undefined || key === null ? null : String(key)
}

/** The routing key of a message that the broker made a dead letter. */
function keyAtDeath(headers: Readonly<Record<string, unknown>>): string | undefined {
  const deaths = headers['x-death'] as { 'routing-keys'?: string[] }[] | undefined
  return Array.isArray(deaths) ? deaths.at(-1)?.['routing-keys']?.[0] : undefined
}
