/**
 * Goes through stored messages without touching them: stretch by stretch, each a log, in the order of offsets. Records in
 * files are fetched, and others have their turn in between. Trade: what is settled meanwhile is no longer seen when the
 * walk comes there; a walk is no snapshot.
 */
import { type Log, Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import { loaded } from '../log-scan.ts'
import type { Queue } from '../queue/queue.ts'
import { Refusal } from '../refusal.ts'

/** A log, and how its messages are named to whoever keeps them. */
export interface Stretch {
  readonly log: Log
  /** What is appended later is not part of it. */
  readonly end: number
  placeOf(offset: number): number
  /** -1 if the place is in another stretch. */
  offsetOf(place: number): number
}

export interface WalkStart {
  /** All that stands before this place is passed over. */
  readonly place?: number | undefined
  /**
   * What arrived before this time (ms since 1970) is passed over, found by bisection: arrivals rise with offsets. In the
   * stretch of a `place` that is taken to be done.
   */
  readonly sinceMs?: number | undefined
}

/** `view` is valid during the call. @returns false to stop before this message. */
export type Visit = (view: MessageView, place: number) => boolean

/** Messages looked at before others have their turn; a large body counts for several. */
const SLICE = 512
const BODY_BYTES = 4096

/** By falling priority, as they would be delivered. */
export function stretchesOf(queue: Queue): Stretch[] {
  return queue.lanes.map((lane) => ({
    log: lane.log,
    end: lane.log.endOffset,
    placeOf: (offset) => queue.placeOf(lane, offset),
    offsetOf: (place) => (queue.laneAt(place) === lane ? queue.offsetAt(place) : -1),
  }))
}

/**
 * @returns the place of the message that the walk stopped at, null when it came to the end.
 * @throws Refusal internal-error for a record that cannot be read
 */
export async function walk(stretches: readonly Stretch[], start: WalkStart, visit: Visit): Promise<number | null> {
  const { place = -1, sinceMs } = start
  const first = place < 0 ? -1 : stretches.findIndex((stretch) => stretch.offsetOf(place) >= 0)
  const reader = new Reader()
  let left = SLICE
  for (let i = Math.max(0, first); i < stretches.length; i++) {
    const stretch = stretches[i]
    const { log, end } = stretch
    let at = i === first ? stretch.offsetOf(place) : log.settledBelow
    if (sinceMs !== undefined && i !== first) at = Math.max(at, await firstSince(reader, log, sinceMs))
    for (;;) {
      if (left-- <= 0) {
        left = SLICE
        await othersTurn()
      }
      const result = reader.seek(log, at)
      if (result === Seek.end || (result === Seek.found && reader.view.offset >= end)) break
      if (result === Seek.cold) {
        await reader.load(log, at)
        continue
      }
      const { view } = reader
      at = view.offset
      left -= Math.floor(view.bodyLen / BODY_BYTES)
      if (!visit(view, stretch.placeOf(at))) return stretch.placeOf(at)
      at++
    }
  }
  return null
}

/** The rest of this turn of the event loop belongs to others. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The first offset whose message arrived at `sinceMs` or later. */
async function firstSince(reader: Reader, log: Log, sinceMs: number): Promise<number> {
  let low = log.settledBelow
  let high = log.endOffset
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const result = reader.seek(log, middle)
    if (result === Seek.cold) await reader.load(log, middle)
    else if (result === Seek.end || reader.view.arrival >= sinceMs) high = middle
    else low = reader.view.offset + 1
  }
  return low
}

class Reader {
  readonly view = new MessageView()
  private failure = ''

  seek(log: Log, offset: number) {
    return log.seek(offset, this.view)
  }

  /** Fetches what `seek` missed. What lies behind damage can be read once it was told; the same told twice stays. */
  async load(log: Log, offset: number): Promise<void> {
    try {
      await loaded(log, offset)
    } catch (error) {
      const { message } = error as Error
      if (this.failure === message) throw new Refusal('internal-error', message)
      this.failure = message
    }
  }
}
