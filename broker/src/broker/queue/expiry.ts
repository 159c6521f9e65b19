/**
 * Messages leave when their time is over, wherever they stand in the queue. The queue's own time to live needs no
 * index: messages expire in the order of their arrival, so the first ready one of each lane is looked at. Times that
 * messages bring themselves (`expiration`) stand in an index by time. Both go in slices, so that a million messages
 * that expire together do not hold up everybody else.
 */
import type { Clock } from '../../base/clock.ts'
import { Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import { DueIndex } from './due-index.ts'
import { Find, type Lane } from './lane.ts'
import type { Queue } from './queue.ts'
import { WakeUp } from './wake-up.ts'

const SLICE = 500

const view = new MessageView()

export class Expiry {
  private readonly queue: Queue
  private readonly clock: Clock
  private readonly wake: WakeUp
  private index: DueIndex | null = null
  /** Came back to the queue: their times may have been passed over. */
  private readonly returned: number[] = []
  /** The index holds no time up to here, and all later ones. */
  private takenTo = Number.NEGATIVE_INFINITY
  private readonly due: number[] = []
  private loading = false

  constructor(queue: Queue, clock: Clock) {
    this.queue = queue
    this.clock = clock
    this.wake = new WakeUp(clock, () => this.sweep())
  }

  /** A message with a time of its own stands in the queue. */
  add(place: number, expiryMs: number): void {
    this.index ??= new DueIndex()
    this.index.add(place, expiryMs)
    this.index.forgetSome(this.isThere, 2)
    this.wake.at(expiryMs + 1)
  }

  /** Most messages are taken before their time is over: they need not stand in the index till then. */
  private readonly isThere = (place: number): boolean =>
    !this.queue.laneAt(place).log.isSettled(this.queue.offsetAt(place))

  /** A message became ready, whose deadline is `deadlineMs` at the latest. */
  watch(deadlineMs: number): void {
    this.wake.at(deadlineMs + 1)
  }

  /** A message came back. */
  back(place: number): void {
    if (this.index !== null) this.returned.push(place)
    this.wake.at(this.clock.now() + 1)
  }

  /** Looks at everything soon: the settings changed. */
  lookAgain(): void {
    this.wake.at(this.clock.now())
  }

  stop(): void {
    this.wake.clear()
  }

  /** After a start: finds the messages that have a time of their own. Those that expire meanwhile are seen at delivery. */
  scan(): void {
    this.scanLanes([...this.queue.lanes], 0)
  }

  private scanLanes(lanes: Lane[], from: number): void {
    if (this.queue.gone) return
    const lane = lanes[0]
    if (lane === undefined) return
    let at = from
    for (let left = SLICE; left > 0; left--) {
      const result = lane.log.seek(at, view)
      if (result === Seek.cold) {
        const again = at
        lane.log.load(at, (error) => this.scanLanes(lanes, error === null ? again : again + 1))
        return
      }
      if (result === Seek.end) {
        this.scanLanes(lanes.slice(1), 0)
        return
      }
      if (view.expiry > 0) this.add(this.queue.placeOf(lane, view.offset), view.expiry)
      at = view.offset + 1
    }
    this.clock.setTimer(0, () => this.scanLanes(lanes, at))
  }

  private sweep(): void {
    const { queue } = this
    if (queue.gone || this.loading) return
    // A message whose deadline is this very millisecond still lives.
    const before = this.clock.now()
    let left = this.takeDue(before)
    if (queue.settings.messageTtlMs !== null) {
      for (const lane of queue.lanes) {
        left = this.sweepLane(lane, before, left)
        if (this.loading) return
      }
    }
    if (left <= 0) this.wake.at(before)
    if (this.index !== null && this.index.size > 0) this.wake.at(this.index.next() + 1)
  }

  private takeDue(before: number): number {
    const { queue, due, index } = this
    if (index === null) return SLICE
    const taken = index.take(before - 1, due, SLICE)
    for (let i = 0; i < taken; i++) queue.expire(due[i])
    if (taken < SLICE) this.takenTo = Math.max(this.takenTo, before - 1)
    let left = SLICE - taken
    for (; left > 0 && this.returned.length > 0; left--) this.lookAt(this.returned.pop()!, before)
    return left
  }

  private lookAt(place: number, before: number): void {
    const { queue } = this
    const lane = queue.laneAt(place)
    const offset = queue.offsetAt(place)
    // What lies in a file is looked at when it is its turn to be delivered.
    if (!lane.isReady(offset) || lane.log.seek(offset, view) !== Seek.found || view.offset !== offset) return
    if (queue.deadline(view) < before) queue.expire(place)
    // Only a clock that was set back makes a time come twice.
    else if (view.expiry > 0 && view.expiry <= this.takenTo) this.add(place, view.expiry)
  }

  private sweepLane(lane: Lane, before: number, left: number): number {
    const { queue } = this
    for (; left > 0 && lane.ready > 0; left--) {
      const found = lane.oldest(view)
      if (found === Find.cold) {
        this.loading = true
        lane.log.load(lane.coldAt, (error) => this.loaded(error))
        return left
      }
      if (found !== Find.found) return left
      const deadline = queue.deadline(view)
      if (deadline >= before) {
        this.wake.at(deadline + 1)
        return left
      }
      queue.expire(queue.placeOf(lane, view.offset))
    }
    return left
  }

  private loaded(error: Error | null): void {
    this.loading = false
    if (this.queue.gone) return
    if (error === null) this.sweep()
    else this.queue.damaged(error, () => this.sweep())
  }
}
