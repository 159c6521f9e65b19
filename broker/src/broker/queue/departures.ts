/**
 * Messages on their way out of a queue to its dead-letter exchange: the *transfer* protocol (docs/dead-letters.md).
 * A copy is appended first; the message itself is settled once the copy is durable. Until then it is taken, so a crash
 * in between leaves it here, ready again, and perhaps a second copy there: never none.
 */
import type { Clock } from '../../base/clock.ts'
import { NumberQueue } from '../../base/number-queue.ts'
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import { Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import { NOT_NOW, Transfers, type TransfersContext } from '../transfers.ts'
import { DEATH_REASONS, type DeathReason } from './death.ts'
import { DueIndex } from './due-index.ts'
import type { Queue } from './queue.ts'
import { WakeUp } from './wake-up.ts'

export interface DeparturesContext extends TransfersContext {
  /** Appends the copy. @returns the round that makes it durable, 0 when there is nothing to wait for, or NOT_NOW. */
  deadLetter(queue: Queue, view: MessageView, reason: DeathReason): number
  readonly clock: Clock
}

/** Departures in one go; there are a few goes in a turn. */
const SLICE = 64
const AGAIN_MS = 1000
/** The more cannot leave, the longer each of them waits: trying is work for nothing. */
const TRIES_PER_MS = 10
const REASONS = DEATH_REASONS.length

const view = new MessageView()

export class Departures implements TurnTask {
  scheduled = false
  /** Messages not settled yet. */
  count = 0
  private readonly queue: Queue
  private readonly context: DeparturesContext
  /** Those to be copied, each with its reason: place × reasons + reason. */
  private readonly going = new NumberQueue()
  /** Those that could not be, by the time of the next try. */
  private readonly stuck = new DueIndex()
  private readonly wake: WakeUp
  private readonly due: number[] = []
  private readonly transfers: Transfers
  private loading = false

  constructor(queue: Queue, context: DeparturesContext) {
    this.queue = queue
    this.context = context
    this.wake = new WakeUp(context.clock, () => this.tryAgain())
    this.transfers = new Transfers(context, (place) => {
      if (!queue.gone) this.settle(place)
    })
  }

  /** The message at `place` was taken and is to leave. */
  push(place: number, reason: DeathReason): void {
    this.count++
    this.enqueue(place * REASONS + DEATH_REASONS.indexOf(reason))
  }

  runTurn(): void {
    if (this.loading || this.queue.gone) return
    const { going } = this
    for (let left = SLICE; going.length > 0; left--) {
      if (left === 0) {
        this.context.turn.schedule(TurnPhase.deliver, this)
        return
      }
      const entry = going.first
      const place = Math.floor(entry / REASONS)
      const lane = this.queue.laneAt(place)
      const offset = this.queue.offsetAt(place)
      const result = lane.log.seek(offset, view)
      if (result === Seek.cold) {
        this.loading = true
        lane.log.load(offset, (error) => this.loaded(error))
        return
      }
      going.shift()
      if (result === Seek.found && view.offset === offset) this.depart(place, entry)
      else this.settle(place)
    }
  }

  private enqueue(entry: number): void {
    this.going.push(entry)
    if (!this.loading) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  private depart(place: number, entry: number): void {
    const { context, stuck } = this
    const round = context.deadLetter(this.queue, view, DEATH_REASONS[entry % REASONS])
    if (round !== NOT_NOW) {
      this.transfers.add(place, round)
      return
    }
    stuck.add(entry, context.clock.now() + AGAIN_MS + stuck.size / TRIES_PER_MS)
    this.wake.at(stuck.next())
  }

  /** The queue is gone. */
  stop(): void {
    this.wake.clear()
  }

  private tryAgain(): void {
    if (this.queue.gone) return
    const { stuck, due } = this
    const taken = stuck.take(this.context.clock.now(), due, SLICE)
    for (let i = 0; i < taken; i++) this.enqueue(due[i])
    if (stuck.size > 0) this.wake.at(stuck.next())
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
