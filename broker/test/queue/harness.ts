/** A broker without any protocol, on a disk in memory and under a clock that stands still until it is moved. */

import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import { names } from '../../src/broker/dead-letters.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { ReturnKind } from '../../src/broker/queue/returns.ts'
import { Route } from '../../src/broker/queue/route.ts'
import { Subscription } from '../../src/broker/queue/subscription.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Vhost } from '../../src/broker/vhost.ts'
import type { LogEngine } from '../../src/log/engine.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import { MessageDraft, type MessageView } from '../../src/record/message.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'

export interface Sent {
  readonly expiration?: number
  readonly priority?: number
  readonly headers?: Headers
  readonly persistent?: boolean
}

export class World {
  readonly clock: ManualClock
  readonly disk: MemoryDisk
  engine!: LogEngine
  broker!: Broker
  readonly tailBytesMax: number
  private armed = false
  private turn!: Turn

  private constructor(disk: MemoryDisk, clock: ManualClock, tailBytesMax: number) {
    this.disk = disk
    this.clock = clock
    this.tailBytesMax = tailBytesMax
  }

  static async open({ tailBytesMax = 64 << 20 } = {}): Promise<World> {
    const world = new World(new MemoryDisk(), new ManualClock(), tailBytesMax)
    await world.start()
    return world
  }

  async start(): Promise<void> {
    const turn = new Turn(() => {
      this.armed = true
    })
    this.turn = turn
    const { disk, clock, tailBytesMax } = this
    const logger = createLogger('error', { write: (line) => console.error(line) })
    const random = new SeededRandom(1)
    this.engine = await openFileEngine({ disk, clock, turn, logger, random, tailBytesMax })
    this.broker = new Broker({
      engine: this.engine,
      turn,
      clock,
      logger,
      loopbackUsers: [],
      durability: 'synced',
      properties: propertyBlocks,
    })
    this.broker.declareVhost('/')
    await this.settle()
  }

  /** A clean stop and a start on the same disk. */
  async restart(): Promise<void> {
    await this.settle()
    await this.engine.close()
    await this.start()
  }

  get vhost(): Vhost {
    return this.broker.vhost('/')
  }

  queue(name: string, args: Headers = {}): Queue {
    const options = { name, durable: true, autoDelete: false, exclusiveTo: null, arguments: args }
    return this.vhost.declareQueue(options, null)
  }

  /** Publishes a text. @returns whether no queue refused it. */
  publish(exchange: string, key: string, text: string, sent: Sent = {}): boolean {
    const { expiration, priority, headers, persistent = true } = sent
    const draft = new MessageDraft()
    draft.properties = encodeProperties({
      deliveryMode: persistent ? 2 : 1,
      ...(expiration !== undefined && { expiration: String(expiration) }),
      ...(priority !== undefined && { priority }),
      ...(headers !== undefined && { headers: headers as never }),
    })
    draft.propertiesLen = draft.properties.length
    draft.names = names(exchange, key)
    draft.body = Buffer.from(text)
    draft.bodyLen = draft.body.length
    draft.persistent = persistent
    draft.arrival = this.clock.now()
    if (expiration !== undefined) draft.expiry = draft.arrival + expiration
    if (priority !== undefined) {
      draft.priority = priority
      draft.hasPriority = true
    }
    const route = new Route()
    this.vhost.route(this.vhost.exchange(exchange), key, headers ?? null, route)
    route.append(this.engine, draft)
    return !route.rejected
  }

  /** A consumer that takes up to `credit` messages without acknowledging. */
  consume(queue: Queue, credit = Number.POSITIVE_INFINITY): Taker {
    const taker = new Taker(queue, credit)
    queue.subscribe(taker)
    taker.wake()
    return taker
  }

  /** Takes everything that is ready, as a client would with basic.get, and acknowledges it. */
  async drain(queue: Queue): Promise<string[]> {
    await this.settle()
    const texts: string[] = []
    for (;;) {
      let place = -1
      const got = queue.get(false, (view) => {
        place = view.place
        texts.push(bodyOf(view))
      })
      if (got === 'empty') return texts
      if (got === 'got') queue.acknowledge(place)
      await this.settle()
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      if (this.armed) {
        this.armed = false
        this.turn.runNow()
        quiet = -1
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async pass(ms: number, stepMs = 10): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed))
      await this.settle()
    }
  }
}

export interface Taken {
  readonly text: string
  readonly place: number
  readonly redelivered: boolean
  readonly count: number
  readonly headers: Headers | null
  readonly key: string
}

export class Taker extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  readonly taken: Taken[] = []
  readonly queue: Queue
  credit: number

  constructor(queue: Queue, credit: number) {
    super()
    this.queue = queue
    this.credit = credit
  }

  deliver(view: MessageView, redelivered: boolean): void {
    this.taken.push({
      text: bodyOf(view),
      place: view.place,
      redelivered,
      count: view.deliveryCount,
      headers: propertyBlocks.headers(view.buffer, view.propertiesPos, view.propertiesLen),
      key: Buffer.from(view.buffer.subarray(view.keyPos, view.keyPos + view.keyLen)).toString(),
    })
    if (--this.credit === 0) this.queue.rest(this)
  }

  get texts(): string[] {
    return this.taken.map(({ text }) => text)
  }

  /** Gives credit and settles the oldest. */
  ack(): void {
    this.queue.acknowledge(this.taken.shift()!.place)
  }

  nack(kind: ReturnKind = 'returned'): void {
    this.queue.requeue(this.taken.shift()!.place, kind)
  }

  reject(): void {
    this.queue.discard(this.taken.shift()!.place)
  }

  grant(credit: number): void {
    this.credit += credit
    this.wake()
  }

  wake(): void {
    if (this.credit > 0) this.queue.want(this)
  }

  queueGone(): void {}
}

export function bodyOf(view: MessageView): string {
  const parts = view.bodyParts ?? [view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen)]
  return Buffer.concat(parts).toString()
}
