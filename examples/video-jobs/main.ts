/**
 * Jobs as they are in real life: some are urgent, some are for later, one fails twice, one fails always until somebody
 * repairs it, and there are more uploads than there is room for. What is to be done about each is said when the queues
 * are declared (queues.ts); the workers below only ack or nack.
 */
import { type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import { startChild, stopChild } from '../child.ts'
import { example, type Prove } from '../example.ts'
import { broken, declareAll, deleteAll, done, encode, pack, restMs, roomForUploads, uploads } from './queues.ts'

const laterMs = 800

interface Attempt {
  readonly job: string
  readonly atMs: number
}

await example('video-jobs', async ({ amqpUrl }, prove) => {
  const connection = await connect(amqpUrl)
  const channel = await connection.createConfirmChannel()
  await declareAll(channel)
  await refuseUploads(channel, prove)

  const [operator] = await startChild(new URL('operator.ts', import.meta.url), [], amqpUrl)
  const reports: string[] = []
  operator.on('message', (report) => reports.push(String(report)))

  const send = (job: string, priority: number, headers = {}) =>
    channel.sendToQueue(encode, Buffer.from(job), { persistent: true, priority, headers })
  const dueMs = Date.now() + laterMs
  send('premiere', 9, { 'x-deliver-at': dueMs })
  for (const job of ['archive 1', 'archive 2', 'archive 3']) send(job, 0)
  send('flaky', 5)
  send('scratched film', 5)
  for (const job of ['news 1', 'news 2']) send(job, 9)
  await channel.waitForConfirms()

  const attempts: Attempt[] = []
  const encoder = await connection.createConfirmChannel()
  const stopEncoder = await work(encoder, encode, (job) => tryToEncode(encoder, job, attempts))
  const packager = await connection.createConfirmChannel()
  const stopPackager = await work(packager, pack, (job) => pass(packager, job, done))
  const packages = await collect(channel, 8)

  const first = [...new Set(attempts.map(({ job }) => job))].filter((job) => job !== 'premiere' && job !== 'film')
  prove(
    `the most urgent first, in their order: ${first.join(', ')}`,
    first.join() === 'news 1,news 2,flaky,scratched film,archive 1,archive 2,archive 3',
  )
  const flaky = waits(attempts, 'flaky')
  prove(
    `the flaky job rested ${flaky.join(' and ')} ms, then worked`,
    flaky.length === 2 && flaky[0] >= restMs && flaky[1] >= 2 * restMs,
  )
  prove(
    `the poison job failed three times, then the operator had it: ${reports}`,
    waits(attempts, 'scratched film').length === 2 &&
      reports.join() === `scratched film in ${encode}: delivery_limit, 1 time`,
  )
  prove('repaired, it worked at once', waits(attempts, 'film').length === 0 && packages.includes('film'))
  const premiere = attempts.filter(({ job }) => job === 'premiere').map(({ atMs }) => atMs - dueMs)
  prove(
    `the premiere waited for its time: ${premiere} ms after it, not before`,
    premiere.length === 1 && premiere[0] >= 0,
  )
  prove(
    `nothing lost, nothing twice: ${packages.length} of 8 packages`,
    [...packages].sort().join() === 'archive 1,archive 2,archive 3,film,flaky,news 1,news 2,premiere',
  )

  await Promise.all([stopEncoder(), stopPackager(), stopChild(operator)])
  prove(`no job is left in any queue, nor in ${broken}`, (await deleteAll(channel)) === 0)
  await connection.close()
})

/** A queue that is full says so to the publisher, by a nack, and takes more as soon as there is room. */
async function refuseUploads(channel: ConfirmChannel, prove: Prove): Promise<void> {
  const upload = (title: string) =>
    new Promise<string>((resolve) =>
      channel.sendToQueue(uploads, Buffer.from(title), {}, (nack) => resolve(nack ? 'nack' : 'ack')),
    )
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(upload))
  prove(
    `room for ${roomForUploads}: five uploads were answered ${answers.join(', ')}`,
    answers.join() === 'ack,ack,ack,nack,nack',
  )
  await channel.get(uploads, { noAck: true })
  prove('one taken out, the next was accepted', (await upload('d')) === 'ack')
  await channel.purgeQueue(uploads)
}

/** Takes one job at a time. @returns what ends it when the job in hand is done. */
async function work(channel: ConfirmChannel, queue: string, take: (job: ConsumeMessage) => Promise<void>) {
  let inHand = Promise.resolve()
  await channel.prefetch(1)
  const { consumerTag } = await channel.consume(queue, (job) => {
    inHand = take(job!)
  })
  return async () => {
    await channel.cancel(consumerTag)
    await inHand
    await channel.close()
  }
}

/** 'flaky' fails twice, what is scratched always. */
async function tryToEncode(channel: ConfirmChannel, message: ConsumeMessage, attempts: Attempt[]): Promise<void> {
  const job = String(message.content)
  const before = attempts.filter((attempt) => attempt.job === job).length
  attempts.push({ job, atMs: Date.now() })
  if (job.startsWith('scratched') || (job === 'flaky' && before < 2)) channel.nack(message)
  else await pass(channel, message, pack)
}

/** The next step has it, confirmed, before this one says that it is done. */
async function pass(channel: ConfirmChannel, message: ConsumeMessage, next: string): Promise<void> {
  channel.sendToQueue(next, message.content, { persistent: true })
  await channel.waitForConfirms()
  channel.ack(message)
}

async function collect(channel: ConfirmChannel, expected: number): Promise<string[]> {
  const packages: string[] = []
  const all = new Promise<void>((resolve) => {
    const keep = (message: ConsumeMessage | null): void => {
      if (message === null) return // the queue was deleted
      packages.push(String(message.content))
      if (packages.length >= expected) resolve()
    }
    channel.consume(done, keep, { noAck: true })
  })
  await all
  return packages
}

/** The times between attempts at one job, in ms. */
function waits(attempts: Attempt[], job: string): number[] {
  const times = attempts.filter((attempt) => attempt.job === job).map(({ atMs }) => atMs)
  return times.slice(1).map((time, i) => time - times[i])
}
