/**
 * The length limits of a queue: of ready messages and of their body bytes. Bytes of taken messages are known one by one,
 * which only queues with such a limit pay for.
 */
import { MessageView } from '../../record/message.ts'
import { Find } from './lane.ts'
import type { Queue } from './queue.ts'

/** Instead of a length: it lies in a file. */
export const UNTOLD = -1

/** Given up in one go. */
const SLICE = 4096

const view = new MessageView()

export class Limits {
  /** Body bytes of what is taken. */
  takenBytes = 0
  private readonly queue: Queue
  private readonly taken = new Map<number, number>()
  /** Taken messages of unknown length, all that were taken before there was a limit in bytes: then what is ready cannot be told. */
  private untold = 0
  private inBytes = false
  private loading = false

  constructor(queue: Queue) {
    this.queue = queue
  }

  /** A limit in bytes that comes while messages are taken holds once these are settled or back. */
  settingsChanged(): void {
    const { queue } = this
    const inBytes = queue.settings.maxLengthBytes !== null
    if (inBytes === this.inBytes) return
    this.inBytes = inBytes
    this.taken.clear()
    this.takenBytes = this.untold = 0
    if (!inBytes) return
    for (const lane of queue.lanes) this.untold += lane.log.unsettled
    this.untold -= queue.ready
  }

  took(place: number, bytes: number): void {
    if (!this.inBytes) return
    if (bytes === UNTOLD) {
      this.untold++
      return
    }
    this.taken.set(place, bytes)
    this.takenBytes += bytes
  }

  released(place: number): void {
    const bytes = this.taken.get(place)
    if (bytes === undefined) {
      if (this.untold > 0) this.untold--
      return
    }
    this.taken.delete(place)
    this.takenBytes -= bytes
  }

  /** Whether a message of so many bytes would be one too many. */
  isFullFor(bytes: number): boolean {
    const { queue } = this
    const { maxLength, maxLengthBytes } = queue.settings
    if (maxLength !== null && queue.ready + 1 > maxLength) return true
    return maxLengthBytes !== null && this.untold === 0 && queue.readyBytes + bytes > maxLengthBytes
  }

  /** Gives up messages from the head until the limits hold; only of queues that drop there. */
  trim(): void {
    const { queue } = this
    if (this.loading || queue.gone || queue.settings.overflow !== 'drop-head') return
    for (let left = SLICE; this.isOver(); left--) {
      if (left === 0) {
        queue.runSoon()
        return
      }
      const lane = queue.lanes.find((one) => one.ready > 0)
      if (lane === undefined) return
      const found = lane.oldest(view)
      if (found === Find.cold) {
        this.loading = true
        lane.log.load(lane.coldAt, (error) => this.loaded(error))
        return
      }
      if (found === Find.none) return
      queue.overflow(queue.placeOf(lane, view.offset))
    }
  }

  private isOver(): boolean {
    const { queue } = this
    const { maxLength, maxLengthBytes } = queue.settings
    if (queue.ready === 0) return false
    if (maxLength !== null && queue.ready > maxLength) return true
    return maxLengthBytes !== null && this.untold === 0 && queue.readyBytes > maxLengthBytes
  }

  private loaded(error: Error | null): void {
    this.loading = false
    if (error === null) this.trim()
    else this.queue.damaged(error, () => this.trim())
  }
}
