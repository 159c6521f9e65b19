/**
 * One worker of one step: `worker.ts STEP NAME MS-PER-JOB`. It takes a job, works, publishes the result, waits until
 * the broker has confirmed it, and only then acks the job. Wherever it dies, the job is not lost: it goes to another.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConsumeMessage, connect } from 'amqplib'
import { demux, encode, exchange, pack, queueOf, resolutions, type Step } from './steps.ts'

const [step, worker, msPerJob] = process.argv.slice(2) as [Step, string, string]
const connection = await connect(process.env.AMQP_URL!)
const channel = await connection.createConfirmChannel()
const incomplete = new Map<string, ConsumeMessage[]>()

/** What each step does with a job: the events to publish, and the jobs that are settled by them. */
const work = {
  demux(job: ConsumeMessage) {
    const [, video] = job.fields.routingKey.split('.')
    const pixels = demux(job.content)
    return { events: resolutions.map((resolution) => [`demuxed.${video}.${resolution}`, pixels]), settles: [job] }
  },

  encode(job: ConsumeMessage) {
    const [, video, resolution] = job.fields.routingKey.split('.')
    return { events: [[`encoded.${video}.${resolution}`, encode(job.content, resolution)]], settles: [job] }
  },

  /** Keeps the parts of a video unacked until all are here: should it die, they all come again. */
  package(job: ConsumeMessage) {
    const [, video] = job.fields.routingKey.split('.')
    const parts = [...(incomplete.get(video) ?? []), job]
    incomplete.set(video, parts)
    if (parts.length < resolutions.length) return { events: [], settles: [] }
    incomplete.delete(video)
    const packed = pack(new Map(parts.map((part) => [part.fields.routingKey.split('.')[2], part.content])))
    return { events: [[`packaged.${video}`, packed]], settles: parts }
  },
}

async function take(job: ConsumeMessage): Promise<void> {
  const { routingKey, redelivered } = job.fields
  process.send!(`${worker} started ${routingKey}`)
  await sleep(Number(msPerJob))
  const { events, settles } = work[step](job)
  for (const [key, content] of events as [string, Buffer][]) {
    channel.publish(exchange, key, content, { persistent: true, headers: { worker, redelivered } })
  }
  await channel.waitForConfirms()
  for (const settled of settles) channel.ack(settled)
}

const inHand = new Set<Promise<void>>()
await channel.prefetch(step === 'package' ? 0 : 1) // the packager collects, the others take one job at a time
const { consumerTag } = await channel.consume(queueOf(step), (job) => {
  const taken = take(job!).finally(() => inHand.delete(taken))
  inHand.add(taken)
})
process.send!('ready')

process.once('disconnect', async () => {
  await channel.cancel(consumerTag)
  await Promise.all(inHand) // what has been begun is finished, confirmed and acked
  await channel.close()
  await connection.close()
})
