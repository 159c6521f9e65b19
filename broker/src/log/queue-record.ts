/**
 * A queue's message as a record of a batch: key = routing key, value = body, timestamp = arrival, and three headers with
 * reserved names, in this order:
 *   amqp.exchange     the exchange's name
 *   amqp.properties   property flags and properties, verbatim
 *   amqp.delivery     expiry u64 ms, 0 = never | priority u8 | flags u8: 1 persistent, 2 has a priority
 */
import type { BatchBuilder } from '../record/batch-builder.ts'
import type { MessageView } from '../record/message.ts'
import { varintBytes } from '../record/varint.ts'
import { writeU64 } from './section.ts'

const DELIVERY_BYTES = 10
const [EXCHANGE, PROPERTIES, DELIVERY] = ['amqp.exchange', 'amqp.properties', 'amqp.delivery'].map((name) =>
  Buffer.from(name),
)
const HEADERS = 3
/** The count of headers, their keys with lengths, and the whole of the last one's value. */
const FIXED_BYTES = 1 + HEADERS + EXCHANGE.length + PROPERTIES.length + DELIVERY.length + 1 + DELIVERY_BYTES
const PERSISTENT = 1
const PRIORITY = 2

const delivery = new Uint8Array(DELIVERY_BYTES)
const deliveryView = new DataView(delivery.buffer)

/** Appends the message that `view` describes. */
export function appendQueueRecord(batch: BatchBuilder, view: MessageView): void {
  const bytes = view.buffer
  const length = fieldBytes(view.keyLen) + fieldBytes(view.bodyLen) + FIXED_BYTES
  batch.begin(view.offset, view.arrival, length + fieldBytes(view.exchangeLen) + fieldBytes(view.propertiesLen))
  putField(batch, bytes, view.keyPos, view.keyLen)
  batch.number(view.bodyLen)
  const parts = view.bodyParts
  if (parts === null) batch.raw(bytes, view.bodyPos, view.bodyLen)
  else for (let i = 0; i < parts.length; i++) batch.raw(parts[i], 0, parts[i].length)
  batch.number(HEADERS)
  putField(batch, EXCHANGE, 0, EXCHANGE.length)
  putField(batch, bytes, view.exchangePos, view.exchangeLen)
  putField(batch, PROPERTIES, 0, PROPERTIES.length)
  putField(batch, bytes, view.propertiesPos, view.propertiesLen)
  putField(batch, DELIVERY, 0, DELIVERY.length)
  writeU64(deliveryView, 0, view.expiry)
  delivery[8] = view.priority
  delivery[9] = (view.persistent ? PERSISTENT : 0) | (view.hasPriority ? PRIORITY : 0)
  putField(batch, delivery, 0, DELIVERY_BYTES)
}

function putField(batch: BatchBuilder, bytes: Uint8Array, position: number, length: number): void {
  batch.number(length)
  batch.raw(bytes, position, length)
}

function fieldBytes(length: number): number {
  return varintBytes(length) + length
}
