/**
 * A queue: one or more lanes, each a log with a ledger, and the subscriptions that take messages from it. A lane holds
 * the messages of one priority; most queues have one lane. A message is named by its *place*: its offset, in a queue
 * with priorities `offset × 256 + level`. What only some queues do (expire, set aside, dead-letter, drop) stands in
 * files of its own and is looked at only where it is asked for.
 */
import type { TurnTask } from '../../base/turn.ts'
import { TurnPhase } from '../../base/turn.ts'
import type { Log } from '../../log/engine.ts'
import type { MessageDraft, MessageView } from '../../record/message.ts'
import { QueueWindow } from '../dedup/queue-window.ts'
import { scanLog } from '../log-scan.ts'
import type { Headers } from '../routing/exchange.ts'
import { NOT_NOW } from '../transfers.ts'
import { noCounts } from './counters.ts'
import { Departures } from './departures.ts'
import { type Dispatch, dispatchOf } from './dispatch.ts'
import { Expiry } from './expiry.ts'
import { Head } from './head.ts'
import { Idleness } from './idleness.ts'
import { KeyOrder } from './key-order.ts'
import type { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { Limits, UNTOLD } from './limits.ts'
import { type ReturnKind, Returns } from './returns.ts'
import type { QueueSettings } from './settings.ts'
import { SingleActive } from './single-active.ts'
import { type Subscription, SubscriptionRing } from './subscription.ts'
import type { QueueContext, QueueOptions, QueueOwner } from './surroundings.ts'

/** Messages handed out before other work of the turn gets its chance. */
const DELIVER_BATCH = 32768

export class Queue implements TurnTask {
  readonly kind = 'queue'
  scheduled = false
  readonly vhost: string
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly exclusiveTo: QueueOwner | null
  arguments: Headers
  settings: QueueSettings
  readonly subscriptions = new Set<Subscription>()
  readonly counters = noCounts()
  /** Set once the queue is deleted: every later use finds it gone. */
  gone = false
  /** Takes messages, hands out none. */
  paused = false
  /** Every message is looked at on its way in. */
  admits = false
  /** The head looks at every message that it comes to. */
  examines = false
  /** Of the message refused last: the round that makes its dead letter durable, NOT_NOW if there is none. */
  passedOn = NOT_NOW
  readonly departures: Departures
  private readonly returns: Returns
  /** Null where messages have no order within keys. */
  readonly order: KeyOrder | null
  private readonly context: QueueContext
  private readonly ring = new SubscriptionRing()
  /** Null: in turn. */
  private dispatch: Dispatch | null = null
  private readonly single = new SingleActive(this.subscriptions, this.ring)
  private readonly laneSet: Lanes
  /** Its main lane: the only one of most queues; null over a topic. */
  private readonly main: Lane | null
  private readonly head: Head
  private acquired = 0
  private expiry: Expiry | null = null
  private ownExpirations = false
  private limits: Limits | null = null
  private window: QueueWindow | null = null
  private readonly idleness: Idleness
  /** The time of deliveries in this turn: that of the message that set them going, if one did. */
  private turnMs = 0

  constructor(options: QueueOptions, settings: QueueSettings, context: QueueContext) {
    this.vhost = options.vhost
    this.name = options.name
    this.durable = options.durable
    this.autoDelete = options.autoDelete
    this.exclusiveTo = options.exclusiveTo
    this.arguments = options.arguments
    this.context = context
    this.settings = settings
    this.departures = new Departures(this, context)
    this.returns = new Returns(this, context.clock)
    const isInUse = (): boolean => this.subscriptions.size > 0
    this.idleness = new Idleness(context.clock, isInUse, () => context.unused(this))
    this.order = settings.orderedByKey ? new KeyOrder(this, context.headers) : null
    this.laneSet = new Lanes(settings, (level) => context.laneLog(this, level), this.order)
    this.main = this.laneSet.main
    this.head = new Head(this, context)
    this.applySettings(settings)
  }

  /** Kept over a restart. */
  get kept(): boolean {
    return this.durable && this.exclusiveTo === null
  }

  get ready(): number {
    return this.laneSet.ready
  }

  get unacknowledged(): number {
    return this.acquired
  }

  /** Set aside for a delayed retry. */
  get held(): number {
    return this.returns.held
  }

  /** Body bytes of the ready messages; exact where the queue has a limit in bytes. */
  get readyBytes(): number {
    return this.laneSet.bytes - (this.limits?.takenBytes ?? 0)
  }

  // Settings

  /** Takes effect at once, for the messages that are there too. */
  applySettings(settings: QueueSettings): void {
    this.settings = settings
    const timed = settings.messageTtlMs !== null || this.ownExpirations
    if (timed) this.expiry ??= new Expiry(this, this.context.clock)
    const limited = settings.maxLength !== null || settings.maxLengthBytes !== null
    this.limits = limited ? (this.limits ?? new Limits(this)) : null
    this.limits?.settingsChanged()
    this.window = settings.deduplicate ? (this.window ?? new QueueWindow(this.context.deduplicationKey)) : null
    this.admits = timed || limited || !this.laneSet.single || settings.deduplicate || this.order !== null
    this.examines = this.timed || this.order !== null
    this.dispatch = dispatchOf(settings, this.context.random)
    this.single.set({ enabled: settings.singleActiveConsumer, overtaking: settings.type === 'quorum' })
    for (const subscription of this.subscriptions) subscription.settingsChanged()
    this.expiry?.lookAgain()
    this.wakeUp()
    // The limits are for what is there too, once the turn has delivered what it can.
    if (limited) this.context.turn.schedule(TurnPhase.deliver, this)
    this.idleness.set(settings.expiresMs)
  }

  // Lanes and places

  /** By falling priority. */
  get lanes(): readonly Lane[] {
    return this.laneSet.all
  }

  laneAt(place: number): Lane {
    return this.laneSet.at(place)
  }

  offsetAt(place: number): number {
    return this.laneSet.offsetOf(place)
  }

  placeOf(lane: Lane, offset: number): number {
    return this.laneSet.placeOf(lane, offset)
  }

  /** Takes up a lane of a priority that was used before a start. */
  addLane(level: number): void {
    this.laneSet.add(level)
  }

  /** After a start: finds what is set aside and, if there are such, what has a time of its own. */
  resume(ownExpirations: boolean): void {
    if (this.window !== null) for (const lane of this.lanes) this.context.beforeOpening(this.readKeys(lane))
    for (const lane of this.lanes) this.returns.resume(lane)
    if (!ownExpirations) return
    this.seeExpirations()
    this.expiry!.scan()
  }

  /** Over a topic: takes up the log of a partition. @returns null while there are too many */
  addLaneOver(log: Log): Lane | null {
    const lane = this.laneSet.addOver(log)
    if (lane === null) return null
    this.returns.resume(lane)
    this.lookAgain()
    return lane
  }

  /** Over a topic: nothing is left of what a lane had. */
  removeLane(lane: Lane): void {
    this.laneSet.remove(lane)
  }

  /** Over a topic: there may be more to find. */
  lookAgain(): void {
    this.head.wake()
  }

  private readKeys(lane: Lane): Promise<void> {
    return scanLog(lane.log, (view) => this.window?.found(view, this.placeOf(lane, view.offset)))
  }

  // Messages in

  /** Whether a message with the same key is in the queue, which then takes no other; asked before `admit`. */
  isDuplicate(draft: MessageDraft): boolean {
    if (this.window === null || !this.window.isDuplicate(draft)) return false
    this.counters.duplicates++
    return true
  }

  /** The lane that takes such a message, if the queue takes it. */
  laneFor(draft: MessageDraft): Lane {
    return this.laneSet.for(draft, this.settings)
  }

  /** For queues that look at every message. @returns the lane that takes it; null: the queue refuses it. */
  admit(draft: MessageDraft): Lane | null {
    const { limits, settings } = this
    if (limits !== null && settings.overflow !== 'drop-head' && limits.isFullFor(draft.bodyLen)) {
      // What can be delivered now is not in the way.
      if (this.ring.current !== null) this.runTurn()
      if (limits.isFullFor(draft.bodyLen)) {
        this.counters.rejected++
        const passesOn = settings.overflow === 'reject-publish-dlx' && settings.deadLetterExchange !== null
        this.passedOn = passesOn ? this.context.deadLetterRefused(this, draft) : NOT_NOW
        return null
      }
    }
    if (draft.expiry > 0 && !this.ownExpirations) this.seeExpirations()
    return this.laneFor(draft)
  }

  /** The message that was admitted last is in the lane's log. */
  admitted(lane: Lane, draft: MessageDraft): void {
    const place = this.placeOf(lane, lane.log.endOffset - 1)
    this.window?.admitted(place)
    if (this.expiry !== null) {
      if (draft.expiry > 0) this.expiry.add(place, draft.expiry)
      const { messageTtlMs } = this.settings
      if (messageTtlMs !== null && lane.ready === 1) this.expiry.watch(draft.arrival + messageTtlMs)
    }
    this.appended()
    if (this.scheduled && this.turnMs === 0) this.turnMs = draft.arrival
    // With nobody to take it the limit holds at once, else after this turn's deliveries.
    if (this.limits !== null && this.ring.current === null) this.limits.trim()
  }

  /** A message was appended to the queue. */
  appended(): void {
    this.counters.published++
    this.wakeUp()
  }

  wakeUp(): void {
    if (this.ring.current !== null && !this.head.waiting) this.context.turn.schedule(TurnPhase.deliver, this)
  }

  private seeExpirations(): void {
    this.ownExpirations = true
    this.admits = this.examines = true
    this.expiry ??= new Expiry(this, this.context.clock)
    if (this.kept) this.context.holdsExpirations(this)
  }

  // Consumers

  subscribe(subscription: Subscription): void {
    this.subscriptions.add(subscription)
    this.single.joined(subscription)
    this.touch()
  }

  unsubscribe(subscription: Subscription): void {
    this.ring.leave(subscription)
    if (!this.subscriptions.delete(subscription)) return
    this.single.left(subscription)
    if (this.gone) return
    this.touch()
    if (this.autoDelete && this.subscriptions.size === 0 && subscription.isConsumer) this.context.unused(this)
  }

  get hasExclusiveConsumer(): boolean {
    for (const subscription of this.subscriptions) return subscription.exclusive
    return false
  }

  /** Who alone is served, where only one is; null where all are, or nobody is there. */
  get activeSubscription(): Subscription | null {
    return this.single.active
  }

  /** The subscription has settled all that it was given. */
  settledAll(subscription: Subscription): void {
    this.single.settledAll(subscription)
  }

  /** The subscription has credit: it is served in turn from now on. */
  want(subscription: Subscription): void {
    if (!this.single.allows(subscription)) return
    this.ring.enter(subscription)
    this.wakeUp()
  }

  /** The subscription takes nothing for the moment. */
  rest(subscription: Subscription): void {
    this.ring.leave(subscription)
  }

  setPaused(paused: boolean): void {
    this.paused = paused
    this.wakeUp()
  }

  // Messages out

  /** Deliveries of one turn. */
  runTurn(): void {
    const { ring, head } = this
    if (this.gone) return
    head.resume()
    if (this.deliverAll(ring, head)) this.runSoon()
    this.turnMs = 0
    // What consumers get as soon as it can be read is not in the way.
    if (this.limits !== null && (!head.waiting || ring.current === null)) this.limits.trim()
  }

  /** Another turn, after others had theirs. */
  runSoon(): void {
    this.context.turn.schedule(TurnPhase.deliver, this)
  }

  /** @returns whether there is more to do than belongs into one turn. */
  private deliverAll(ring: SubscriptionRing, head: Head): boolean {
    if (head.waiting || this.paused) return false
    const { view } = head
    const { dispatch } = this
    for (let left = DELIVER_BATCH; left > 0; left--) {
      let subscription = ring.current
      if (subscription === null) return false
      if (!head.find(this.turnMs)) return false
      if (dispatch !== null) subscription = dispatch(subscription)
      const { lane } = head
      const { log } = lane
      const redelivered = head.describe()
      const { offset, place } = view
      lane.take(offset)
      if (this.limits !== null) this.limits.took(place, view.bodyLen)
      ring.current = subscription.ringNext
      if (redelivered) this.counters.redelivered++
      if (subscription.noAck) {
        this.counters.deliveredNoAck++
        subscription.deliver(view, redelivered)
        lane.taken--
        log.settle(offset)
        if (this.admits) this.left(place)
      } else {
        this.counters.delivered++
        this.acquired++
        subscription.deliver(view, redelivered)
      }
    }
    return true
  }

  /**
   * Takes the first ready message for a `basic.get`. With `noAck` it is settled at once, otherwise acquired.
   * `wait`: there is one that cannot be read yet; try again in `whenReadable`.
   */
  get(noAck: boolean, use: (view: MessageView, redelivered: boolean) => void): 'got' | 'empty' | 'wait' {
    if (this.gone) return 'empty'
    this.touch()
    const { head } = this
    if (head.waiting) return 'wait'
    if (this.paused || this.ready === 0 || !head.find(this.turnMs)) {
      if (head.waiting) return 'wait'
      this.counters.getEmpty++
      return 'empty'
    }
    const { view, lane } = head
    const redelivered = head.describe()
    const { offset, place } = view
    lane.take(offset)
    if (this.limits !== null) this.limits.took(place, view.bodyLen)
    if (redelivered) this.counters.redelivered++
    this.acquired++
    use(view, redelivered)
    if (noAck) {
      this.counters.gotNoAck++
      this.acquired--
      this.settleTaken(place)
    } else {
      this.counters.got++
    }
    return 'got'
  }

  /** Calls `task` once the queue no longer waits for its log. */
  whenReadable(task: () => void): void {
    this.head.whenReadable(task)
  }

  // Settling

  /** The consumer is done with it. */
  acknowledge(place: number): void {
    this.acquired--
    this.counters.acknowledged++
    if (this.admits) {
      this.settleTaken(place)
      return
    }
    const main = this.main!
    main.taken--
    main.log.settle(place)
  }

  /** The consumer rejected it for good. */
  discard(place: number): void {
    this.acquired--
    if (this.gone) return
    if (this.settings.deadLetterExchange === null) this.settleTaken(place)
    else this.departures.push(place, 'rejected')
  }

  /** Back to its place in the queue, to be delivered again, at once or later. */
  requeue(place: number, kind: ReturnKind = 'returned'): void {
    this.acquired--
    if (!this.gone) this.returns.take(place, kind)
  }

  /** A taken message is ready again. */
  giveBack(place: number): void {
    const lane = this.laneAt(place)
    lane.giveBack(this.offsetAt(place))
    if (this.limits !== null) this.limits.released(place)
    if (this.expiry !== null) this.expiry.back(place)
    this.wakeUp()
    if (this.limits !== null && this.ring.current === null) this.limits.trim()
  }

  /** A taken message is settled. */
  settleTaken(place: number): void {
    this.laneAt(place).settle(this.offsetAt(place))
    if (this.admits) this.left(place)
  }

  /** Takes a ready message out of its order, to be given back or settled. @returns false if it is not ready. */
  takeOut(place: number, bodyLength = 0): boolean {
    if (!this.laneAt(place).takeOut(this.offsetAt(place))) return false
    if (this.limits !== null) this.limits.took(place, bodyLength)
    return true
  }

  /** The message is no longer of the queue. */
  private left(place: number): void {
    if (this.limits !== null) this.limits.released(place)
    if (this.window !== null) this.window.left(place)
    if (this.order !== null) this.order.left(place)
  }

  // Messages that leave otherwise

  /** Messages of it may have times. */
  get timed(): boolean {
    return this.expiry !== null
  }

  /** When the message is over, ms since 1970; Infinity for never. */
  deadline(view: MessageView): number {
    const { messageTtlMs } = this.settings
    const own = view.expiry > 0 ? view.expiry : Number.POSITIVE_INFINITY
    return messageTtlMs === null ? own : Math.min(own, view.arrival + messageTtlMs)
  }

  /** The time of a message is over; nothing happens unless it is ready. */
  expire(place: number): void {
    if (this.leaveReady(place, 'expired')) this.counters.expired++
  }

  /** A full queue gives up a message; nothing happens unless it is ready. */
  overflow(place: number): void {
    if (this.leaveReady(place, 'maxlen')) this.counters.overflowed++
  }

  private leaveReady(place: number, reason: 'expired' | 'maxlen'): boolean {
    const lane = this.laneAt(place)
    const offset = this.offsetAt(place)
    if (!lane.isReady(offset)) return false
    if (this.settings.deadLetterExchange === null) {
      lane.drop(offset)
      this.window?.left(place)
      this.order?.left(place)
    } else {
      this.takeOut(place, this.bodyLength(lane, offset))
      this.departures.push(place, reason)
    }
    return true
  }

  /** Of a body; 0 where it is not asked for. */
  bodyLength({ log }: Lane, offset: number): number {
    if (this.settings.maxLengthBytes === null) return 0
    const length = log.bodyLength(offset)
    return length === 0 && offset < log.coldEnd ? UNTOLD : length
  }

  /** Settles all ready messages. @returns how many there were. */
  purge(): number {
    const count = this.ready
    const { window } = this
    window?.retain((place) => !this.laneAt(place).isReady(this.offsetAt(place)))
    for (const lane of this.lanes) lane.purge()
    this.order?.purged()
    return count
  }

  // Ending

  /** The queue is used: its own time starts anew. */
  touch(): void {
    this.idleness.touch()
  }

  /** A record cannot be read: `again` is called a little later. */
  damaged(error: Error, again: () => void): void {
    this.context.damaged(this, error, again)
  }

  /** The queue is deleted: consumers are told, nothing is delivered any more. */
  end(): void {
    this.gone = true
    this.expiry?.stop()
    this.returns.stop()
    this.departures.stop()
    this.idleness.stop()
    for (const subscription of this.subscriptions) {
      this.ring.leave(subscription)
      subscription.queueGone()
    }
    this.subscriptions.clear()
  }
}
