/**
 * The AMQP path without sockets: one publishing and one consuming session in one process, 64 KB chunks in, output
 * thrown away. Prints CPU time per message, which other load on the machine hardly changes.
 * `node bench/micro/session.ts [body bytes] [messages]`
 */
import { AmqpContext } from '../../broker/src/amqp/context.ts'
import { AmqpSession } from '../../broker/src/amqp/session.ts'
import { MemoryDisk } from '../../broker/src/base/disk-memory.ts'
import { Turn } from '../../broker/src/base/turn.ts'
import type { PeerAddress, Transport } from '../../broker/src/net/connection.ts'
import { Output, releaseChunks } from '../../broker/src/net/output.ts'
import { PROTOCOL_HEADER } from '../../broker/src/wire/amqp/constants.ts'
import { encodeContent } from '../../broker/src/wire/amqp/content.ts'
import { encodeMethod } from '../../broker/src/wire/amqp/methods.ts'
import { bareBroker } from './bare-broker.ts'

class Nowhere implements Transport {
  readonly output = new Output()
  readonly peer: PeerAddress = { address: '', port: 0, localAddress: '', localPort: 0, loopback: true, tls: null }
  readonly bytesIn = 0
  bytesOut = 0
  readsIn = 0
  writesOut = 0
  readonly unsent = 0
  readonly paused = false
  session: AmqpSession | null = null
  flushSoon(): void {}
  flush(): void {
    this.bytesOut += this.output.pending
    releaseChunks(this.output.take().chunks)
    this.session?.writable()
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

const bodyBytes = Number(process.argv[2] ?? 16)
const messages = Number(process.argv[3] ?? 3_000_000)
const turn = new Turn(() => {})
const { broker } = await bareBroker(new MemoryDisk(), turn)
broker.access.addAdministrator('guest', 'guest', '/')
const settings = {
  frameMax: 131072,
  channelMax: 2047,
  heartbeat: 0,
  handshakeTimeoutMs: 10_000,
  maxMessageSize: 1 << 24,
}
const amqp = new AmqpContext(broker, { ...settings, product: 'Signalbox', signalboxVersion: 'bench' })

function connect(): Nowhere {
  const transport = new Nowhere()
  const session = new AmqpSession(amqp, transport)
  transport.session = session
  session.receive(PROTOCOL_HEADER)
  const login = { clientProperties: {}, mechanism: 'PLAIN', response: '\0guest\0guest', locale: 'en_US' }
  session.receive(encodeMethod(0, 'connection.start-ok', login))
  session.receive(encodeMethod(0, 'connection.tune-ok', { channelMax: 100, frameMax: 131072, heartbeat: 0 }))
  session.receive(encodeMethod(0, 'connection.open', { virtualHost: '/' }))
  session.receive(encodeMethod(1, 'channel.open', {}))
  return transport
}

turn.runNow()
await new Promise<void>((resolve) => broker.durability.after(broker.catalog.lastRound, resolve))

const publisher = connect()
const consumer = connect()
const declare = { queue: 'q', passive: false, durable: false, exclusive: false, autoDelete: false, nowait: false }
publisher.session!.receive(encodeMethod(1, 'queue.declare', { ...declare, arguments: {} }))
turn.runNow()
const consume = { queue: 'q', consumerTag: 'c', noLocal: false, noAck: true, exclusive: false, nowait: false }
consumer.session!.receive(encodeMethod(1, 'basic.consume', { ...consume, arguments: {} }))
turn.runNow()
consumer.flush()

const one = Buffer.concat([
  encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'q' }),
  encodeContent(1, { deliveryMode: 1 }, new Uint8Array(bodyBytes), 131072),
])
const perBlock = Math.ceil((1 << 20) / one.length)
const block = Buffer.concat(Array.from({ length: perBlock }, () => one))

function run(count: number): void {
  for (let sent = 0; sent < count; sent += perBlock) {
    for (let at = 0; at < block.length; at += 65536) {
      publisher.session!.receive(block.subarray(at, at + 65536))
      turn.runNow()
      consumer.flush()
      turn.runNow()
      consumer.flush()
    }
  }
}

run(messages / 4)
const before = process.cpuUsage()
const bytesBefore = consumer.bytesOut
run(messages)
const { user, system } = process.cpuUsage(before)
const nanoseconds = ((user + system) * 1000) / messages
if (consumer.bytesOut === bytesBefore) throw new Error('nothing was delivered')
console.log(
  `${bodyBytes} B: ${nanoseconds.toFixed(0)} ns of CPU a message, ${(1e9 / nanoseconds / 1000).toFixed(0)} k/s a core; ` +
    `${((consumer.bytesOut - bytesBefore) / messages).toFixed(1)} B delivered a message`,
)
process.exit(0)
