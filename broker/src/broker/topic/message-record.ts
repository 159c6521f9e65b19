/**
 * Messages as records of a topic: the body is the value, the routing key the record key, and of everything else there is
 * a form that any Kafka client reads and, where that does not tell all, the form that gives the message back byte for byte.
 *
 *   key      header x-partition-key, else the routing key, else header x-record-key, else null
 *   value    body; null for an empty one with the header x-tombstone: true
 *   headers  the message's own, readable | amqp.exchange unless it is the topic's name | amqp.key unless the record key
 *            tells it | amqp.properties, the block as it came, unless one made of the readable headers would be the same
 *
 * Trade: a plain persistent message, and one whose headers are all texts, is a record as a Kafka producer would write it.
 */
import { NO_BYTES } from '../../base/bytes.ts'
import type { BatchBuilder } from '../../record/batch-builder.ts'
import type { MessageDraft } from '../../record/message.ts'
import { varintBytes } from '../../record/varint.ts'
import type { BlockHeaders, PropertyBlocks } from '../property-blocks.ts'
import { isRoutingKey, isText, ReadableHeaders, type RecordShape } from './readable-headers.ts'
import {
  EXCHANGE_HEADER,
  isEqual,
  isName,
  KEY_HEADER,
  PARTITION_KEY,
  PROPERTIES_HEADER,
  RECORD_KEY,
  TOMBSTONE,
  TopicNameBytes,
} from './record-names.ts'

/** Of lengths, deltas and the names of reserved headers. */
const OVERHEAD_BYTES = 80

export class MessageRecords implements RecordShape {
  /** Of the message last looked at. */
  keyBytes: Uint8Array = NO_BYTES.array
  keyPos = 0
  keyLen = -1
  isTombstone = false
  /** Whether a reader finds the routing key without being told. */
  private isKeyTold = true
  /** Whether the key is that of the header x-record-key. */
  private isRecordKey = false
  private readonly blocks: PropertyBlocks
  private readonly walk: BlockHeaders
  private readonly readable = new ReadableHeaders()
  private readonly topic = new TopicNameBytes()

  constructor(properties: PropertyBlocks) {
    this.blocks = properties
    this.walk = properties.walkHeaders()
  }

  /** The record key of a message; null if it has none. Valid until the next call. */
  key(draft: MessageDraft): Uint8Array | null {
    this.look(draft)
    return this.keyLen < 0 ? null : this.keyBytes.subarray(this.keyPos, this.keyPos + this.keyLen)
  }

  /** About how many bytes the record takes. */
  bytesOf(draft: MessageDraft, _topicName: string): number {
    return OVERHEAD_BYTES + draft.names.length + 2 * draft.propertiesLen + draft.bodyLen
  }

  /** Appends the message as a record; nothing of it is kept but its bytes. */
  append(builder: BatchBuilder, offset: number, draft: MessageDraft, topicName: string): void {
    this.look(draft)
    const { names, properties, propertiesPos, propertiesLen, bodyLen } = draft
    const { readable, keyLen } = this
    const isBlockTold = this.readHeaders(draft)
    const exchangeLen = names[0]
    const routingLen = names[exchangeLen + 1]
    const topic = this.topic.of(topicName)
    const isExchangeTold = exchangeLen === topic.length && isEqual(names, 1, topic, 0, exchangeLen)

    const valueLen = this.isTombstone ? -1 : bodyLen
    let count = readable.count
    let length = readable.length
    if (!isExchangeTold) {
      count++
      length += headerBytes(EXCHANGE_HEADER, exchangeLen)
    }
    if (!this.isKeyTold) {
      count++
      length += headerBytes(KEY_HEADER, routingLen)
    }
    if (!isBlockTold) {
      count++
      length += headerBytes(PROPERTIES_HEADER, propertiesLen)
    }
    length += fieldBytes(keyLen) + fieldBytes(valueLen) + varintBytes(count)

    builder.begin(offset, draft.arrival, length)
    builder.number(keyLen)
    if (keyLen > 0) builder.raw(this.keyBytes, this.keyPos, keyLen)
    builder.number(valueLen)
    if (valueLen > 0) putBody(builder, draft)
    builder.number(count)
    builder.raw(readable.bytes, 0, readable.length)
    if (!isExchangeTold) putHeader(builder, EXCHANGE_HEADER, names, 1, exchangeLen)
    if (!this.isKeyTold) putHeader(builder, KEY_HEADER, names, exchangeLen + 2, routingLen)
    if (!isBlockTold) putHeader(builder, PROPERTIES_HEADER, properties, propertiesPos, propertiesLen)
  }

  /** Finds the record key, and whether it is a tombstone. */
  private look(draft: MessageDraft): void {
    const { names } = draft
    const routingPos = names[0] + 2
    const routingLen = names[routingPos - 1]
    this.keyBytes = names
    this.keyPos = routingPos
    this.keyLen = routingLen > 0 ? routingLen : -1
    this.isTombstone = false
    const isLooking = !this.hasPersistentBlock(draft) && this.open(draft)
    const isGiven = isLooking && this.lookInHeaders(draft, routingLen === 0)
    this.isKeyTold = isGiven ? this.tells(names, routingPos, routingLen) : isText(names, routingPos, routingLen)
  }

  /** @returns whether a header gives the record key */
  private lookInHeaders({ properties, bodyLen }: MessageDraft, isKeyless: boolean): boolean {
    const { walk } = this
    let isPartitionKey = false
    let isRecordKey = false
    while (walk.next()) {
      const { namePos, nameLen } = walk
      if (bodyLen === 0 && walk.isTrue && isName(properties, namePos, nameLen, TOMBSTONE)) {
        this.isTombstone = true
      } else if (!isPartitionKey && isName(properties, namePos, nameLen, PARTITION_KEY)) {
        isPartitionKey = this.takeKey(properties)
      } else if (isKeyless && !isPartitionKey && !isRecordKey && isName(properties, namePos, nameLen, RECORD_KEY)) {
        isRecordKey = this.takeKey(properties)
      }
    }
    this.isRecordKey = isRecordKey && !isPartitionKey
    return isPartitionKey || isRecordKey
  }

  /** Takes the value of the header at hand for the record key, unless it is empty. */
  private takeKey(properties: Uint8Array): boolean {
    const { walk } = this
    walk.readValue()
    if (walk.valueLen <= 0) return false
    this.keyBytes = walk.value
    this.keyPos = walk.valuePos
    this.keyLen = walk.valueLen
    if (walk.value !== properties) {
      // A number's text, which the next header's would take the place of.
      this.keyBytes = new Uint8Array(walk.value.subarray(walk.valuePos, walk.valuePos + walk.valueLen))
      this.keyPos = 0
    }
    return true
  }

  /** Whether a reader who sees the record key finds this routing key. */
  private tells(names: Uint8Array, routingPos: number, routingLen: number): boolean {
    const { keyBytes, keyPos, keyLen } = this
    if (!isRoutingKey(keyBytes, keyPos, keyLen)) return routingLen === 0 && this.isRecordKey
    return keyLen === routingLen && isEqual(keyBytes, keyPos, names, routingPos, keyLen)
  }

  /** @returns whether the record tells the property block without having it */
  private readHeaders(draft: MessageDraft): boolean {
    const { readable, walk, blocks } = this
    readable.clear()
    if (this.hasPersistentBlock(draft)) return true
    if (!this.open(draft)) return false
    readable.fill(walk, draft.properties, this)
    return readable.isAll && draft.propertiesLen <= blocks.blockBytesMax
  }

  private hasPersistentBlock({ properties, propertiesPos, propertiesLen }: MessageDraft): boolean {
    const { array } = this.blocks.persistentBlock
    return propertiesLen === array.length && isEqual(properties, propertiesPos, array, 0, propertiesLen)
  }

  private open({ properties, propertiesPos, propertiesLen }: MessageDraft): boolean {
    return this.walk.open(properties, propertiesPos, propertiesLen)
  }
}

function putBody(builder: BatchBuilder, { bodyParts, body, bodyPos, bodyLen }: MessageDraft): void {
  if (bodyParts === null) builder.raw(body, bodyPos, bodyLen)
  else for (const part of bodyParts) builder.raw(part, 0, part.length)
}

function putHeader(builder: BatchBuilder, name: Uint8Array, value: Uint8Array, pos: number, length: number): void {
  builder.number(name.length)
  builder.raw(name, 0, name.length)
  builder.number(length)
  builder.raw(value, pos, length)
}

function headerBytes(name: Uint8Array, valueLen: number): number {
  return fieldBytes(name.length) + fieldBytes(valueLen)
}

function fieldBytes(length: number): number {
  return varintBytes(length) + Math.max(0, length)
}
