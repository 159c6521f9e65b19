/**
 * The lanes of a queue and the places in them. A queue without priorities has one lane, and a place is an offset; with
 * priorities there is a lane for each one that was ever used, and a place is `offset × 256 + level`.
 */
import type { Log } from '../../log/engine.ts'
import type { MessageDraft } from '../../record/message.ts'
import { Lane } from './lane.ts'
import type { QueueSettings } from './settings.ts'

const LEVELS = 256

export class Lanes {
  /** By falling priority. */
  readonly all: Lane[] = []
  /** There is but one, for ever. */
  readonly single: boolean
  /** The lane of messages without priority. */
  readonly main: Lane
  private readonly logOf: (level: number) => Log

  /** @param logOf the log of a lane: the one that was recovered, or a new one */
  constructor({ maxPriority, defaultPriority }: QueueSettings, logOf: (level: number) => Log) {
    this.single = maxPriority === 0
    this.logOf = logOf
    this.main = this.add(defaultPriority)
  }

  get ready(): number {
    if (this.single) return this.main.ready
    let ready = 0
    for (const lane of this.all) ready += lane.ready
    return ready
  }

  /** Body bytes of all that is not settled. */
  get bytes(): number {
    let bytes = 0
    for (const lane of this.all) bytes += lane.log.unsettledBytes
    return bytes
  }

  at(place: number): Lane {
    if (this.single) return this.main
    const level = place % LEVELS
    for (const lane of this.all) if (lane.level === level) return lane
    return this.main
  }

  offsetOf(place: number): number {
    return this.single ? place : Math.floor(place / LEVELS)
  }

  placeOf(lane: Lane, offset: number): number {
    return this.single ? offset : offset * LEVELS + lane.level
  }

  /** The lane that takes the message. */
  for(draft: MessageDraft, { maxPriority, defaultPriority }: QueueSettings): Lane {
    if (this.single) return this.main
    const level = draft.hasPriority ? Math.min(draft.priority, maxPriority) : defaultPriority
    for (const lane of this.all) if (lane.level === level) return lane
    return this.add(level)
  }

  add(level: number): Lane {
    const lane = new Lane(this.logOf(level), level)
    const at = this.all.findIndex((other) => other.level < level)
    this.all.splice(at < 0 ? this.all.length : at, 0, lane)
    return lane
  }
}
