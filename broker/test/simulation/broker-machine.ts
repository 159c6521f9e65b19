/**
 * One life of a broker on a simulated disk after the other: clients on the one side, power cuts on the other, time and
 * turns by hand. Which protocol the clients speak is said by whoever extends it.
 */
import assert from 'node:assert/strict'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { SimulatedDisk } from '../../src/base/disk-simulated.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import type { StreamSettings } from '../../src/broker/stream-settings.ts'
import type { LogEngine } from '../../src/log/engine.ts'
import type { Faults } from '../../src/log/faults.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'

export interface MachineOptions {
  seed: number
  shards: number
  tailBytesMax: number
  journalFileBytes: number
  streams?: StreamSettings
  faults?: Faults
}

/** The far end of a connection. */
interface FarEnd {
  /** Moves what was sent. @returns whether anything happened */
  pump(): boolean
  cut(): void
}

const NEVER = Number.POSITIVE_INFINITY
const TURNS_MAX = 20_000
/** Turns without anything to do after which nothing more is expected to happen. */
const QUIET_TURNS = 6

export abstract class BrokerMachine<Peer extends FarEnd> {
  readonly random: SeededRandom
  disk: SimulatedDisk
  clock = new ManualClock()
  engine!: LogEngine
  broker!: Broker
  turn!: Turn
  isOff = false
  readonly peers = new Set<Peer>()
  private armed = false
  private readonly options: MachineOptions

  constructor(options: MachineOptions) {
    this.options = options
    this.random = new SeededRandom(options.seed)
    this.disk = new SimulatedDisk(this.random)
  }

  /** The broker has what it had; clients are not served yet. */
  protected abstract opened(): void

  /** What may be durable of the last steps is not known. */
  protected abstract crashed(kind: 'power' | 'kill'): void

  /** The broker was told to stop, and has. */
  protected abstract stopped(): void

  /** @returns false if the power went off before clients could be served. */
  async open(): Promise<boolean> {
    const { disk, clock, random } = this
    this.isOff = false
    this.armed = false
    this.peers.clear()
    void disk.poweredOff.then(() => {
      if (this.disk === disk) this.isOff = true
    })
    const logger = silentLogger()
    const turn = (this.turn = new Turn(() => {
      this.armed = true
    }))
    const { streams, seed: _, ...options } = this.options
    const engine = await this.alive(openFileEngine({ disk, clock, turn, logger, random, ...options }))
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
      random,
      ...(streams === undefined ? {} : { streams }),
    })
    await this.alive(this.broker.restored())
    this.broker.declareVhost('/')
    if (this.broker.access.user('guest') === undefined) this.broker.access.addAdministrator('guest', 'guest', '/')
    this.opened()
    return this.durable()
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
    this.crashed(kind)
    while (!(await this.open())) {
      this.disk = this.disk.powerLoss()
      this.clock = new ManualClock(this.clock.now())
      this.crashed('power')
    }
    this.disk.powerOffAfter(NEVER)
  }

  /** A clean stop and a start. */
  async restart(downMs: number): Promise<void> {
    for (const peer of [...this.peers]) peer.cut()
    await this.settle()
    await this.alive(this.engine.close())
    if (this.isOff) return this.crash('power', downMs)
    this.stopped()
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
  protected async alive<T>(wanted: Promise<T>): Promise<T | undefined> {
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
