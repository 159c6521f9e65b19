/**
 * The keys that a deduplication exchange saw lately: so many, each for its time. A durable exchange appends them to a
 * log, in the round of the messages that brought them, so that a crash keeps both or neither; a key that is forgotten
 * is settled there.
 *
 *   record of the log   body: the key | expiry: until when it is remembered, 0 = until others need the room
 */
import type { Clock } from '../../base/clock.ts'
import type { Log, LogEngine } from '../../log/engine.ts'
import { MessageDraft } from '../../record/message.ts'
import { scanLog } from '../log-scan.ts'
import type { SeenKeys } from '../routing/deduplication-exchange.ts'

export interface SeenWindowOptions {
  readonly engine: LogEngine
  readonly clock: Clock
  readonly size: number
  /** Of keys that bring no time of their own; null: no end. */
  readonly ttlMs: number | null
  /** Null: what was seen is forgotten at a start. */
  readonly makeLog: (() => Log) | null
}

interface Seen {
  /** ms since 1970, Infinity for no end */
  readonly until: number
  readonly offset: number
}

/** Expired keys that are looked for at each new one: more than come, so that none stay. */
const EXPIRED_STEP = 4

/** A message without exchange, key and properties. */
const NO_NAMES = Uint8Array.of(0, 0)
const NO_PROPERTIES = Uint8Array.of(0, 0)

export class SeenWindow implements SeenKeys {
  private readonly options: SeenWindowOptions
  /** By age, the oldest first. */
  private readonly seen = new Map<string, Seen>()
  private log: Log | null = null
  private readonly draft = new MessageDraft()

  constructor(options: SeenWindowOptions) {
    this.options = options
    this.draft.names = NO_NAMES
    this.draft.properties = NO_PROPERTIES
    this.draft.propertiesLen = NO_PROPERTIES.length
    this.draft.persistent = true
  }

  get size(): number {
    return this.seen.size
  }

  admit(key: string, ttlMs: number | null): boolean {
    const now = this.options.clock.now()
    const known = this.seen.get(key)
    if (known !== undefined) {
      if (known.until > now) return false
      this.forget(key, known)
    }
    this.makeRoom(now)
    const ttl = ttlMs ?? this.options.ttlMs
    const until = ttl === null ? Number.POSITIVE_INFINITY : now + ttl
    this.seen.set(key, { until, offset: this.append(key, until, now) })
    return true
  }

  /** After a start: remembers what the log holds. */
  async restore(log: Log): Promise<void> {
    this.log = log
    const now = this.options.clock.now()
    await scanLog(log, (view) => {
      const key = view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)
      const until = view.expiry === 0 ? Number.POSITIVE_INFINITY : view.expiry
      if (until > now) this.seen.set(Buffer.from(key).toString(), { until, offset: view.offset })
      else log.settle(view.offset)
    })
  }

  /** The exchange is gone. */
  end(): void {
    if (this.log !== null) this.options.engine.deleteLog(this.log)
    this.seen.clear()
  }

  private makeRoom(now: number): void {
    let looked = 0
    for (const [key, seen] of this.seen) {
      const isFull = this.seen.size >= this.options.size
      if (!isFull && ++looked > EXPIRED_STEP) return
      if (isFull || seen.until <= now) this.forget(key, seen)
    }
  }

  private forget(key: string, { offset }: Seen): void {
    this.seen.delete(key)
    this.log?.settle(offset)
  }

  private append(key: string, until: number, now: number): number {
    const { makeLog, engine } = this.options
    if (makeLog === null) return -1
    this.log ??= makeLog()
    const { log, draft } = this
    draft.body = Buffer.from(key)
    draft.bodyLen = draft.body.length
    draft.arrival = now
    draft.expiry = until === Number.POSITIVE_INFINITY ? 0 : until
    const offset = log.endOffset
    engine.append(draft, [log], 1)
    return offset
  }
}
