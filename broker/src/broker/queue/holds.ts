/** Returned messages that are set aside for a while (delayed retry): taken until their time comes, then ready at their place. */
import type { Clock } from '../../base/clock.ts'
import { DueIndex } from './due-index.ts'
import type { Queue } from './queue.ts'
import { WakeUp } from './wake-up.ts'

/** Given back in one go. */
const SLICE = 1000

export class Holds {
  /** Messages set aside now. */
  count = 0
  private readonly queue: Queue
  private readonly clock: Clock
  private readonly index = new DueIndex()
  private readonly wake: WakeUp
  private readonly due: number[] = []

  constructor(queue: Queue, clock: Clock) {
    this.queue = queue
    this.clock = clock
    this.wake = new WakeUp(clock, () => this.release())
  }

  /** The taken message at `place` is not ready before `untilMs`. */
  add(place: number, untilMs: number): void {
    this.count++
    this.index.add(place, untilMs)
    this.wake.at(untilMs)
  }

  stop(): void {
    this.wake.clear()
  }

  private release(): void {
    if (this.queue.gone) return
    const { due, index, queue } = this
    const taken = index.take(this.clock.now(), due, SLICE)
    this.count -= taken
    for (let i = 0; i < taken; i++) queue.giveBack(due[i])
    if (index.size > 0) this.wake.at(index.next())
  }
}
