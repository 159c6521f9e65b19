/**
 * Takes ready messages out of a queue and sends copies elsewhere, beside its consumers. A copy is appended first, and
 * the message is settled once the copy is durable: a crash in between leaves a second copy, never none. Messages that
 * cannot go keep their place.
 *
 *   walk ──ready?──> address ──> take out ──> append copies ──(their round is durable)──> settle
 *                       └─ nowhere to go: stays
 */
import type { LogEngine } from '../../log/engine.ts'
import { MessageDraft, type MessageView } from '../../record/message.ts'
import type { Broker } from '../broker.ts'
import type { Queue } from '../queue/queue.ts'
import { Route } from '../queue/route.ts'
import type { Stop } from './browse.ts'
import { type MessageFilter, passes } from './filter.ts'
import { keepPace } from './pace.ts'
import { othersTurn, stretchesOf, type WalkStart, walk } from './walk.ts'

/** Which messages; all that are ready when nothing is said. Those published after the start are not among them. */
export interface Selection extends WalkStart {
  readonly filter?: MessageFilter
  /** The first so many. */
  readonly limit?: number
  /** These only, as `browse` names them. */
  readonly places?: readonly number[]
  /** Nobody wants it any more: what was not looked at stays. */
  readonly signal?: Stop
}

export interface TransferResult {
  /** Gone from here; their copies are durable. */
  readonly moved: number
  /** Selected but still here: there was nowhere to go, or no room there. */
  readonly stayed: number
}

/** Fills in what the copy is and where it goes. The view is valid during the call. @returns false if it is to stay. */
export type AddressCopy = (view: MessageView, copy: MessageDraft, route: Route) => boolean

/** Messages taken out before the copies of all of them are durable. */
const BATCH = 1024

export async function transfer(
  broker: Broker,
  queue: Queue,
  selection: Selection,
  address: AddressCopy,
): Promise<TransferResult> {
  const { filter, limit = Number.POSITIVE_INFINITY, signal } = selection
  const isOver = (): boolean => queue.gone || signal?.aborted === true
  const places = selection.places === undefined ? null : new Set(selection.places)
  const stretches = stretchesOf(queue)
  const copy = new MessageDraft()
  const route = new Route()
  let moved = 0
  let stayed = 0
  let start: WalkStart = selection
  for (;;) {
    await keepPace(broker, isOver)
    const batch = new Batch(broker, queue)
    let next: number | null
    try {
      next = await walk(stretches, start, (view, place) => {
        if (isOver() || moved === limit || batch.size === BATCH || broker.engine.lagging) return false
        if (places?.size === 0) return false
        if (places !== null && !places.delete(place)) return true
        if (!queue.laneAt(place).isReady(view.offset) || !passes(view, filter, broker.properties)) return true
        if (address(view, copy, route) && batch.send(place, view, copy, route)) moved++
        else stayed++
        return true
      })
    } finally {
      await batch.done()
    }
    if (next === null || moved === limit || places?.size === 0 || isOver()) {
      // That they are gone is durable as well.
      await durable(broker, broker.engine.seal())
      return { moved, stayed }
    }
    start = { place: next, sinceMs: selection.sinceMs }
    await othersTurn()
  }
}

function durable({ durability }: Broker, number: number): Promise<void> {
  return new Promise((resolve) => durability.after(number, resolve))
}

/** Messages that were taken out together, and are settled together. */
class Batch {
  private readonly engine: LogEngine
  private readonly broker: Broker
  private readonly queue: Queue
  private readonly places: number[] = []
  private round = 0

  constructor(broker: Broker, queue: Queue) {
    this.broker = broker
    this.engine = broker.engine
    this.queue = queue
  }

  get size(): number {
    return this.places.length
  }

  /** @returns false if no queue took the copy: they are full, or know it already. */
  send(place: number, view: MessageView, copy: MessageDraft, route: Route): boolean {
    const { queue } = this
    queue.takeOut(place, view.bodyLen)
    const round = route.append(this.engine, copy)
    if (route.taken === 0 && !route.passedOn) {
      queue.giveBack(place)
      return false
    }
    this.round = Math.max(this.round, round)
    this.places.push(place)
    return true
  }

  /** All copies are durable, and what was taken out is settled. */
  async done(): Promise<void> {
    await durable(this.broker, this.round)
    if (this.queue.gone) return
    for (const place of this.places) this.queue.settleTaken(place)
  }
}
