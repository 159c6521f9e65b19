/**
 * A queue's message as a record of a batch: key = routing key, value = body, timestamp = arrival, and three headers with
 * reserved names, in this order:
 *   amqp.exchange     the exchange's name
 *   amqp.properties   property flags and properties, verbatim
 *   amqp.delivery     expiry u64 ms, 0 = never | priority u8 | flags u8: 1 persistent
 */
import type { BatchBuilder, RecordDraft, RecordHeader } from '../record/batch-builder.ts'
import type { MessageView } from '../record/message.ts'
import { writeU64 } from './section.ts'

export const DELIVERY_BYTES = 10
const RESERVED = ['amqp.exchange', 'amqp.properties', 'amqp.delivery'] as const
const PERSISTENT = 1

export class QueueRecord {
  private readonly delivery = new Uint8Array(DELIVERY_BYTES)
  private readonly deliveryView = new DataView(this.delivery.buffer)
  private readonly headers: RecordHeader[] = RESERVED.map((name) => ({ key: Buffer.from(name), value: null }))
  private readonly value: Uint8Array[] = []
  private readonly draft: RecordDraft = { offset: 0, timestamp: 0, key: null, value: this.value, headers: this.headers }

  append(batch: BatchBuilder, view: MessageView): void {
    const bytes = view.buffer
    writeU64(this.deliveryView, 0, view.expiry)
    this.delivery[8] = view.priority
    this.delivery[9] = view.persistent ? PERSISTENT : 0
    this.headers[0].value = bytes.subarray(view.exchangePos, view.exchangePos + view.exchangeLen)
    this.headers[1].value = bytes.subarray(view.propertiesPos, view.propertiesPos + view.propertiesLen)
    this.headers[2].value = this.delivery
    this.draft.offset = view.offset
    this.draft.timestamp = view.arrival
    this.draft.key = bytes.subarray(view.keyPos, view.keyPos + view.keyLen)
    this.value.length = 0
    if (view.bodyParts === null) this.value.push(bytes.subarray(view.bodyPos, view.bodyPos + view.bodyLen))
    else this.value.push(...view.bodyParts)
    batch.append(this.draft)
  }
}
