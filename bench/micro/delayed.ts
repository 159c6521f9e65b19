/**
 * Delayed messages pending by the million: what one costs in memory, whether all are there after kill -9, and how late
 * they are delivered while another queue is under load. A message's body is the time it is due; one clock serves both
 * ends.
 *   node bench/micro/delayed.ts [messages] [seconds over which they fall due] [messages/s beside them]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '../load/connection.ts'
import { Consumer } from '../load/consumer.ts'
import * as frames from '../load/frames.ts'
import { percentile, sleep } from '../load/job.ts'
import { memory } from '../load/process-counters.ts'
import type { Broker } from '../peers/broker.ts'
import { signalbox } from '../peers/signalbox.ts'

const [messages, spreadSeconds, loadPerSecond] = [1_000_000, 120, 1000].map((usual, index) =>
  Number(process.argv[index + 2] ?? usual),
)
const QUEUE = 'delayed'
const WINDOW = 2000
/** Messages of one write: their times differ, their bytes else do not. */
const BATCH = 500
const TAIL_BYTES_MAX = 128 << 20

/** One persistent publish to the queue with `x-deliver-at`; `dueAt` and `bodyAt` are where its time is written. */
function template(): { bytes: Buffer; dueAt: number; bodyAt: number } {
  const body = Buffer.alloc(16, 120)
  const plain = frames.publish(1, '', QUEUE, body, true)
  const methodEnd = 7 + plain.readUInt32BE(3) + 1
  const table = Buffer.concat([Buffer.from('\x0cx-deliver-atl', 'latin1'), Buffer.alloc(8)])
  const header = Buffer.alloc(7 + 14 + 4 + table.length + 1 + 1)
  header.set([2, 0, 1])
  header.writeUInt32BE(header.length - 8, 3)
  header.writeUInt16BE(60, 7)
  header.writeBigUInt64BE(BigInt(body.length), 11)
  header.writeUInt16BE((1 << 13) | (1 << 12), 19)
  header.writeUInt32BE(table.length, 21)
  table.copy(header, 25)
  header[header.length - 2] = 2
  header[header.length - 1] = 0xce
  const bodyFrame = plain.subarray(plain.length - body.length - 8)
  const bytes = Buffer.concat([plain.subarray(0, methodEnd), header, bodyFrame])
  return { bytes, dueAt: methodEnd + 25 + table.length - 8, bodyAt: bytes.length - 1 - body.length }
}

async function fill(broker: Broker, dueFromMs: number): Promise<void> {
  const connection = await Connection.open(broker.address)
  await connection.openChannel(1)
  await connection.call(frames.queueDeclare(1, QUEUE, { durable: true }), frames.queueDeclareOk)
  await connection.call(frames.confirmSelect(1), frames.confirmSelectOk)
  const { bytes, dueAt, bodyAt } = template()
  const { promise, resolve } = Promise.withResolvers<void>()
  let published = 0
  let confirmed = 0
  const pump = (): void => {
    while (published < messages && published - confirmed <= WINDOW - BATCH) {
      const count = Math.min(BATCH, messages - published)
      const block = Buffer.alloc(count * bytes.length)
      for (let i = 0; i < count; i++) {
        const at = i * bytes.length
        const due = dueFromMs + Math.floor(Math.random() * spreadSeconds * 1000)
        bytes.copy(block, at)
        block.writeBigInt64BE(BigInt(due), at + dueAt)
        block.writeDoubleBE(due, at + bodyAt)
        block.writeDoubleBE(published + i, at + bodyAt + 8)
      }
      published += count
      connection.socket.write(block)
    }
  }
  connection.onFrame = (type, _channel, id, chunk, payload) => {
    if (type !== frames.METHOD || id !== frames.basicAck) return
    if ((chunk[payload + 12] & 1) === 0) confirmed++
    else confirmed = chunk.readUInt32BE(payload + 8)
    if (confirmed >= messages) resolve()
  }
  connection.onChunk = pump
  pump()
  await Promise.race([promise, connection.failure])
  connection.close()
}

/** Takes and acknowledges all of them, and says how late each was, in ms. */
async function drain(broker: Broker): Promise<{ lateMs: Float64Array; twice: number }> {
  const connection = await Connection.open(broker.address)
  await connection.openChannel(1)
  await connection.call(frames.qos(1, WINDOW), frames.basicQosOk)
  const lateMs = new Float64Array(messages)
  const seen = new Uint8Array(messages)
  const { promise, resolve } = Promise.withResolvers<void>()
  let received = 0
  let twice = 0
  connection.onFrame = (type, _channel, _id, chunk, payload) => {
    if (type !== frames.BODY) return
    received++
    const number = chunk.readDoubleBE(payload + 8)
    if (seen[number]++ > 0) twice++
    else lateMs[number] = Date.now() - chunk.readDoubleBE(payload)
    if (received - twice === messages) resolve()
  }
  connection.onChunk = () => {
    const ack = Buffer.allocUnsafe(frames.ackBytes)
    frames.writeAck(ack, 0, 1, received, true)
    if (received > 0) connection.socket.write(ack)
  }
  await connection.call(frames.consume(1, QUEUE, 'c', false), frames.basicConsumeOk)
  await Promise.race([promise, connection.failure])
  connection.close()
  return { lateMs: lateMs.sort(), twice }
}

/** Persistent messages with confirms at a fixed rate, taken with acks, until it is told to stop. */
async function loadBeside(broker: Broker): Promise<() => void> {
  const [sending, receiving] = [await Connection.open(broker.address), await Connection.open(broker.address)]
  await Promise.all([sending.openChannel(1), receiving.openChannel(1)])
  await sending.call(frames.queueDeclare(1, 'beside', { durable: true }), frames.queueDeclareOk)
  await Consumer.open(receiving, { channel: 1, queues: ['beside'], prefetch: 1000, ackEvery: 100 })
  await sending.call(frames.confirmSelect(1), frames.confirmSelectOk)
  const message = frames.publish(1, '', 'beside', Buffer.alloc(1024, 120), true)
  const began = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * loadPerSecond)
    if (due > sent) sending.socket.write(Buffer.concat(Array<Buffer>(due - sent).fill(message)))
    sent = Math.max(sent, due)
  }, 5)
  return () => {
    clearInterval(timer)
    sending.close()
    receiving.close()
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
const directory = mkdtempSync(join(process.env.BENCH_DIR ?? '/tmp', 'delayed-'))
const peer = signalbox({ protocol: 'amqp' })
let broker = await peer.start(directory)
try {
  const before = memory(broker.pid).now
  const began = performance.now()
  const fillSeconds = messages / 8000 + 10
  await fill(broker, Date.now() + fillSeconds * 1000)
  const took = (performance.now() - began) / 1000
  await sleep(1)
  const after = memory(broker.pid).now
  const beyond = (after - before - TAIL_BYTES_MAX) / messages
  console.log(`${messages} delayed messages in ${took.toFixed(1)} s, ${(messages / took).toFixed(0)}/s with confirms`)
  console.log(`memory ${megabytes(before)} → ${megabytes(after)}: ${beyond.toFixed(1)} B each beyond the tail budget`)
  await broker.kill()
  broker = await peer.start(directory)
  console.log(`kill -9, ready again after ${broker.readyMs.toFixed(0)} ms, ${megabytes(memory(broker.pid).now)}`)
  const stopLoad = await loadBeside(broker)
  const { lateMs, twice } = await drain(broker)
  stopLoad()
  const [p50, p99, most] = [0.5, 0.99, 1].map((p) => percentile(lateMs, p).toFixed(0))
  console.log(
    `all ${messages} delivered, ${twice} twice, ${percentile(lateMs, 0) < 0 ? 'SOME TOO EARLY' : 'none early'}`,
  )
  console.log(
    `late by p50 ${p50} ms, p99 ${p99} ms, most ${most} ms; memory at most ${megabytes(memory(broker.pid).max)}`,
  )
} finally {
  await broker.stop()
  rmSync(directory, { recursive: true })
}
