/**
 * Order within keys (`x-ordered-by-key`): of the messages with the same header `x-ordering-key` one has the *turn*, from
 * when the queue first hands it out until it has left the queue, wherever it is meanwhile: with a consumer, back and
 * ready again, set aside for a retry, on its way to be a dead letter. The others that the head comes to stay ready, but
 * stand aside in their lane (`Aside`) and in line here; the first gets the turn when it is free.
 *
 *   key ──> line: places, in the order in which the head came to them      turn: place ──> line
 *
 * All of it is found again by the head after a start, for it begins at the oldest message. Trade: 12 bytes for
 * each message in line, of which there are only so many, and a few hundred for each key that is busy.
 */
import type { MessageView } from '../../record/message.ts'
import type { BlockHeaders } from '../property-blocks.ts'
import type { Lane } from './lane.ts'
import { type Chain, NO_LINK, PlaceChains } from './place-chains.ts'
import type { Queue } from './queue.ts'

/** Messages in line, of all keys together; then the head waits. */
const IN_LINE_MAX = 100_000
/** Places of messages that have left are taken out of the lines when there are more of them than others, and so many. */
const STALE_MIN = 1024

const HEADER = Buffer.from('x-ordering-key')

/** A key that is busy, and those in line for it. */
interface Line extends Chain {
  readonly key: string
}

/** What becomes of a message that the head came to. */
export const Admission = { goes: 0, stepsAside: 1, stays: 2 } as const
export type AdmissionResult = (typeof Admission)[keyof typeof Admission]

export class KeyOrder {
  private readonly queue: Queue
  private readonly headers: BlockHeaders
  private readonly lines = new Map<string, Line>()
  private readonly turns = new Map<number, Line>()
  /** Messages in line, and the places that stand for them: some may have left. */
  private inLine = 0
  private readonly places = new PlaceChains()

  constructor(queue: Queue, headers: BlockHeaders) {
    this.queue = queue
    this.headers = headers
  }

  /** The head came to a ready message. Gives it the turn, or has it step aside, if there is room for more. */
  admit(lane: Lane, view: MessageView): AdmissionResult {
    const place = this.queue.placeOf(lane, view.offset)
    if (this.turns.has(place)) return Admission.goes
    const line = this.lineOf(view, place)
    if (line === null) return Admission.goes
    if (this.isFull) return Admission.stays
    this.join(line, place)
    lane.stepAside(view.offset)
    return Admission.stepsAside
  }

  /** The head passes a message that something else took before. */
  passed(lane: Lane, view: MessageView): void {
    const place = this.queue.placeOf(lane, view.offset)
    const line = this.lineOf(view, place)
    if (line === null) return
    this.join(line, place)
    lane.passAside(view.offset)
  }

  /** The message is no longer of the queue. */
  left(place: number): void {
    const { queue } = this
    const line = this.turns.get(place)
    if (line !== undefined) {
      this.turns.delete(place)
      this.next(line)
    } else if (queue.laneAt(place).leaveAside(queue.offsetAt(place))) {
      if (this.isFull) queue.wakeUp()
      this.inLine--
      if (this.places.size - this.inLine > this.inLine + STALE_MIN) this.forgetStale()
    }
  }

  /** A ready message cannot be read any more. */
  lost(lane: Lane, offset: number): void {
    this.left(this.queue.placeOf(lane, offset))
  }

  /** All that was ready is purged. */
  purged(): void {
    const { queue, turns } = this
    this.inLine = 0
    for (const lane of queue.lanes) this.inLine += lane.purgeAside()
    for (const [place, line] of turns) {
      if (!queue.laneAt(place).log.isSettled(queue.offsetAt(place))) continue
      turns.delete(place)
      this.next(line)
    }
    this.forgetStale()
  }

  /** The line that the message has to join. @returns null: it has the turn, or no key */
  private lineOf(view: MessageView, place: number): Line | null {
    const key = this.keyOf(view)
    if (key === null) return null
    const line = this.lines.get(key)
    if (line !== undefined) return line
    const made: Line = { key, first: NO_LINK, last: NO_LINK }
    this.lines.set(key, made)
    this.turns.set(place, made)
    return null
  }

  private join(line: Line, place: number): void {
    this.places.push(line, place)
    this.inLine++
  }

  /** The turn is free. */
  private next(line: Line): void {
    const { queue, places } = this
    while (!places.isEmpty(line)) {
      const place = places.shift(line)
      if (!queue.laneAt(place).stepForward(queue.offsetAt(place))) continue
      this.inLine--
      this.turns.set(place, line)
      queue.wakeUp()
      return
    }
    this.lines.delete(line.key)
    // The head may have stopped at one with this key.
    if (this.isFull) queue.wakeUp()
  }

  private get isFull(): boolean {
    return this.inLine >= IN_LINE_MAX
  }

  private forgetStale(): void {
    for (const line of this.lines.values()) this.places.filter(line, this.isInLine)
  }

  private readonly isInLine = (place: number): boolean => this.queue.laneAt(place).isAside(this.queue.offsetAt(place))

  /** As text: a number and its digits are the same key. Null: none, or the headers cannot be read. */
  private keyOf({ buffer, propertiesPos, propertiesLen }: MessageView): string | null {
    const { headers } = this
    if (!headers.open(buffer, propertiesPos, propertiesLen)) return null
    while (headers.next()) {
      if (!isHeader(buffer, headers.namePos, headers.nameLen)) continue
      headers.readValue()
      const { value, valuePos, valueLen } = headers
      return valueLen < 0 ? null : Buffer.from(value.buffer, value.byteOffset + valuePos, valueLen).toString('latin1')
    }
    return null
  }
}

function isHeader(bytes: Uint8Array, pos: number, length: number): boolean {
  if (length !== HEADER.length) return false
  for (let i = 0; i < length; i++) if (bytes[pos + i] !== HEADER[i]) return false
  return true
}
