/**
 * The keys that a deduplication exchange saw lately: so many, each for its time. A durable exchange appends them to a
 * log once the messages that brought them are durable, and those are confirmed a round later: a crash in between loses
 * the key, never the message and not the key, for its publisher would be told that a lost message is a duplicate. A key
 * that is forgotten is settled there.
 *
 *   record of the log   body: the key | expiry: until when it is remembered, 0 = until others need the room
 */
import type { Clock } from '../../base/clock.ts'
import type { Log, LogEngine } from '../../log/engine.ts'
import { MessageDraft } from '../../record/message.ts'
import { type DurableWaiter, isRound } from '../durability.ts'
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
  waitDurable(waiter: DurableWaiter): void
  reached(durableNumber: number): boolean
}

interface Seen {
  /** ms since 1970, Infinity for no end */
  readonly until: number
  /** In the log, -1: not there. */
  offset: number
}

/** A key that is to be kept when its message is durable. */
interface Fresh {
  readonly key: string
  readonly seen: Seen
  /** Infinity: the message was not appended yet. */
  round: number
}

/** Expired keys that are looked for at each new one: more than come, so that none stay. */
const EXPIRED_STEP = 4

/** A message without exchange, key and properties. */
const NO_NAMES = Uint8Array.of(0, 0)
const NO_PROPERTIES = Uint8Array.of(0, 0)

export class SeenWindow implements SeenKeys, DurableWaiter {
  readonly kind = 'seen'
  readonly name: string
  private readonly options: SeenWindowOptions
  /** By age, the oldest first. */
  private readonly seen = new Map<string, Seen>()
  private fresh: Fresh[] = []
  private log: Log | null = null
  private ended = false
  private readonly draft = new MessageDraft()

  constructor(name: string, options: SeenWindowOptions) {
    this.name = name
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
    this.dropUnsent()
    const ttl = ttlMs ?? this.options.ttlMs
    const until = ttl === null ? Number.POSITIVE_INFINITY : now + ttl
    const seen = { until, offset: -1 }
    this.seen.set(key, seen)
    if (this.options.makeLog !== null) this.fresh.push({ key, seen, round: Number.POSITIVE_INFINITY })
    return true
  }

  /** The message of a key that was admitted was appended in `round`, 0 for none. @returns the round to wait for */
  appended(round: number): number {
    const { fresh, options } = this
    if (fresh.length === 0) return round
    if (fresh[0].round === Number.POSITIVE_INFINITY) options.waitDurable(this)
    for (let i = fresh.length - 1; i >= 0 && fresh[i].round === Number.POSITIVE_INFINITY; i--) fresh[i].round = round
    if (options.reached(round)) {
      this.durable()
      return round
    }
    return isRound(round) ? round + 1 : round
  }

  /** The message of a key that was admitted was refused: it may come again. */
  withdraw(): void {
    const { fresh, seen } = this
    while (isUnsent(fresh)) seen.delete(fresh.pop()!.key)
  }

  durable(): boolean {
    const { fresh } = this
    let count = 0
    while (count < fresh.length && this.options.reached(fresh[count].round)) count++
    const done = fresh.splice(0, count)
    if (!this.ended) for (const one of done) this.keep(one)
    // Nothing is kept any more, but publishers wait for the round in which that would be.
    else if (count > 0) this.options.engine.deleteLog(this.options.makeLog!())
    return fresh.length > 0 && fresh[0].round !== Number.POSITIVE_INFINITY
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
    this.ended = true
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

  /** Keys of messages that nobody took are remembered, but not kept. */
  private dropUnsent(): void {
    while (isUnsent(this.fresh)) this.fresh.pop()
  }

  private forget(key: string, { offset }: Seen): void {
    this.seen.delete(key)
    if (offset >= 0) this.log!.settle(offset)
  }

  private keep({ key, seen }: Fresh): void {
    const { makeLog, engine, clock } = this.options
    this.log ??= makeLog!()
    const { log, draft } = this
    const { until } = seen
    draft.body = Buffer.from(key)
    draft.bodyLen = draft.body.length
    draft.arrival = clock.now()
    draft.expiry = until === Number.POSITIVE_INFINITY ? 0 : until
    seen.offset = log.endOffset
    // Also what is forgotten by now: its message waits for the round.
    engine.append(draft, [log], 1)
    if (this.seen.get(key) !== seen) log.settle(seen.offset)
  }
}

function isUnsent(fresh: readonly Fresh[]): boolean {
  return fresh.length > 0 && fresh[fresh.length - 1].round === Number.POSITIVE_INFINITY
}
