/**
 * AMQP sessions without sockets or time: a broker on a disk in memory, turns run by hand, a clock that stands still, and
 * peers whose sockets take, keep back and lose bytes as a test says.
 */
import { AmqpContext, type AmqpSettings } from '../../src/amqp/context.ts'
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import { AmqpSession } from '../../src/amqp/session.ts'
import { ManualClock } from '../../src/base/clock.ts'
import type { DiskFile, OpenMode } from '../../src/base/disk.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import { createLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openFileEngine } from '../../src/log/file-engine.ts'
import { Peer, type PeerOptions } from './peer.ts'

const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Shut, it lets nobody pass. */
class Gate {
  private opened: Promise<void> = Promise.resolve()
  private letPass: () => void = () => {}

  shut(): void {
    this.opened = new Promise((resolve) => {
      this.letPass = resolve
    })
  }

  open(): void {
    this.letPass()
  }

  /** Who waits does so for ever; others pass. */
  abandon(): void {
    this.opened = Promise.resolve()
  }

  pass(): Promise<void> {
    return this.opened
  }
}

/** A disk that can be made to wait, and whose reads can be made to fail. */
class GatedDisk extends MemoryDisk {
  readonly writes = new Gate()
  readonly reads = new Gate()
  readError: Error | null = null
  /** What is read of files before this position is damaged. */
  garbledBelow = 0

  override async open(name: string, mode: OpenMode): Promise<DiskFile> {
    const file = await super.open(name, mode)
    return {
      write: async (parts, position) => {
        await this.writes.pass()
        return file.write(parts, position)
      },
      writeNow: (parts, position) => file.writeNow(parts, position),
      read: async (into, position) => {
        await this.reads.pass()
        if (this.readError !== null) throw this.readError
        const count = await file.read(into, position)
        for (let at = 0; at < Math.min(count, this.garbledBelow - position); at += 64) into[at] ^= 0xff
        return count
      },
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      close: () => file.close(),
    }
  }
}

export interface WorldOptions {
  readonly settings?: Partial<AmqpSettings>
  readonly tailBytesMax?: number
  /** Of a broker before this one, which is not used any more. */
  readonly disk?: GatedDisk
}

const SETTINGS: AmqpSettings = {
  frameMax: 131072,
  channelMax: 2047,
  heartbeat: 60,
  handshakeTimeoutMs: 10_000,
  maxMessageSize: 1 << 24,
  product: 'Signalbox',
  signalboxVersion: 'test',
}

export class World {
  readonly clock: ManualClock
  readonly disk: GatedDisk
  readonly broker: Broker
  readonly amqp: AmqpContext
  /** Messages of what was logged as an error. */
  readonly errors: string[]
  readonly peers = new Set<Peer>()
  private readonly turn: Turn
  private readonly armed: { now: boolean }

  private constructor(
    parts: Pick<World, 'clock' | 'disk' | 'broker' | 'amqp' | 'errors'>,
    turn: Turn,
    armed: World['armed'],
  ) {
    this.clock = parts.clock
    this.disk = parts.disk
    this.broker = parts.broker
    this.amqp = parts.amqp
    this.errors = parts.errors
    this.turn = turn
    this.armed = armed
  }

  static async open({
    settings = {},
    tailBytesMax = 64 << 20,
    disk = new GatedDisk(),
  }: WorldOptions = {}): Promise<World> {
    const armed = { now: false }
    const turn = new Turn(() => {
      armed.now = true
    })
    const clock = new ManualClock()
    const errors: string[] = []
    const logger = createLogger('error', { write: (line) => errors.push(line) })
    const random = new SeededRandom(1)
    const opening = openFileEngine({ disk, clock, turn, logger, random, tailBytesMax })
    const engine = await opening
    const options = { engine, turn, clock, logger, loopbackUsers: [], properties: propertyBlocks }
    const broker = new Broker({ ...options, durability: 'synced' })
    broker.declareVhost('/')
    broker.access.addAdministrator('guest', 'guest', '/')
    const amqp = new AmqpContext(broker, { ...SETTINGS, ...settings })
    const world = new World({ clock, disk, broker, amqp, errors }, turn, armed)
    await world.settle()
    return world
  }

  /** A socket to the broker, nothing sent yet. */
  socket(options: PeerOptions = {}): Peer {
    const peer = new Peer(this, this.turn, options)
    this.peers.add(peer)
    peer.attach(new AmqpSession(this.amqp, peer))
    return peer
  }

  /** An open connection with channel 1 open. */
  async connect(options: PeerOptions = {}): Promise<Peer> {
    const peer = this.socket(options)
    peer.greet()
    await this.settle()
    peer.arrivals.length = 0
    return peer
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet++) {
      if (this.step()) quiet = -1
      await idle()
    }
  }

  /** One turn of the event loop. @returns whether anything was to do. */
  private step(): boolean {
    let busy = false
    for (const peer of this.peers) if (peer.pump()) busy = true
    if (this.armed.now) {
      this.armed.now = false
      this.turn.runNow()
      busy = true
    }
    return busy
  }

  /** Lets time pass, in steps. */
  async pass(ms: number, stepMs = 10): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs)
      await this.settle()
    }
  }

  queue(name: string) {
    return this.broker.vhost('/').queues.get(name)
  }
}
