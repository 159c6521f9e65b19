/**
 * One life of a broker on a simulated disk after the other: AMQP clients on the one side, power cuts on the other, time
 * and turns by hand. What clients were told and what they see is written into a book (message-book.ts) that judges it.
 */
import assert from 'node:assert/strict'
import { AmqpContext } from '../../src/amqp/context.ts'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { AmqpSession } from '../../src/amqp/session.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { LogEngine } from '../../src/log/engine.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import { type Arrival, Peer } from '../amqp/peer.ts'
import type { World } from '../amqp/session-harness.ts'
import { MessageBook } from './message-book.ts'

export interface BrokerRunOptions {
  seed: number
  shards: number
  tailBytesMax: number
  journalFileBytes: number
}

const SETTINGS = {
  frameMax: 131072,
  channelMax: 2047,
  heartbeat: 0,
  handshakeTimeoutMs: 600_000,
  maxMessageSize: 1 << 24,
  product: 'Signalbox',
  signalboxVersion: 'test',
}
const NEVER = Number.POSITIVE_INFINITY
const TURNS_MAX = 20_000
/** Turns without anything to do after which nothing more is expected to happen. */
const QUIET_TURNS = 6

export class BrokerRun {
  readonly random: SeededRandom
  readonly book = new MessageBook()
  disk: SimulatedDisk
  clock = new ManualClock()
  engine!: LogEngine
  broker!: Broker
  isOff = false
  private amqp!: AmqpContext
  private peers = new Set<Peer>()
  private armed = false
  private turn!: Turn
  private readonly options: BrokerRunOptions

  constructor(options: BrokerRunOptions) {
    this.options = options
    this.random = new SeededRandom(options.seed)
    this.disk = new SimulatedDisk(this.random)
  }

  /** @returns false if the power went off before clients could be served. */
  async open(): Promise<boolean> {
    const { disk, clock, random } = this
    this.isOff = false
    this.armed = false
    this.peers = new Set()
    void disk.poweredOff.then(() => {
      if (this.disk === disk) this.isOff = true
    })
    const logger = silentLogger()
    const turn = (this.turn = new Turn(() => {
      this.armed = true
    }))
    const { shards, tailBytesMax, journalFileBytes } = this.options
    const opening = openFileEngine({ disk, clock, turn, logger, random, shards, tailBytesMax, journalFileBytes })
    const engine = await this.alive(opening)
    if (engine === undefined) return false
    this.engine = engine
    this.broker = new Broker({
      engine,
      turn,
      clock,
      logger,
      loopbackUsers: [],
      durability: 'synced',
      properties: propertyBlocks,
    })
    await this.alive(this.broker.restored())
    this.broker.declareVhost('/')
    if (this.broker.access.user('guest') === undefined) this.broker.access.addAdministrator('guest', 'guest', '/')
    this.amqp = new AmqpContext(this.broker, SETTINGS)
    await this.durable()
    if (this.isOff) return false
    this.judgePolicies()
    return true
  }

  /** Of the queue of that name; null for none. */
  setPolicy(queue: string, definition: Headers | null): void {
    const { policies } = this.broker.vhost('/')
    if (definition === null) policies.remove('policy', queue)
    else policies.put('policy', queue, { pattern: `^${queue}$`, applyTo: 'queues', priority: 0, definition })
    this.book.policySet(queue, definition)
  }

  /** A queue has the policy it had when last that was durable, or one of those that came after. */
  private judgePolicies(): void {
    const { policies, queues } = this.broker.vhost('/')
    for (const name of this.book.ruledQueues) {
      const definition = policies.get('policy', name)?.definition ?? null
      this.book.policyFound(name, definition)
      const settings = queues.get(name)?.settings
      if (settings === undefined) continue
      assert.equal(settings.maxLength, definition?.['max-length'] ?? null, `${name} does not follow its policy`)
      assert.equal(settings.messageTtlMs, definition?.['message-ttl'] ?? null, `${name} does not follow its policy`)
    }
  }

  /** A client with channel 1 open, in confirm mode. */
  async connect(): Promise<Peer> {
    const world = { peers: this.peers, settle: () => this.settle() } as unknown as World
    const peer = new Peer(world, this.turn, {})
    this.peers.add(peer)
    peer.attach(new AmqpSession(this.amqp, peer))
    peer.greet()
    peer.send(1, 'confirm.select', {})
    await this.settle()
    peer.taken()
    return peer
  }

  /** What arrived at all clients. */
  *arrivals(): Iterable<[Peer, Arrival]> {
    for (const peer of this.peers) for (const arrival of peer.taken()) yield [peer, arrival]
  }

  /** Lets everything happen that needs no time, unless the power goes. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS && !this.isOff; quiet++) if (await this.step()) quiet = 0
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count && !this.isOff; i++) await this.step()
  }

  /** All that was done so far is durable, unless the power goes. @returns whether it is */
  async durable(): Promise<boolean> {
    await this.settle()
    const round = this.engine.seal()
    for (let turn = 0; this.engine.durableRound < round && !this.isOff; turn++) {
      assert.ok(turn < TURNS_MAX, `round ${round} never becomes durable`)
      await this.step()
      if (turn % 50 === 49) this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    return !this.isOff
  }

  /** The power goes, or the process dies; `downMs` later it starts again, perhaps not at the first attempt. */
  async crash(kind: 'power' | 'kill', downMs: number, cutStartAfter = NEVER): Promise<void> {
    this.disk = kind === 'power' ? this.disk.powerLoss() : this.disk.kill()
    this.clock = new ManualClock(this.clock.now() + downMs)
    this.disk.powerOffAfter(cutStartAfter)
    this.book.crashed()
    while (!(await this.open())) {
      this.disk = this.disk.powerLoss()
      this.clock = new ManualClock(this.clock.now())
    }
    this.disk.powerOffAfter(NEVER)
  }

  /** A clean stop and a start. */
  async restart(downMs: number): Promise<void> {
    for (const peer of [...this.peers]) peer.cut()
    await this.settle()
    await this.alive(this.engine.close())
    if (this.isOff) return this.crash('power', downMs)
    this.book.stopped()
    this.disk = this.disk.powerLoss()
    this.clock = new ManualClock(this.clock.now() + downMs)
    await this.open()
  }

  /** One turn of the event loop. @returns whether anything was to do. */
  private async step(): Promise<boolean> {
    let busy = false
    for (const peer of [...this.peers]) if (peer.pump()) busy = true
    if (this.armed) {
      this.armed = false
      this.turn.runNow()
      busy = true
    }
    await nextTurn()
    return busy
  }

  /** Waits for something that may hang when the power goes; undefined then. */
  private async alive<T>(wanted: Promise<T>): Promise<T | undefined> {
    let result: { value: T } | { error: unknown } | undefined
    wanted.then(
      (value) => {
        result = { value }
      },
      (error) => {
        result = { error }
      },
    )
    for (let turn = 0; result === undefined && !this.isOff; turn++) {
      assert.ok(turn < TURNS_MAX, 'the broker never comes to an end')
      await this.step()
      if (turn % 50 === 49) this.clock.advance(this.clock.nextTimer() ?? 0)
    }
    if (result !== undefined && 'error' in result) throw result.error
    return result?.value
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
