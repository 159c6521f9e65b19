/**
 * The last messages of an exchange: a log of its own, appended to in one call with the queues of each message, and
 * trimmed by settling all but the newest. Persistent messages of a durable exchange are remembered across restarts.
 */
import { type Log, Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import type { HistoryTarget } from '../routing/target.ts'

export interface HistoryContext {
  /** The log, made when the first message comes. */
  createLog(exchange: string): Log
  /** A record could not be read. Calls `again` a little later. */
  damaged(exchange: string, error: Error, again: () => void): void
}

export class History implements HistoryTarget {
  readonly kind = 'history'
  readonly name: string
  private readonly length: number
  private readonly context: HistoryContext
  private readonly view = new MessageView()
  private made: Log | null = null
  /** Replays under way: nothing is trimmed below them. */
  private replays = 0
  private gone = false

  constructor(name: string, length: number, context: HistoryContext) {
    this.name = name
    this.length = length
    this.context = context
  }

  get log(): Log {
    return (this.made ??= this.context.createLog(this.name))
  }

  /** Nothing is replayed any more. @returns the log, null if there was no message. */
  end(): Log | null {
    this.gone = true
    return this.made
  }

  /** Takes over the log that the engine recovered. */
  adopt(log: Log): void {
    this.made = log
    this.appended()
  }

  /** Called after a message was appended to the log in `round`. @returns the round to wait for */
  appended(round = 0): number {
    if (this.replays > 0) return round
    const { log, length } = this
    while (log.unsettled > length && log.settledBelow < log.endOffset) log.settle(log.settledBelow)
    return round
  }

  /** A message was refused: it is not remembered. */
  withdraw(): void {}

  /** Calls `use` for what is remembered now, oldest first; later for what has to be read from a file. */
  replay(use: (view: MessageView) => void): void {
    if (this.made === null) return
    this.replays++
    this.readOn(this.made, 0, this.made.endOffset, use)
  }

  private readOn(log: Log, from: number, end: number, use: (view: MessageView) => void): void {
    const { view } = this
    let at = from
    let result = log.seek(at, view)
    for (; result === Seek.found && view.offset < end; result = log.seek(at, view)) {
      at = view.offset + 1
      use(view)
    }
    if (result === Seek.cold && at < end) {
      const ready = (error: Error | null): void => {
        if (this.gone) return
        if (error === null) this.readOn(log, at, end, use)
        else this.context.damaged(this.name, error, () => this.readOn(log, at, end, use))
      }
      log.load(at, ready)
      return
    }
    this.replays--
    this.appended()
  }
}
