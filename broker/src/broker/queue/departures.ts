/**
 * Messages on their way out of a queue to its dead-letter exchange: the *transfer* protocol (docs/dead-letters.md).
 * A copy is appended first; the message itself is settled once the copy is durable. Until then it is taken, so a crash
 * in between leaves it here, ready again, and perhaps a second copy there: never none.
 */
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import { Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import { NOT_NOW, Transfers, type TransfersContext } from '../transfers.ts'
import type { DeathReason } from './death.ts'
import type { Queue } from './queue.ts'

export interface DeparturesContext extends TransfersContext {
  /** Appends the copy. @returns the round that makes it durable, 0 when there is nothing to wait for, or NOT_NOW. */
  deadLetter(queue: Queue, view: MessageView, reason: DeathReason): number
  later(delayMs: number, task: () => void): void
}

/** Departures in one go; there are a few goes in a turn. */
const SLICE = 64
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
  private readonly transfers: Transfers
  private loading = false

  constructor(queue: Queue, context: DeparturesContext) {
    this.queue = queue
    this.context = context
    this.transfers = new Transfers(context, (place) => {
      if (!queue.gone) this.settle(place)
    })
  }

  /** The message at `place` was taken and is to leave. */
  push(place: number, reason: DeathReason): void {
    this.count++
    this.enqueue(place, reason)
  }

  runTurn(): void {
    if (this.loading || this.queue.gone) return
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

  private enqueue(place: number, reason: DeathReason): void {
    this.places.push(place)
    this.reasons.push(reason)
    if (!this.loading) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  private depart(place: number, reason: DeathReason): void {
    const round = this.context.deadLetter(this.queue, view, reason)
    if (round === NOT_NOW) this.context.later(AGAIN_MS, () => this.enqueue(place, reason))
    else this.transfers.add(place, round)
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
