/**
 * The head of a queue: finds the message that is next, by falling priority, drops those whose time is over on the way,
 * and waits for what cannot be handed out yet: a record in a file, a mark that is not durable, others who want their turn.
 */
import { MessageView } from '../../record/message.ts'
import { Admission } from './key-order.ts'
import { Find, type FindResult, type Lane } from './lane.ts'
import { LaneTurns } from './lane-turns.ts'
import type { Queue } from './queue.ts'
import type { QueueContext } from './surroundings.ts'

/** Messages that are found to be over before other work gets its chance. */
const OVER_BATCH = 2048

export class Head {
  /** What `find` found, and in which lane. */
  readonly view = new MessageView()
  lane: Lane
  /** Nothing can be found for the moment. */
  waiting = false
  /** What was found is not passed, either: too many stand aside. */
  private stays = false
  /** It waits only for others to have their turn. */
  private yielding = false
  private readers: (() => void)[] = []
  private readonly queue: Queue
  private readonly context: QueueContext
  private readonly turns: LaneTurns | null
  readonly wake = (): void => {
    this.waiting = false
    const { queue, readers } = this
    this.readers = []
    for (const read of readers) read()
    if (!queue.gone) queue.wakeUp()
  }
  private readonly loaded = (error: Error | null): void => {
    if (error === null) this.wake()
    else this.context.damaged(this.queue, error, this.wake)
  }

  constructor(queue: Queue, context: QueueContext) {
    this.queue = queue
    this.context = context
    this.lane = queue.lanes[0]
    this.turns = queue.settings.sourceTopic === null ? null : new LaneTurns(queue, context, this.view, this.wake)
  }

  /** Others had their turn. */
  resume(): void {
    if (!this.yielding) return
    this.yielding = false
    this.wake()
  }

  /** Calls `task` once the queue no longer waits. */
  whenReadable(task: () => void): void {
    if (this.waiting) this.readers.push(task)
    else task()
  }

  /**
   * Finds the first ready message. `turnMs`: when the message came that set this going, 0 for none.
   * @returns false: there is none, or it cannot be handed out yet and `waiting` is set.
   */
  find(turnMs: number): boolean {
    const { lanes } = this.queue
    if (this.turns !== null) return this.findInTurn(this.turns)
    if (lanes.length === 1) return this.findIn(lanes[0], turnMs) === Find.found
    for (const lane of lanes) {
      if (lane.ready === 0) continue
      const found = this.findIn(lane, turnMs)
      if (found !== Find.none) return found === Find.found
    }
    return false
  }

  private findInTurn(turns: LaneTurns): boolean {
    const lane = turns.find()
    this.waiting = turns.waiting
    if (lane === null) return false
    this.lane = lane
    return true
  }

  private findIn(lane: Lane, turnMs: number): FindResult {
    const { queue, view } = this
    for (let left = OVER_BATCH; ; left--) {
      const found = lane.find(view)
      if (found === Find.found && queue.examines && !this.mayGo(lane, turnMs)) {
        if (this.stays) return Find.none
        if (left > 0) continue
        this.waiting = this.yielding = true
        queue.runSoon()
        return Find.mark
      }
      if (found === Find.found) this.lane = lane
      else if (found !== Find.none) {
        this.waiting = true
        if (found === Find.cold) lane.log.load(lane.coldAt, this.loaded)
        else this.context.afterDurable(this.wake)
      }
      return found
    }
  }

  /** Drops the message just found if its time is over; has it step aside, or wait, if another with its key is out. */
  private mayGo(lane: Lane, turnMs: number): boolean {
    const { queue, view } = this
    this.stays = false
    if (queue.timed && !this.isAlive(lane, turnMs)) return false
    if (queue.order === null) return true
    const admission = queue.order.admit(lane, view)
    this.stays = admission === Admission.stays
    return admission === Admission.goes
  }

  /** Drops the message just found if its time is over. */
  private isAlive(lane: Lane, turnMs: number): boolean {
    const { queue, view } = this
    const deadline = queue.deadline(view)
    // A time to live of 0 is enough for those who wait when the message comes, and for nobody else.
    if (turnMs > 0 ? deadline >= turnMs : deadline > this.context.clock.now()) return true
    queue.expire(queue.placeOf(lane, view.offset))
    return false
  }

  /** Fills in what the view says about deliveries of what was found. @returns whether it may have been delivered before. */
  describe(): boolean {
    const { queue, view, lane } = this
    const { offset } = view
    const returns = lane.log.returns(offset)
    view.place = queue.placeOf(lane, offset)
    const { deliveryLimit, type } = queue.settings
    view.deliveryCount = returns > 0 && (deliveryLimit !== null || type === 'quorum') ? returns : 0
    return returns > 0 || lane.log.maybeDelivered(offset)
  }
}
