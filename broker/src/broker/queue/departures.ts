/**
 * Messages on their way out of a queue to its dead-letter exchange: the *transfer* protocol (docs/dead-letters.md).
 * A copy is appended first; the message itself is settled once the copy is durable. Until then it is taken, so a crash
 * in between leaves it here, ready again, and perhaps a second copy there: never none.
 */
import { type Turn, TurnPhase, type TurnTask } from '../../base/turn.ts'
import { Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import type { DeathReason } from './death.ts'
import type { Queue } from './queue.ts'

/** The copy cannot be made now: the message stays and is tried again. */
export const NOT_NOW = -1

export interface DeparturesContext {
  readonly turn: Turn
  /** Appends the copy. @returns the round that makes it durable, 0 when there is nothing to wait for, or NOT_NOW. */
  deadLetter(queue: Queue, view: MessageView, reason: DeathReason): number
  /** `durable` is called at every durable round until it answers false. */
  waitDurable(waiter: { durable(round: number): boolean }): void
  later(delayMs: number, task: () => void): void
  readonly durableRound: number
}

/** Departures in one go; there are a few goes in a turn. */
const SLICE = 64
/** Of those whose copies have become durable: settled in one go. */
const SETTLE_SLICE = 512
const AGAIN_MS = 1000

const view = new MessageView()

export class Departures implements TurnTask {
  scheduled = false
  /** Messages not settled yet. */
  count = 0
  private readonly queue: Queue
  private readonly context: DeparturesContext
  private places: number[] = []
  private reasons: DeathReason[] = []
  private head = 0
  /** Copied, in order of rounds. */
  private copied: number[] = []
  private rounds: number[] = []
  private copiedHead = 0
  private loading = false

  constructor(queue: Queue, context: DeparturesContext) {
    this.queue = queue
    this.context = context
  }

  /** The message at `place` was taken and is to leave. */
  push(place: number, reason: DeathReason): void {
    this.count++
    this.enqueue(place, reason)
  }

  runTurn(): void {
    if (this.queue.gone) return
    this.settleCopied()
    if (!this.loading) this.copyNext()
  }

  private copyNext(): void {
    for (let left = SLICE; this.head < this.places.length; left--) {
      if (left === 0) {
        this.context.turn.schedule(TurnPhase.deliver, this)
        return
      }
      const place = this.places[this.head]
      const lane = this.queue.laneAt(place)
      const offset = this.queue.offsetAt(place)
      const result = lane.log.seek(offset, view)
      if (result === Seek.cold) {
        this.loading = true
        lane.log.load(offset, (error) => this.loaded(error))
        return
      }
      const reason = this.reasons[this.head++]
      if (result === Seek.found && view.offset === offset) this.depart(place, reason)
      else this.settle(place)
    }
    this.places = []
    this.reasons = []
    this.head = 0
  }

  durable(): boolean {
    if (this.queue.gone || this.copiedHead === this.rounds.length) return false
    this.context.turn.schedule(TurnPhase.deliver, this)
    return true
  }

  /** Settles what is copied and durable. */
  private settleCopied(): void {
    const { rounds, copied } = this
    const { durableRound } = this.context
    const end = Math.min(rounds.length, this.copiedHead + SETTLE_SLICE)
    while (this.copiedHead < end && rounds[this.copiedHead] <= durableRound) this.settle(copied[this.copiedHead++])
    if (this.copiedHead === rounds.length) {
      this.rounds = []
      this.copied = []
      this.copiedHead = 0
    } else if (this.copiedHead === end) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  private enqueue(place: number, reason: DeathReason): void {
    this.places.push(place)
    this.reasons.push(reason)
    if (!this.loading) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  private depart(place: number, reason: DeathReason): void {
    const round = this.context.deadLetter(this.queue, view, reason)
    if (round === NOT_NOW) this.context.later(AGAIN_MS, () => this.enqueue(place, reason))
    else this.settleAfter(place, round)
  }

  /** Settles a taken message once `round` is durable. */
  settleAfter(place: number, round: number): void {
    if (round <= this.context.durableRound) {
      this.settle(place)
      return
    }
    this.context.waitDurable(this)
    this.copied.push(place)
    this.rounds.push(round)
  }

  private settle(place: number): void {
    this.count--
    this.queue.settleTaken(place)
  }

  private loaded(error: Error | null): void {
    this.loading = false
    if (this.queue.gone) return
    if (error === null) {
      this.runTurn()
      return
    }
    this.loading = true
    this.queue.damaged(error, () => this.loaded(null))
  }
}
