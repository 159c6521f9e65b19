/**
 * The head of a queue with a lane for each partition of a topic: the lanes are served in turn, so that none waits for
 * another, be it long or damaged. Trade: the order of messages holds within a lane.
 */
import type { MessageView } from '../../record/message.ts'
import { Find, type Lane } from './lane.ts'
import type { Queue } from './queue.ts'
import type { QueueContext } from './surroundings.ts'

export class LaneTurns {
  /** Nothing was found, but something will be soon. */
  waiting = false
  private readonly queue: Queue
  private readonly context: QueueContext
  private readonly view: MessageView
  private readonly wake: () => void
  /** Whose turn it is. */
  private next = 0
  /** What is next in these is on its way into memory. */
  private readonly loading = new Set<Lane>()
  /** These could not be read, and are left alone for a while. */
  private readonly damaged = new Set<Lane>()
  private awaitsMark = false

  constructor(queue: Queue, context: QueueContext, view: MessageView, wake: () => void) {
    this.queue = queue
    this.context = context
    this.view = view
    this.wake = wake
  }

  /** Finds the first ready message of the lane whose turn it is, or of the next one that has any. */
  find(): Lane | null {
    const { lanes } = this.queue
    const { length } = lanes
    this.waiting = false
    for (let i = 0; i < length; i++) {
      const lane = lanes[(this.next + i) % length]
      if (lane.ready === 0 || this.damaged.has(lane)) continue
      if (this.loading.has(lane) || !this.isFoundIn(lane)) continue
      this.next = (this.next + i + 1) % length
      this.waiting = false
      return lane
    }
    if (this.loading.size > 0) this.waiting = true
    return null
  }

  private isFoundIn(lane: Lane): boolean {
    for (;;) {
      const found = lane.find(this.view)
      if (found === Find.found) return true
      if (found === Find.mark) this.awaitMark()
      if (found !== Find.cold || !this.load(lane)) return false
    }
  }

  /** @returns whether it could be read at once */
  private load(lane: Lane): boolean {
    const { loading } = this
    let isNow = true
    loading.add(lane)
    lane.log.load(lane.coldAt, (error) => {
      loading.delete(lane)
      if (error !== null) this.rest(lane, error)
      if (!isNow) this.wake()
    })
    isNow = false
    return !loading.has(lane) && !this.damaged.has(lane)
  }

  private rest(lane: Lane, error: Error): void {
    this.damaged.add(lane)
    this.context.damaged(this.queue, error, () => {
      this.damaged.delete(lane)
      this.wake()
    })
  }

  private awaitMark(): void {
    this.waiting = true
    if (this.awaitsMark) return
    this.awaitsMark = true
    this.context.afterDurable(() => {
      this.awaitsMark = false
      this.wake()
    })
  }
}
