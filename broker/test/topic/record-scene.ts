/**
 * Messages on their way into records and back, and a Kafka program's view of them: records as objects.
 */
import assert from 'node:assert/strict'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { MessageRecords } from '../../src/broker/topic/message-record.ts'
import { RecordReader } from '../../src/broker/topic/record-reader.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { MessageDraft, MessageView } from '../../src/record/message.ts'
import { RecordCursor } from '../../src/record/record-cursor.ts'

export const TOPIC = 'orders'

export interface Message {
  readonly exchange: string
  readonly routingKey: Uint8Array
  readonly properties: Uint8Array
  readonly body: Uint8Array
}

export interface KafkaHeader {
  readonly key: Buffer
  readonly value: Buffer | null
}

export interface KafkaRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly KafkaHeader[]
}

const records = new MessageRecords(propertyBlocks)
const reader = new RecordReader(propertyBlocks)

export function draftOf(
  { exchange, routingKey, properties, body }: Message,
  arrival = 1_700_000_000_000,
): MessageDraft {
  const draft = new MessageDraft()
  const name = Buffer.from(exchange)
  draft.names = Buffer.concat([Uint8Array.of(name.length), name, Uint8Array.of(routingKey.length), routingKey])
  // Not at 0, with something behind: positions are to be kept to.
  draft.properties = Buffer.concat([Buffer.from('??'), properties, Buffer.from('?')])
  draft.propertiesPos = 2
  draft.propertiesLen = properties.length
  draft.body = Buffer.concat([Buffer.from('?'), body])
  draft.bodyPos = 1
  draft.bodyLen = body.length
  draft.arrival = arrival
  return draft
}

/** A batch with the messages as records of the topic. */
export function batchOf(messages: readonly Message[]): Uint8Array {
  const builder = new BatchBuilder()
  messages.forEach((message, at) => {
    records.append(builder, at, draftOf(message), TOPIC)
  })
  return builder.finish({ leaderEpoch: 0 })
}

/** A batch as a Kafka producer writes it. */
export function kafkaBatch(all: readonly KafkaRecord[]): Uint8Array {
  const builder = new BatchBuilder()
  all.forEach(({ key, value, headers }, offset) => {
    const timestamp = 1_700_000_000_000 + offset
    builder.append({ offset, timestamp, key, value: value === null ? null : [value], headers })
  })
  return builder.finish({ leaderEpoch: 0 })
}

/** The records as a Kafka consumer sees them. */
export function kafkaRecords(batch: Uint8Array): KafkaRecord[] {
  const cursor = new RecordCursor()
  const found: KafkaRecord[] = []
  const field = (pos: number, length: number) => (length < 0 ? null : Buffer.from(batch.subarray(pos, pos + length)))
  cursor.open(batch, 0)
  while (cursor.next()) {
    const { keyPosition, keyLength, valuePosition, valueLength } = cursor
    const headers: KafkaHeader[] = []
    while (cursor.nextHeader()) {
      const key = field(cursor.headerKeyPosition, cursor.headerKeyLength)!
      headers.push({ key, value: field(cursor.headerValuePosition, cursor.headerValueLength) })
    }
    found.push({ key: field(keyPosition, keyLength), value: field(valuePosition, valueLength), headers })
  }
  return found
}

/** The records of a batch as messages: as a consumer gets them, which is what a queue gets. */
export function messagesOf(batch: Uint8Array): Message[] {
  const found: Message[] = []
  const view = new MessageView()
  const draft = new MessageDraft()
  reader.open([batch], 0, [], TOPIC)
  while (reader.next()) {
    reader.describe(view)
    const message = ofView(view)
    reader.draft(draft)
    assert.deepEqual(ofDraft(draft), message)
    assert.equal(reader.key, Buffer.from(message.routingKey).toString())
    found.push(message)
  }
  assert.equal(reader.fault, null)
  return found
}

function ofView(view: MessageView): Message {
  const part = (pos: number, length: number) => Buffer.from(view.buffer.subarray(pos, pos + length))
  const body = view.bodyParts === null ? part(view.bodyPos, view.bodyLen) : Buffer.concat(view.bodyParts)
  return {
    exchange: part(view.exchangePos, view.exchangeLen).toString(),
    routingKey: part(view.keyPos, view.keyLen),
    properties: part(view.propertiesPos, view.propertiesLen),
    body,
  }
}

function ofDraft(draft: MessageDraft): Message {
  const { names, properties, propertiesPos, propertiesLen, body, bodyPos, bodyLen } = draft
  const exchangeEnd = 1 + names[0]!
  assert.equal(names.length, exchangeEnd + 1 + names[exchangeEnd]!)
  return {
    exchange: Buffer.from(names.subarray(1, exchangeEnd)).toString(),
    routingKey: Buffer.from(names.subarray(exchangeEnd + 1)),
    properties: Buffer.from(properties.subarray(propertiesPos, propertiesPos + propertiesLen)),
    body: Buffer.concat(draft.bodyParts ?? [body.subarray(bodyPos, bodyPos + bodyLen)]),
  }
}
