/**
 * The lanes of a queue and the places in them. A queue without priorities has one lane, and a place is an offset; with
 * priorities there is a lane for each one that was ever used, and a place is `offset × 256 + level`. A queue over a topic
 * has a lane for each partition, which come and go: their numbers stand where the levels do.
 */
import type { Log } from '../../log/engine.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { KeyOrder } from './key-order.ts'
import { Lane } from './lane.ts'
import type { QueueSettings } from './settings.ts'

const LEVELS = 256

export class Lanes {
  /** By falling priority; those over a topic as they came. */
  readonly all: Lane[] = []
  /** There is but one, for ever. */
  readonly single: boolean
  /** The lane of messages without priority; null over a topic. */
  readonly main: Lane | null
  private readonly byLevel: (Lane | undefined)[] = []
  private readonly logOf: (level: number) => Log
  private readonly order: KeyOrder | null

  /** @param logOf the log of a lane: the one that was recovered, or a new one */
  constructor(
    { maxPriority, defaultPriority, sourceTopic }: QueueSettings,
    logOf: (level: number) => Log,
    order: KeyOrder | null,
  ) {
    this.single = maxPriority === 0 && sourceTopic === null
    this.logOf = logOf
    this.order = order
    this.main = sourceTopic === null ? this.add(defaultPriority) : null
  }

  get ready(): number {
    if (this.single) return this.main!.ready
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
    return this.single ? this.main! : this.byLevel[place % LEVELS]!
  }

  offsetOf(place: number): number {
    return this.single ? place : Math.floor(place / LEVELS)
  }

  placeOf(lane: Lane, offset: number): number {
    return this.single ? offset : offset * LEVELS + lane.level
  }

  /** The lane that takes the message. */
  for(draft: MessageDraft, { maxPriority, defaultPriority }: QueueSettings): Lane {
    if (this.single) return this.main!
    const level = draft.hasPriority ? Math.min(draft.priority, maxPriority) : defaultPriority
    return this.byLevel[level] ?? this.add(level)
  }

  add(level: number): Lane {
    const lane = new Lane(this.logOf(level), level, this.order)
    const at = this.all.findIndex((other) => other.level < level)
    this.all.splice(at < 0 ? this.all.length : at, 0, lane)
    this.byLevel[level] = lane
    return lane
  }

  /** Over a topic: a lane more. @returns null while so many are in use that there is no number for it */
  addOver(log: Log): Lane | null {
    let level = 0
    while (this.byLevel[level] !== undefined) level++
    if (level === LEVELS) return null
    const lane = new Lane(log, level)
    this.all.push(lane)
    this.byLevel[level] = lane
    return lane
  }

  /** Nothing of it is ready or taken. */
  remove(lane: Lane): void {
    this.all.splice(this.all.indexOf(lane), 1)
    this.byLevel[lane.level] = undefined
  }
}
