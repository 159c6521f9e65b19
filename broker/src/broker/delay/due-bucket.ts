/**
 * Delayed messages whose times lie close together share a log, a *bucket*. Buckets are wider the farther off they are:
 *
 *   level   0       1        2        3
 *   width   4.1 s   4.4 min  4.7 h    12.4 d     (2^12, 2^18, 2^24, 2^30 ms; each starts at a multiple of its width)
 *
 * A bucket is opened a little before its time: one of level 0 is indexed and delivered from, a wider one is moved into
 * narrower ones. So files are read from front to back, are deleted whole when their time is over, and a message costs
 * memory only when its time is near. Trade: a message is written once more for each level it passes through.
 */
import { assert } from '../../base/assert.ts'
import type { Log } from '../../log/engine.ts'
import { OffsetSet } from '../../log/offset-set.ts'

const WIDTHS_MS = [2 ** 12, 2 ** 18, 2 ** 24, 2 ** 30]
const LEVELS = WIDTHS_MS.length
export const TOP_LEVEL = LEVELS - 1

/** So much before its start a bucket is opened: time enough to read it. */
const LEADS_MS = WIDTHS_MS.map((width, level) => (level === 0 ? width : width / 4))

/** A place is an integer below 2^53: offsets of a log, and logs of a lane that it tells apart. */
const OFFSETS = 2 ** 32
const LOGS = 2 ** 21

/** `far`: not opened. `open`: indexed or moved as far as it was read, and whatever is added is indexed at once. */
export type BucketState = 'far' | 'open'

export class DueBucket {
  readonly log: Log
  readonly level: number
  /** ms since 1970 */
  readonly start: number
  state: BucketState = 'far'
  /** Offsets of messages that were published or moved; they are settled when that is durable. */
  readonly taken = new OffsetSet()

  constructor(log: Log, level: number, start: number) {
    this.log = log
    this.level = level
    this.start = start
  }

  get end(): number {
    return this.start + WIDTHS_MS[this.level]
  }

  get opensAt(): number {
    return this.start - LEADS_MS[this.level]
  }

  get key(): number {
    return bucketKey(this.level, this.start)
  }
}

/** The widest level, `top` at most, whose bucket for `dueMs` is not to be opened yet. */
export function levelFor(dueMs: number, nowMs: number, top: number): number {
  let level = top
  while (level > 0) {
    const width = WIDTHS_MS[level]
    if (dueMs - nowMs >= width && startOf(level, dueMs) - LEADS_MS[level] > nowMs) break
    level--
  }
  return level
}

export function startOf(level: number, dueMs: number): number {
  const width = WIDTHS_MS[level]
  return Math.floor(dueMs / width) * width
}

/** The same for all times of one bucket, different for all buckets of a lane. */
export function bucketKey(level: number, dueMs: number): number {
  return Math.floor(dueMs / WIDTHS_MS[level]) * LEVELS + level
}

/** Stands for the log in places: ids of logs grow for ever. No two logs of a lane have the same. */
export function numberOf(log: Log): number {
  return log.id % LOGS
}

/** Names a message of a lane: the log it lies in, and where. */
export function placeIn(log: Log, offset: number): number {
  assert(offset < OFFSETS, 'a bucket is full')
  return numberOf(log) * OFFSETS + offset
}

/** The number of the log. */
export function logOf(place: number): number {
  return Math.floor(place / OFFSETS)
}

export function offsetOf(place: number): number {
  return place % OFFSETS
}
