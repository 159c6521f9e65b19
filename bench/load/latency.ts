/**
 * Latency at a fixed rate: each body carries the time it was written, read by the consumer in the same process, so one
 * clock serves both ends. The publisher's timer ticks each millisecond and sends what is due: a late tick sends more.
 */
import { Connection } from './connection.ts'
import {
  ackBytes,
  BODY,
  basicAck,
  basicConsumeOk,
  basicQosOk,
  confirmSelect,
  confirmSelectOk,
  consume,
  METHOD,
  publish,
  qos,
  queueDeclare,
  queueDeclareOk,
  writeAck,
} from './frames.ts'
import { type Job, type Metrics, percentile, sleep } from './job.ts'
import { openWindow } from './process-counters.ts'

export interface LatencyJob extends Job {
  bodyBytes: number
  durable: boolean
  /** Messages per second. */
  rate: number
}

const queue = 'latency'
const prefetch = 200

/** A durable run asks for confirms and acks each delivery; a transient one does neither. */
export async function latency(job: LatencyJob): Promise<Metrics> {
  const receiving = await Connection.open(job.address)
  const sending = await Connection.open(job.address)
  await receiving.openChannel(1)
  await sending.openChannel(1)
  await receiving.call(queueDeclare(1, queue, { durable: job.durable }, job.queueArguments), queueDeclareOk)
  const metrics = await Promise.race([measure(job, sending, receiving), sending.failure, receiving.failure])
  sending.close()
  receiving.close()
  return metrics
}

async function measure(job: LatencyJob, sending: Connection, receiving: Connection): Promise<Metrics> {
  const messagesMax = Math.ceil(job.rate * (job.warmupSeconds + job.seconds) * 1.1)
  const sent = new Float64Array(messagesMax)
  const deliverMs = new Float64Array(messagesMax)
  const confirmMs = new Float64Array(messagesMax)
  let published = 0
  let received = 0
  let confirmed = 0
  let oldest = 0

  const ack = Buffer.alloc(ackBytes)
  receiving.onFrame = (type, _channel, _id, bytes, payload) => {
    if (type !== BODY) return
    deliverMs[received++] = performance.now() - bytes.readDoubleBE(payload)
    if (!job.durable) return
    writeAck(ack, 0, 1, received, false)
    receiving.socket.write(Buffer.from(ack))
  }
  sending.onFrame = (type, _channel, id, bytes, payload) => {
    if (type !== METHOD || id !== basicAck) return
    const now = performance.now()
    const last = bytes.readUInt32BE(payload + 8) - 1
    for (let index = bytes[payload + 12] & 1 ? oldest : last; index <= last; index++) {
      if (confirmMs[index] !== 0) continue
      confirmMs[index] = now - sent[index]
      confirmed++
    }
    while (oldest < published && confirmMs[oldest] !== 0) oldest++
  }
  if (job.durable) {
    await sending.call(confirmSelect(1), confirmSelectOk)
    await receiving.call(qos(1, prefetch), basicQosOk)
  }
  await receiving.call(consume(1, queue, 'c', !job.durable), basicConsumeOk)

  const body = Buffer.alloc(job.bodyBytes, 'x')
  const message = publish(1, '', queue, body, job.durable)
  const stampAt = message.length - 1 - job.bodyBytes
  const began = performance.now()
  const timer = setInterval(() => {
    const due = Math.min(messagesMax, Math.floor(((performance.now() - began) / 1000) * job.rate))
    while (published < due) {
      sent[published] = performance.now()
      message.writeDoubleBE(sent[published++], stampAt)
      sending.socket.write(Buffer.from(message))
    }
  }, 1)
  await sleep(job.warmupSeconds)
  const first = published
  const close = openWindow(job.pid)
  await sleep(job.seconds)
  const window = close()
  const last = published
  clearInterval(timer)
  await sleep(1)
  if (received !== published) throw new Error(`${published} published, ${received} delivered a second later`)
  if (job.durable && confirmed !== published) throw new Error(`${published} published, ${confirmed} confirmed`)

  const delivers = deliverMs.slice(first, last).sort()
  const confirms = confirmMs.slice(first, last).sort()
  return {
    messagesPerSecond: (last - first) / window.seconds,
    deliverP50Ms: percentile(delivers, 0.5),
    deliverP99Ms: percentile(delivers, 0.99),
    deliverMaxMs: percentile(delivers, 1),
    ...(job.durable && {
      confirmP50Ms: percentile(confirms, 0.5),
      confirmP99Ms: percentile(confirms, 0.99),
      confirmMaxMs: percentile(confirms, 1),
    }),
    ...window,
  }
}
