/**
 * The record that a cursor stands at, as a message. Told by what its headers hold:
 *
 *   none, no `amqp.properties`             a block with delivery mode 2, which is always the same bytes
 *   some, no `amqp.properties`             a block with these headers as texts
 *   `amqp.properties`, the others as it says   that block, byte for byte
 *   `amqp.properties`, others changed      that block with the changes (changed-block.ts)
 *
 * The block is looked for once a record, when something asks for it.
 */
import { Bytes, NO_BYTES } from '../../base/bytes.ts'
import type { MessageDraft, MessageView } from '../../record/message.ts'
import type { RecordCursor } from '../../record/record-cursor.ts'
import type { BlockHeaders, BlockMaker, PropertyBlocks } from '../property-blocks.ts'
import type { Headers } from '../routing/headers.ts'
import { ChangedBlock } from './changed-block.ts'
import { KeyTexts } from './key-texts.ts'
import { isRoutingKey, isText, ReadableHeaders, type RecordShape } from './readable-headers.ts'
import {
  EXCHANGE_HEADER,
  isEqual,
  isName,
  isReserved,
  KEY_HEADER,
  PROPERTIES_HEADER,
  RECORD_KEY,
  TOMBSTONE,
  TopicNameBytes,
} from './record-names.ts'

/** Bodies from here on go by reference in a view. */
const BY_REFERENCE_MIN = 16_384
/** A log keeps such bodies by reference: they are cut out, lest a whole batch hangs on them. */
const KEPT_BY_REFERENCE_MIN = 32_768
const SHORT_STRING_BYTES_MAX = 255
const INITIAL_BYTES = 4096
const LOOP_COPY_MAX = 48
/** The last ms that a date can be. */
const DATE_MAX = 8.64e15

export class RecordMessage implements RecordShape {
  topicName = ''
  keyBytes: Uint8Array = NO_BYTES.array
  keyPos = 0
  keyLen = -1
  isTombstone = false

  private readonly blocks: PropertyBlocks
  private readonly cursor: RecordCursor
  private readonly walk: BlockHeaders
  private readonly maker: BlockMaker
  private readonly readable = new ReadableHeaders()
  private readonly changed: ChangedBlock
  private readonly topic = new TopicNameBytes()
  private batch: Bytes = NO_BYTES
  /** Whether the batch is a part of what was read, not a copy of ours. */
  private isBatchGiven = false
  private memory = new Bytes(new Uint8Array(INITIAL_BYTES))
  /** By their length: names are handed over as a whole array. */
  private readonly namesOfLength: Bytes[] = []

  // Of the record at hand. Positions in the batch; -1: it has no such header.
  private exchangeBytes: Uint8Array = NO_BYTES.array
  private exchangePos = 0
  private exchangeLen = 0
  private routingPos = -1
  private routingLen = 0
  private propertiesPos = -1
  private propertiesLen = 0
  /** Where the last header ends that is not reserved. */
  private readableEnd = 0
  private readableCount = 0
  /** The record key cannot be the routing key, and no header gives one. */
  private isKeyLost = false
  private isResolved = false
  private block: Bytes = NO_BYTES
  private blockPos = 0
  private blockLen = 0
  private priority = -1
  private expirationMs = -1
  private readonly texts = new KeyTexts()

  constructor(properties: PropertyBlocks, cursor: RecordCursor) {
    this.blocks = properties
    this.cursor = cursor
    this.walk = properties.walkHeaders()
    this.maker = properties.makeBlocks()
    this.changed = new ChangedBlock(this.maker, this.walk, this.readable)
  }

  openBatch(bytes: Uint8Array, isGiven: boolean): void {
    this.batch = new Bytes(bytes)
    this.keyBytes = bytes
    this.isBatchGiven = isGiven
  }

  /** Lets go of the batch: it is not to be kept until the next one comes. */
  closeBatch(): void {
    this.batch = NO_BYTES
    this.keyBytes = NO_BYTES.array
    this.setExchange(this.keyBytes, 0, 0)
    this.setBlock(NO_BYTES, 0, 0)
  }

  /** The cursor came to a record. @throws InvalidBatch if its headers do not fit it */
  look(): void {
    const { cursor } = this
    this.keyPos = cursor.keyPosition
    this.keyLen = cursor.keyLength
    this.isTombstone = cursor.valueLength < 0
    this.routingPos = this.propertiesPos = -1
    const topic = this.topic.of(this.topicName)
    this.setExchange(topic, 0, topic.length)
    this.readableEnd = cursor.headersPosition
    this.readableCount = 0
    this.isResolved = false
    if (cursor.headersCount > 0) this.lookAtHeaders()
    else if (cursor.nextHeader()) return
    this.isKeyLost = false
    if (this.routingPos >= 0) return
    this.routingPos = this.keyPos
    this.routingLen = Math.max(0, this.keyLen)
    if (this.routingLen === 0 || isRoutingKey(this.keyBytes, this.keyPos, this.keyLen)) return
    this.routingLen = 0
    this.isKeyLost = true
  }

  get key(): string {
    return this.texts.of(this.batch.array, this.routingPos, this.routingLen)
  }

  headers(): Headers | null {
    this.resolve()
    if (this.block === this.blocks.persistentBlock) return null
    return this.blocks.headers(this.block.array, this.blockPos, this.blockLen)
  }

  /** All in one piece of memory; a large body by reference, whose holder is then lent. */
  describe(view: MessageView, holder: { lent: boolean }): void {
    this.resolve()
    const { cursor, batch, exchangeLen, routingLen, blockLen } = this
    const bodyLen = Math.max(0, cursor.valueLength)
    const isByReference = bodyLen >= BY_REFERENCE_MIN
    this.reserve(exchangeLen + routingLen + blockLen + (isByReference ? 0 : bodyLen))
    const { array } = this.memory
    let at = copy(this.exchangeBytes, this.exchangePos, exchangeLen, array, 0)
    at = copy(batch.array, this.routingPos, routingLen, array, at)
    at = copy(this.block.array, this.blockPos, blockLen, array, at)
    view.buffer = array
    view.data = this.memory.view
    view.holder = holder
    view.exchangePos = 0
    view.exchangeLen = exchangeLen
    view.keyPos = exchangeLen
    view.keyLen = routingLen
    view.propertiesPos = exchangeLen + routingLen
    view.propertiesLen = blockLen
    view.bodyPos = at
    view.bodyLen = bodyLen
    view.bodyParts = null
    if (isByReference) {
      view.bodyParts = [batch.array.subarray(cursor.valuePosition, cursor.valuePosition + bodyLen)]
      if (this.isBatchGiven) holder.lent = true
    } else copy(batch.array, cursor.valuePosition, bodyLen, array, at)
    view.place = 0
    view.deliveryCount = 0
    view.arrival = arrivalOf(cursor)
    view.expiry = this.expirationMs < 0 ? 0 : view.arrival + this.expirationMs
    view.priority = Math.max(0, this.priority)
    view.hasPriority = this.priority >= 0
    view.persistent = true
  }

  draft(into: MessageDraft): void {
    this.resolve()
    const { cursor, batch } = this
    into.namesBytes = this.names()
    into.propertiesBytes = this.block
    into.propertiesPos = this.blockPos
    into.propertiesLen = this.blockLen
    into.bodyBytes = batch
    into.bodyPos = cursor.valuePosition
    into.bodyLen = Math.max(0, cursor.valueLength)
    into.bodyParts = null
    if (into.bodyLen >= KEPT_BY_REFERENCE_MIN) {
      into.bodyParts = [new Uint8Array(batch.array.subarray(into.bodyPos, into.bodyPos + into.bodyLen))]
    }
    into.arrival = arrivalOf(cursor)
    into.expiry = this.expirationMs < 0 ? 0 : into.arrival + this.expirationMs
    into.priority = Math.max(0, this.priority)
    into.hasPriority = this.priority >= 0
    into.persistent = true
  }

  private lookAtHeaders(): void {
    const { cursor } = this
    const bytes = this.batch.array
    while (cursor.nextHeader()) {
      const { headerKeyPosition: at, headerKeyLength: length } = cursor
      const valueLen = cursor.headerValueLength
      const end = cursor.headerValuePosition + Math.max(0, valueLen)
      if (isName(bytes, at, length, PROPERTIES_HEADER)) {
        this.propertiesPos = valueLen < 0 ? -1 : cursor.headerValuePosition
        this.propertiesLen = valueLen
      } else if (isName(bytes, at, length, EXCHANGE_HEADER)) {
        const valuePos = cursor.headerValuePosition
        if (isShort(valueLen) && isText(bytes, valuePos, valueLen)) this.setExchange(bytes, valuePos, valueLen)
      } else if (isName(bytes, at, length, KEY_HEADER)) {
        this.routingPos = isShort(valueLen) ? cursor.headerValuePosition : -1
        this.routingLen = valueLen
      } else {
        this.readableCount++
        this.readableEnd = end
      }
    }
  }

  private setExchange(bytes: Uint8Array, pos: number, length: number): void {
    this.exchangeBytes = bytes
    this.exchangePos = pos
    this.exchangeLen = length
  }

  /** Finds the property block. */
  private resolve(): void {
    if (this.isResolved) return
    this.isResolved = true
    this.priority = this.expirationMs = -1
    if (this.propertiesPos >= 0 && this.propertiesLen <= this.blocks.blockBytesMax && this.resolveGiven()) return
    if (this.readableCount === 0 && !this.isTombstone && !this.isKeyLost) {
      this.setBlock(this.blocks.persistentBlock, 0, this.blocks.persistentBlock.array.length)
      return
    }
    this.maker.begin()
    this.tellRest(false, false)
    this.takeHeaders()
    this.finishBlock()
  }

  /** False: what the record gives for a block is none. */
  private resolveGiven(): boolean {
    const { walk, readable, batch, propertiesPos, propertiesLen } = this
    const bytes = batch.array
    if (!walk.open(bytes, propertiesPos, propertiesLen)) return false
    readable.fill(walk, bytes, this)
    // Whatever is not a table all through would end the connections of those who read it.
    if (!walk.isWhole) return false
    this.priority = walk.priority
    this.expirationMs = walk.expirationMs
    const { tellsTombstone, tellsKey } = readable
    const isRestTold = (tellsTombstone || !this.isTombstone) && (tellsKey || !this.isKeyLost)
    if (isRestTold && this.isUnchanged()) {
      this.setBlock(batch, propertiesPos, propertiesLen)
      return true
    }
    this.changed.make(this.cursor, bytes, propertiesPos, propertiesLen, this)
    this.tellRest(tellsTombstone, tellsKey)
    this.finishBlock()
    return true
  }

  /** Whether the record's headers are those of the block, in their order. */
  private isUnchanged(): boolean {
    const { readable, cursor, batch } = this
    if (readable.count !== this.readableCount) return false
    if (readable.length !== this.readableEnd - cursor.headersPosition) return false
    return isEqual(readable.bytes, 0, batch.array, cursor.headersPosition, readable.length)
  }

  private tellRest(tellsTombstone: boolean, tellsKey: boolean): void {
    if (this.isTombstone && !tellsTombstone) this.maker.addTrue(TOMBSTONE)
    if (this.isKeyLost && !tellsKey) {
      this.maker.add(RECORD_KEY, 0, RECORD_KEY.length, this.keyBytes, this.keyPos, this.keyLen)
    }
  }

  /** All but the reserved ones. */
  private takeHeaders(): void {
    const { cursor, maker } = this
    const bytes = this.batch.array
    cursor.rewindHeaders()
    while (cursor.nextHeader()) {
      const { headerKeyPosition: at, headerKeyLength: length } = cursor
      if (isReserved(bytes, at, length)) continue
      maker.add(bytes, at, length, bytes, cursor.headerValuePosition, cursor.headerValueLength)
    }
  }

  private finishBlock(): void {
    this.maker.finish()
    this.setBlock(this.maker.block, 0, this.maker.length)
  }

  private setBlock(block: Bytes, pos: number, length: number): void {
    this.block = block
    this.blockPos = pos
    this.blockLen = length
  }

  /** Exchange and routing key as two short strings that fill an array. */
  private names(): Bytes {
    const { exchangeLen, routingLen } = this
    const length = exchangeLen + routingLen + 2
    let names = this.namesOfLength[length]
    if (names === undefined) this.namesOfLength[length] = names = Bytes.copyOf(new Uint8Array(length))
    const { array } = names
    array[0] = exchangeLen
    copy(this.exchangeBytes, this.exchangePos, exchangeLen, array, 1)
    array[exchangeLen + 1] = routingLen
    copy(this.batch.array, this.routingPos, routingLen, array, exchangeLen + 2)
    return names
  }

  private reserve(count: number): void {
    if (count <= this.memory.array.length) return
    this.memory = new Bytes(new Uint8Array(count * 2))
  }
}

/** Producers may leave it out (-1) or write what is no time. */
function arrivalOf({ timestamp }: RecordCursor): number {
  return Math.max(0, Math.min(timestamp, DATE_MAX))
}

function isShort(length: number): boolean {
  return length >= 0 && length <= SHORT_STRING_BYTES_MAX
}

/** @returns where it ends */
function copy(from: Uint8Array, pos: number, length: number, to: Uint8Array, at: number): number {
  if (length <= LOOP_COPY_MAX) for (let i = 0; i < length; i++) to[at + i] = from[pos + i]
  else to.set(from.subarray(pos, pos + length), at)
  return at + length
}
