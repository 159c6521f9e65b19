/**
 * Tells a consumer of a stream in the header `x-stream-offset` where in the stream a message stands, as RabbitMQ's
 * streams do; one that came along from another stream gives way. The stored bytes stay as they are: the message is put
 * together anew for the one delivery, in memory that is used again and again.
 */
import { Bytes, copyBytes } from '../base/bytes.ts'
import { MessageView } from '../record/message.ts'
import { BlockHeaders } from '../wire/amqp/block-headers.ts'
import { BlockMaker, PERSISTENT_BLOCK } from '../wire/amqp/block-maker.ts'

const NAME = Buffer.from('x-stream-offset')
const INITIAL_BYTES = 4096
/** `copyBytes` goes faster with a few bytes to spare. */
const SPARE_BYTES = 3

const told = new MessageView()
const headers = new BlockHeaders()
const maker = new BlockMaker()
let memory = new Bytes(new Uint8Array(INITIAL_BYTES))

/** @returns the message with its header; valid until the next call and as long as `message` is. */
export function withStreamOffset(message: MessageView, offset: number): MessageView {
  const { buffer, data, exchangeLen, keyLen, bodyLen, bodyParts } = message
  makeBlock(message, offset)
  const bodyInPiece = bodyParts === null ? bodyLen : 0
  const length = exchangeLen + keyLen + maker.length + bodyInPiece
  if (length + SPARE_BYTES > memory.array.length) memory = new Bytes(new Uint8Array(length * 2))
  const { array, view } = memory
  let at = copyBytes(array, view, 0, buffer, data, message.exchangePos, exchangeLen)
  at = copyBytes(array, view, at, buffer, data, message.keyPos, keyLen)
  at = copyBytes(array, view, at, maker.block.array, maker.block.view, 0, maker.length)
  copyBytes(array, view, at, buffer, data, message.bodyPos, bodyInPiece)
  told.offset = message.offset
  told.place = message.place
  told.deliveryCount = message.deliveryCount
  told.buffer = array
  told.data = view
  told.exchangePos = 0
  told.exchangeLen = exchangeLen
  told.keyPos = exchangeLen
  told.keyLen = keyLen
  told.propertiesPos = exchangeLen + keyLen
  told.propertiesLen = maker.length
  told.bodyPos = at
  told.bodyLen = bodyLen
  told.bodyParts = bodyParts
  told.arrival = message.arrival
  told.expiry = message.expiry
  told.priority = message.priority
  told.hasPriority = message.hasPriority
  told.persistent = message.persistent
  return told
}

/** Its property block with the header, in `maker`. */
function makeBlock({ buffer, propertiesPos: pos, propertiesLen: length }: MessageView, offset: number): void {
  if (isSame(buffer, pos, length, PERSISTENT_BLOCK.array)) {
    maker.begin()
  } else {
    headers.open(buffer, pos, length)
    maker.beginLike(buffer, pos, length)
    keepOthers(buffer)
  }
  maker.addLong(NAME, offset)
  maker.finish()
}

/** All headers before and behind one of that name, in as few pieces as there are. */
function keepOthers(bytes: Uint8Array): void {
  let from = -1
  let to = -1
  while (headers.next()) {
    if (from < 0) from = headers.entryPos
    if (isSame(bytes, headers.namePos, headers.nameLen, NAME)) {
      maker.keep(bytes, from, headers.entryPos - from)
      from = headers.entryEnd
    }
    to = headers.entryEnd
  }
  if (from >= 0) maker.keep(bytes, from, to - from)
}

function isSame(bytes: Uint8Array, pos: number, length: number, other: Uint8Array): boolean {
  if (length !== other.length) return false
  for (let i = 0; i < length; i++) if (bytes[pos + i] !== other[i]) return false
  return true
}
