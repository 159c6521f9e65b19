/**
 * A message as one section, as it stands in memory and in the journal alike. It is encoded once, whatever number of
 * logs it goes to; readers find its parts at fixed or computed places and copy nothing.
 *
 *    0  section head 16 (kind message or carry; the log id is the first destination's)
 *   16  offset u64 in the first destination
 *   24  arrival u64, ms | 32 expiry u64, ms, 0 = never
 *   40  body length u32 | 44 properties length u32 | 48 names length u16 | 50 priority u8 | 51 flags u8: 1 persistent, 2 has a priority
 *   52  others length u32
 *   56  names: exchange and routing key, each a length byte and its bytes
 *       others: per further destination { log id minus the previous one's, zigzag varint | offset, varint }
 *       properties, verbatim
 *       body
 *
 * A body of 32 KB or more is kept by reference: in memory it does not follow the properties but hangs on the block; in
 * the journal it does, cut into fragments where the section is longer than FRAGMENT_BYTES_MAX: each further fragment is
 * a section head without the first flag, and more of the body.
 */
import { copyBytes } from '../base/bytes.ts'
import type { MessageDraft, MessageView } from '../record/message.ts'
import type { Block } from './block.ts'
import { readU64, SECTION_HEAD_BYTES, writeSectionHead, writeU64 } from './section.ts'

export const MESSAGE_HEAD_BYTES = 56
export const BODY_BY_REFERENCE_MIN = 32768
export const FRAGMENT_BYTES_MAX = 262144
const FLAG_PERSISTENT = 1
const FLAG_PRIORITY = 2

/** Bytes of the section without its body. */
export function messageLengthWithoutBody(draft: MessageDraft, othersLength: number): number {
  return MESSAGE_HEAD_BYTES + draft.names.length + othersLength + draft.propertiesLen
}

/**
 * Writes all but the destinations beyond the first, for which `othersLength` bytes are left free.
 * @param length of the section's first fragment without its head
 * @returns the position after the properties, where a body belongs that is not kept by reference
 */
export function encodeMessage(
  block: Block,
  at: number,
  kind: number,
  flags: number,
  length: number,
  logId: number,
  offset: number,
  draft: MessageDraft,
  othersLength: number,
): number {
  const view = block.view
  const names = draft.namesBytes
  const namesLength = names.array.length
  writeSectionHead(view, at, kind, length, logId, flags)
  writeU64(view, at + 16, offset)
  writeU64(view, at + 24, draft.arrival)
  writeU64(view, at + 32, draft.expiry)
  view.setUint32(at + 40, draft.bodyLen)
  view.setUint32(at + 44, draft.propertiesLen)
  const marks = (draft.persistent ? FLAG_PERSISTENT : 0) | (draft.hasPriority ? FLAG_PRIORITY : 0)
  view.setUint32(at + 48, (namesLength << 16) | (draft.priority << 8) | marks)
  view.setUint32(at + 52, othersLength)
  const namesAt = at + MESSAGE_HEAD_BYTES
  copyBytes(block.bytes, view, namesAt, names.array, names.view, 0, namesLength)
  const propertiesAt = namesAt + namesLength + othersLength
  const properties = draft.propertiesBytes
  const { propertiesPos, propertiesLen } = draft
  return copyBytes(block.bytes, view, propertiesAt, properties.array, properties.view, propertiesPos, propertiesLen)
}

/** Copies the body, in one piece or several, to `at`. */
export function encodeBody(draft: MessageDraft, block: Block, at: number): void {
  const parts = draft.bodyParts
  if (parts === null) {
    const body = draft.bodyBytes
    copyBytes(block.bytes, block.view, at, body.array, body.view, draft.bodyPos, draft.bodyLen)
    return
  }
  for (let i = 0; i < parts.length; i++) {
    block.bytes.set(parts[i], at)
    at += parts[i].length
  }
}

/** Points `view` at the parts of the section at `at`; its offset is the caller's to set. */
export function describeMessage(block: Block, at: number, view: MessageView): void {
  const bytes = block.bytes
  const data = block.view
  const bodyLen = data.getUint32(at + 40)
  const lengths = data.getUint32(at + 48)
  const propertiesLen = data.getUint32(at + 44)
  const propertiesPos = at + MESSAGE_HEAD_BYTES + (lengths >>> 16) + data.getUint32(at + 52)
  const exchangeLen = bytes[at + MESSAGE_HEAD_BYTES]
  const keyAt = at + MESSAGE_HEAD_BYTES + 1 + exchangeLen
  view.buffer = bytes
  view.data = data
  view.holder = block
  view.exchangePos = at + MESSAGE_HEAD_BYTES + 1
  view.exchangeLen = exchangeLen
  view.keyPos = keyAt + 1
  view.keyLen = bytes[keyAt]
  view.propertiesPos = propertiesPos
  view.propertiesLen = propertiesLen
  view.bodyPos = propertiesPos + propertiesLen
  view.bodyLen = bodyLen
  view.bodyParts = block.bodies !== null && bodyLen >= BODY_BY_REFERENCE_MIN ? block.bodies.get(at)!.parts : null
  view.arrival = readU64(data, at + 24)
  view.expiry = readU64(data, at + 32)
  view.priority = (lengths >>> 8) & 255
  view.hasPriority = (lengths & FLAG_PRIORITY) !== 0
  view.persistent = (lengths & FLAG_PERSISTENT) !== 0
}

export function bodyLengthAt(block: Block, at: number): number {
  return block.view.getUint32(at + 40)
}

/** Bytes that the section takes in its block. */
export function lengthInBlock(block: Block, at: number): number {
  const view = block.view
  const bodyLen = view.getUint32(at + 40)
  const head = MESSAGE_HEAD_BYTES + view.getUint16(at + 48) + view.getUint32(at + 52) + view.getUint32(at + 44)
  return bodyLen < BODY_BY_REFERENCE_MIN ? head + bodyLen : head
}

export function isPersistentAt(block: Block, at: number): boolean {
  return (block.bytes[at + 51] & FLAG_PERSISTENT) !== 0
}

export function varintLength(value: number): number {
  let length = 1
  while (value >= 128) {
    value = Math.floor(value / 128)
    length++
  }
  return length
}

export function writeVarint(into: Uint8Array, at: number, value: number): number {
  while (value >= 128) {
    into[at++] = (value % 128) | 128
    value = Math.floor(value / 128)
  }
  into[at++] = value
  return at
}

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

/** Calls back for every destination of the section at `at` in `bytes`. */
export function forEachDestination(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  visit: (logId: number, offset: number) => void,
): void {
  let logId = readU64(view, at + 8)
  visit(logId, readU64(view, at + SECTION_HEAD_BYTES))
  let p = at + MESSAGE_HEAD_BYTES + view.getUint16(at + 48)
  const end = p + view.getUint32(at + 52)
  const next = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[p++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (p < end) {
    const delta = next()
    logId += delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2
    visit(logId, next())
  }
}
