/** Appending a message: one section in one arena per shard, whatever number of logs it goes to. */

import type { MessageDraft } from '../record/message.ts'
import { fragmentLengths } from './arena.ts'
import type { Block } from './block.ts'
import type { FileLog } from './file-log.ts'
import {
  BODY_BY_REFERENCE_MIN,
  encodeBody,
  encodeMessage,
  FRAGMENT_BYTES_MAX,
  messageLengthWithoutBody,
  varintLength,
  writeVarint,
  zigzag,
} from './message-section.ts'
import { FRAGMENT_FIRST, FRAGMENT_LAST, SECTION_HEAD_BYTES, SectionKind, writeSectionHead } from './section.ts'
import type { Shard } from './shard.ts'

const NONE: readonly FileLog[] = []

/** What a section names. */
interface Destination {
  readonly id: number
  readonly endOffset: number
  readonly synced: boolean
}

/** Appends to one log, the common case. */
export function appendToOne(draft: MessageDraft, log: FileLog, shard: Shard): boolean {
  const journaled = draft.persistent && log.journaled
  place(draft, shard, journaled, log, NONE, log, NONE)
  return journaled
}

/**
 * Appends to several logs of one shard. Those that are journaled are named in a persistent message's section; the others
 * only share its bytes in memory.
 * @param cursor named too, where a log is
 */
export function appendToMany(
  draft: MessageDraft,
  logs: readonly FileLog[],
  shard: Shard,
  cursor: Destination | null,
): boolean {
  const named = draft.persistent ? logs.filter((log) => log.journaled) : NONE
  const journaled = named.length > 0
  const destinations = journaled && cursor !== null ? [...named, cursor] : named
  place(draft, shard, journaled, journaled ? named[0] : logs[0], destinations, null, logs)
  return journaled
}

/** @param named the logs that the section names, `first` among them; `only` or `all` receive the record. */
function place(
  draft: MessageDraft,
  shard: Shard,
  journaled: boolean,
  first: Destination,
  named: readonly Destination[],
  only: FileLog | null,
  all: readonly FileLog[],
): void {
  const othersLength = named.length > 1 ? lengthOfOthers(named) : 0
  const head = messageLengthWithoutBody(draft, othersLength)
  const bodyLen = draft.bodyLen
  const fragments = bodyLen < BODY_BY_REFERENCE_MIN ? null : fragmentLengths(head, bodyLen, FRAGMENT_BYTES_MAX)
  const inBlock = fragments === null ? head + bodyLen : head
  const beside = fragments === null ? 0 : fragments[0]
  if (journaled && needsSync(first, named)) shard.journaled.mustSync = true
  const at = journaled ? shard.journaled.stage(inBlock, beside) : shard.scratch.reserve(inBlock)
  const block = journaled ? shard.journaled.block : shard.scratch.block
  const flags = fragments === null || fragments.length === 1 ? FRAGMENT_FIRST | FRAGMENT_LAST : FRAGMENT_FIRST
  const length = inBlock + beside - SECTION_HEAD_BYTES
  const bodyAt = encodeMessage(
    block,
    at,
    SectionKind.message,
    flags,
    length,
    first.id,
    first.endOffset,
    draft,
    othersLength,
  )
  if (othersLength > 0) encodeOthers(named, block.bytes, bodyAt - draft.propertiesLen - othersLength)
  if (only !== null) only.push(block, at, bodyLen, journaled)
  else for (let i = 0; i < all.length; i++) all[i].push(block, at, bodyLen, journaled && all[i].journaled)
  if (fragments === null) encodeBody(draft, block, bodyAt)
  else placeBeside(draft, shard, journaled ? fragments : null, block, at, first, only === null ? all.length : 1)
}

function needsSync(first: Destination, named: readonly Destination[]): boolean {
  if (first.synced) return true
  for (let i = 1; i < named.length; i++) if (named[i].synced) return true
  return false
}

/** The body stays where it is; in the journal its pieces follow the properties, in as many fragments as it needs. */
function placeBeside(
  draft: MessageDraft,
  shard: Shard,
  fragments: readonly number[] | null,
  block: Block,
  at: number,
  first: Destination,
  needed: number,
): void {
  const body = draft.bodyParts ?? [draft.body.subarray(draft.bodyPos, draft.bodyPos + draft.bodyLen)]
  shard.pool.attachBody(block, at, body, draft.bodyLen, needed)
  if (fragments === null) return
  let from = 0
  for (let i = 0; i < fragments.length; i++) {
    const length = fragments[i]
    if (i > 0) {
      const headAt = shard.journaled.stage(SECTION_HEAD_BYTES, length)
      const flags = i === fragments.length - 1 ? FRAGMENT_LAST : 0
      writeSectionHead(shard.journaled.block.view, headAt, SectionKind.message, length, first.id, flags)
    }
    shard.journaled.stageBeside(pieces(body, from, from + length), length)
    from += length
  }
}

/** The bytes [from, to) of the parts together. */
function pieces(parts: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const found: Uint8Array[] = []
  let start = 0
  for (const part of parts) {
    const a = Math.max(from - start, 0)
    const b = Math.min(to - start, part.length)
    if (a < b) found.push(part.subarray(a, b))
    start += part.length
  }
  return found
}

function lengthOfOthers(named: readonly Destination[]): number {
  let length = 0
  for (let i = 1; i < named.length; i++) {
    length += varintLength(zigzag(named[i].id - named[i - 1].id)) + varintLength(named[i].endOffset)
  }
  return length
}

function encodeOthers(named: readonly Destination[], into: Uint8Array, at: number): void {
  for (let i = 1; i < named.length; i++) {
    at = writeVarint(into, at, zigzag(named[i].id - named[i - 1].id))
    at = writeVarint(into, at, named[i].endOffset)
  }
}
