/** Reads a bucket from front to back, once, a slice at a time. What is added meanwhile is not its concern. */
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { Seek } from '../../log/engine.ts'
import { MessageDraft, MessageView } from '../../record/message.ts'
import type { DueBucket } from './due-bucket.ts'
import { draftOf, namesOf } from './stored-draft.ts'

const SLICE = 256
const READ_AGAIN_MS = 200

export interface BucketReaderContext {
  readonly clock: Clock
  readonly logger: Logger
}

export type TakeMessage = (bucket: DueBucket, view: MessageView, draft: MessageDraft, cold: boolean) => void

export class BucketReader {
  readonly bucket: DueBucket
  private at = 0
  private readonly end: number
  private loading = false
  private readonly view = new MessageView()
  private readonly draft = new MessageDraft()
  private readonly take: TakeMessage
  private readonly ready: () => void
  private readonly context: BucketReaderContext

  /** @param ready is called after `step` answered `wait`, when it is to be called again. */
  constructor(bucket: DueBucket, context: BucketReaderContext, take: TakeMessage, ready: () => void) {
    this.bucket = bucket
    this.end = bucket.log.endOffset
    this.take = take
    this.ready = ready
    this.context = context
  }

  step(): 'more' | 'wait' | 'end' {
    const { view, draft } = this
    const { log } = this.bucket
    if (this.loading) return 'wait'
    for (let left = SLICE; left > 0; left--) {
      const result = this.at < this.end ? log.seek(this.at, view) : Seek.end
      if (result === Seek.cold) {
        this.loading = true
        log.load(this.at, this.loaded)
        return 'wait'
      }
      if (result === Seek.end || view.offset >= this.end) return 'end'
      this.at = view.offset + 1
      draftOf(view, draft)
      draft.namesBytes = namesOf(view)
      this.take(this.bucket, view, draft, view.offset < log.coldEnd)
    }
    return 'more'
  }

  private readonly loaded = (error: Error | null): void => {
    if (error !== null) {
      // Damage is told once, and is then passed over; other trouble may end.
      this.context.logger.error({ error: error.message }, 'delayed messages cannot be read')
      this.context.clock.setTimer(READ_AGAIN_MS, () => this.loaded(null))
      return
    }
    this.loading = false
    this.ready()
  }
}
