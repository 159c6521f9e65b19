/**
 * Where a message goes: queues and, beside them, the logs of their lanes, so that it is appended to all in one call;
 * and topics, which are told one by one.
 * A route is filled by its vhost and may be kept as long as the vhost's version stands.
 */
import type { Cursor, Log, LogEngine } from '../../log/engine.ts'
import type { MessageDraft } from '../../record/message.ts'
import type { SeenWindow } from '../dedup/seen-window.ts'
import type { History } from '../history/history.ts'
import { TOPIC_REFUSED, type TopicTarget } from '../routing/target.ts'
import { NOT_NOW } from '../transfers.ts'
import type { Lane } from './lane.ts'
import type { Queue } from './queue.ts'

export class Route {
  readonly queues: Queue[] = []
  readonly topics: TopicTarget[] = []
  /** Of the exchanges on the way that remember their messages, or the keys of them. */
  readonly histories: (History | SeenWindow)[] = []
  /** Of the last append: a queue was full, or a topic has no place for such, and did not take the message. */
  rejected = false
  /** Of the last append: a queue was full, which may change. */
  private full = false
  /** Of the last append: how many queues and topics took the message. */
  taken = 0
  /** Of the last append: the round of the dead letters that full queues made of the message; NOT_NOW if none did. */
  private deadLetters = NOT_NOW
  private readonly logs: Log[] = []
  /** No queue looks at messages on their way in. */
  private plain = true

  /** Nothing keeps the message. */
  get isEmpty(): boolean {
    return this.logs.length === 0 && this.topics.length === 0
  }

  /** How many queues and topics the message reaches. */
  get targets(): number {
    return this.queues.length + this.topics.length
  }

  /** Of the last append: a full queue made a dead letter of the message. */
  get passedOn(): boolean {
    return this.deadLetters !== NOT_NOW
  }

  /** Of the last append: queues refused the message, and nobody else took it or passed it on. */
  get refused(): boolean {
    return this.rejected && this.taken === 0 && !this.passedOn
  }

  /** Of the last append: as `refused`, and trying again is in vain. */
  get refusedForGood(): boolean {
    return this.refused && !this.full
  }

  /** To this queue alone, or nowhere. */
  leadTo(queue: Queue | null): void {
    this.queues.length = 0
    this.topics.length = 0
    this.histories.length = 0
    if (queue !== null) this.queues.push(queue)
    this.filled()
  }

  /** To be called when `queues` was filled anew, or the settings of one changed. */
  filled(): void {
    const { queues, histories, logs } = this
    this.rejected = false
    this.plain = true
    logs.length = queues.length
    for (let i = 0; i < queues.length; i++) {
      logs[i] = queues[i].lanes[0].log
      if (queues[i].admits) this.plain = false
    }
    for (let i = 0; i < histories.length; i++) keepIn(histories[i], logs)
    if (this.topics.length > 0) this.plain = false
  }

  /** Appends and wakes. @returns the durable number of what became of it, 0 for none. */
  append(engine: LogEngine, draft: MessageDraft): number {
    if (!this.plain || draft.expiry > 0) return this.appendAdmitted(engine, draft)
    const { queues, logs } = this
    const round = engine.append(draft, logs, logs.length)
    for (let i = 0; i < queues.length; i++) queues[i].appended()
    this.taken = queues.length
    return this.histories.length === 0 ? round : this.remembered(round)
  }

  /** As `append`, for the record at `offset` of the cursor's source: the cursor moves behind it together with the copies. */
  appendFrom(engine: LogEngine, cursor: Cursor, offset: number, draft: MessageDraft): void {
    if (!this.plain || draft.expiry > 0) {
      this.appendAdmitted(engine, draft, cursor, offset)
      return
    }
    const { queues, logs } = this
    const round = engine.appendFrom(cursor, offset, draft, logs, logs.length)
    for (let i = 0; i < queues.length; i++) queues[i].appended()
    this.taken = queues.length
    if (this.histories.length > 0) this.remembered(round)
  }

  private appendAdmitted(engine: LogEngine, draft: MessageDraft, cursor: Cursor | null = null, offset = 0): number {
    const { queues, topics } = this
    const logs: Log[] = []
    const takers: Queue[] = []
    const lanes: Lane[] = []
    this.rejected = this.full = false
    this.deadLetters = NOT_NOW
    let duplicate = false
    for (let i = 0; i < queues.length; i++) {
      // It took the message before a crash.
      if (cursor?.has(offset, queues[i].laneFor(draft).log)) continue
      if (queues[i].isDuplicate(draft)) {
        duplicate = true
        continue
      }
      const lane = queues[i].admit(draft)
      if (lane === null) {
        this.rejected = this.full = true
        this.deadLetters = Math.max(this.deadLetters, queues[i].passedOn)
        continue
      }
      logs.push(lane.log)
      takers.push(queues[i])
      lanes.push(lane)
    }
    this.taken = takers.length
    let inTopics = 0
    for (let i = 0; i < topics.length; i++) {
      const number = topics[i].append(draft)
      if (number === TOPIC_REFUSED) this.rejected = true
      else {
        this.taken++
        inTopics = Math.max(inTopics, number)
      }
    }
    if (this.refused) {
      for (const history of this.histories) history.withdraw()
      return 0
    }
    for (const history of this.histories) keepIn(history, logs)
    // The confirm of a duplicate rests on the message before it.
    const before = Math.max(this.deadLetters, inTopics, duplicate ? engine.seal() : 0)
    if (logs.length === 0) return this.remembered(before)
    const { length } = logs
    const round =
      cursor === null ? engine.append(draft, logs, length) : engine.appendFrom(cursor, offset, draft, logs, length)
    for (let i = 0; i < takers.length; i++) takers[i].admitted(lanes[i], draft)
    return this.remembered(Math.max(before, round))
  }

  /** @returns the round to wait for */
  private remembered(round: number): number {
    const { histories } = this
    let last = round
    for (let i = 0; i < histories.length; i++) last = Math.max(last, histories[i].appended(round))
    return last
  }
}

function keepIn(history: History | SeenWindow, logs: Log[]): void {
  if (history.kind === 'history') logs.push(history.log)
}
